/** Makers of domain values for tests: everything has a sensible default, name only what the scenario is about. */
import type {
  DiskImageConfig,
  NodepoolConfig,
  PoolConfig,
  PoolLabelConfig,
  ProviderConfig,
} from '../../src/domain/config/config.js';
import type { OpenStackLabelSettings } from '../../src/domain/config/openstack.js';
import type { StaticNodeConfig } from '../../src/domain/config/static-node.js';
import * as kit from '../../src/apps/driver-kit/builders.js';
import type { RegisteredPool } from '../../src/domain/model/launcher.js';
import type { LeasedNode } from '../../src/domain/model/lease.js';
import type { Node } from '../../src/domain/model/node.js';
import type { NodeRequest } from '../../src/domain/model/request.js';
import type { Stored } from '../../src/domain/model/stored.js';

export function aRequest(change: Partial<NodeRequest> = {}): NodeRequest {
  return kit.aRequest({ requestor: 'zuul', ...change });
}

export function aNode(change: Partial<Node> = {}): Node {
  return kit.aNode({ resources: { instances: 1, cores: 4, ram: 8192 }, ...change });
}

export function stored<T>(id: string, value: T, version = 0): Stored<T> {
  return { id, value, version };
}

export function aPoolLabel(name: string, change: Partial<PoolLabelConfig> = {}): PoolLabelConfig {
  return kit.aPoolLabel({
    name,
    image: { kind: 'diskimage', name: 'image' },
    settings: { minRam: 8192 } satisfies Partial<OpenStackLabelSettings>,
    ...change,
  });
}

export function aPool(change: Partial<PoolConfig> & { readonly labelNames?: readonly string[] } = {}): PoolConfig {
  const { labelNames = ['small'], ...rest } = change;
  const maxServers = rest.maxServers ?? Infinity;
  return {
    name: 'main',
    provider: 'cloud',
    maxServers,
    limits: Number.isFinite(maxServers) ? { instances: maxServers } : {},
    priority: 100,
    nodeAttributes: null,
    ignoreProviderQuota: false,
    availabilityZones: [],
    useInternalIp: false,
    labels: new Map(labelNames.map((name) => [name, aPoolLabel(name)])),
    settings: {},
    ...rest,
  };
}

export function aProvider(change: Partial<ProviderConfig> = {}, ...pools: PoolConfig[]): ProviderConfig {
  const all = pools.length > 0 ? pools : [aPool()];
  return {
    name: 'cloud',
    driver: 'fake',
    maxConcurrency: Infinity,
    priority: null,
    managesImages: true,
    diskImages: new Map([
      [
        'image',
        { name: 'image', pause: false, configDrive: null, meta: {}, connectionType: 'ssh', connectionPort: 22 },
      ],
    ]),
    cloudImages: new Map(),
    pools: new Map(all.map((pool) => [pool.name, pool])),
    launchTimeout: 3600,
    bootTimeout: 60,
    launchRetries: 3,
    hostnameFormat: '{label.name}-{provider.name}-{node.id}',
    imageNameFormat: '{image_name}-{timestamp}',
    imageUploadTimeout: 3600,
    postUploadHook: null,
    imageFormat: 'qcow2',
    settings: { cloud: 'fake' },
    ...change,
  };
}

export function aDiskImage(change: Partial<DiskImageConfig> = {}): DiskImageConfig {
  return {
    name: 'image',
    elements: [],
    release: '',
    rebuildAge: 86400,
    envVars: {},
    formats: ['qcow2'],
    pause: false,
    username: 'zuul',
    buildTimeout: 28800,
    pythonPath: 'auto',
    shellType: null,
    dibCmd: 'disk-image-create',
    metadata: {},
    deleteAfterUpload: false,
    keepFormats: [],
    ...change,
  };
}

export function aConfig(change: Partial<NodepoolConfig> = {}, ...providers: ProviderConfig[]): NodepoolConfig {
  const labels = new Map<string, { name: string; minReady: number; maxReadyAge: number }>();
  for (const provider of providers) {
    for (const pool of provider.pools.values()) {
      for (const name of pool.labels.keys()) labels.set(name, { name, minReady: 0, maxReadyAge: 0 });
    }
  }
  return {
    webapp: { port: 8005, listenAddress: '127.0.0.1' },
    elementsDir: null,
    imagesDir: '/images',
    buildLogDir: '/logs',
    buildLogRetention: 7,
    zookeeper: null,
    store: null,
    maxHoldAge: Infinity,
    labels,
    diskImages: new Map([['image', aDiskImage()]]),
    providers: new Map(providers.map((provider) => [provider.name, provider])),
    tenantLimits: new Map(),
    ...change,
  };
}

export function aRegisteredPool(id: string, change: Partial<RegisteredPool> = {}): RegisteredPool {
  return {
    id,
    providerName: 'cloud',
    supportedLabels: ['small'],
    priority: 100,
    paused: false,
    poolName: 'main',
    ...change,
  };
}

/** A machine of the static driver for one job at a time. */
export function aStaticNode(name: string, change: Partial<StaticNodeConfig> = {}): StaticNodeConfig {
  return {
    name,
    labels: ['bare'],
    timeout: 5,
    connectionPort: 22,
    connectionType: 'ssh',
    username: 'zuul',
    hostKeys: [],
    maxParallelJobs: 1,
    hostKeyChecking: true,
    pythonPath: 'auto',
    shellType: null,
    ...change,
  };
}

export function aLeasedNode(id: string, change: Partial<LeasedNode> = {}): LeasedNode {
  return {
    id,
    label: 'small',
    hostname: null,
    interfaceIp: null,
    publicIpv4: null,
    publicIpv6: null,
    privateIpv4: null,
    connectionType: 'ssh',
    connectionPort: 22,
    username: null,
    hostKeys: [],
    shellType: null,
    pythonPath: null,
    provider: 'cloud',
    region: null,
    az: null,
    image: null,
    imageId: null,
    slot: null,
    ...change,
  };
}
