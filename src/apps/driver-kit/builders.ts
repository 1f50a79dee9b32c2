/** Makers of values for tests of drivers: everything has a sensible default, name only what the test is about. */
import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../domain/config/config.js';
import { DEFAULT_HOSTNAME_FORMAT, DEFAULT_IMAGE_NAME_FORMAT } from '../../domain/config/format-string.js';
import { instanceKey } from '../../domain/decide/installation.js';
import { NODE_DEFAULTS } from '../../domain/model/node.js';
import type { Node } from '../../domain/model/node.js';
import { REQUEST_DEFAULTS } from '../../domain/model/request.js';
import type { NodeRequest } from '../../domain/model/request.js';
import type { InstanceSpec } from '../../ports/compute/provider.js';

export function aRequest(change: Partial<NodeRequest> = {}): NodeRequest {
  return { ...REQUEST_DEFAULTS, state: 'requested', stateTime: 0, nodeTypes: ['small'], requestor: 'tests', ...change };
}

export function aNode(change: Partial<Node> = {}): Node {
  return {
    ...NODE_DEFAULTS,
    state: 'ready',
    stateTime: 0,
    provider: 'cloud',
    pool: 'main',
    type: ['small'],
    ...change,
  };
}

export function aPoolLabel(change: Partial<PoolLabelConfig> = {}): PoolLabelConfig {
  return {
    name: 'small',
    image: { kind: 'cloud-image', name: 'debian' },
    hostKeyChecking: true,
    consoleLog: false,
    instanceProperties: {},
    dynamicInstanceProperties: {},
    settings: {},
    ...change,
  };
}

export function aPool(change: Partial<PoolConfig> = {}): PoolConfig {
  return {
    name: 'main',
    provider: 'cloud',
    maxServers: Infinity,
    limits: {},
    priority: 100,
    nodeAttributes: null,
    ignoreProviderQuota: false,
    availabilityZones: [],
    useInternalIp: false,
    labels: new Map([['small', aPoolLabel()]]),
    settings: {},
    ...change,
  };
}

export function aProviderConfig(change: Partial<ProviderConfig> = {}): ProviderConfig {
  return {
    name: 'cloud',
    driver: 'tested',
    maxConcurrency: Infinity,
    priority: null,
    managesImages: false,
    diskImages: new Map(),
    cloudImages: new Map(),
    pools: new Map([['main', aPool()]]),
    launchTimeout: 3600,
    bootTimeout: 60,
    launchRetries: 3,
    hostnameFormat: DEFAULT_HOSTNAME_FORMAT,
    imageNameFormat: DEFAULT_IMAGE_NAME_FORMAT,
    imageUploadTimeout: 3600,
    postUploadHook: null,
    imageFormat: 'qcow2',
    settings: {},
    ...change,
  };
}

export function anInstanceSpec(change: Partial<InstanceSpec> = {}): InstanceSpec {
  const nodeId = change.nodeId ?? '0000000001';
  const pool = change.pool ?? aPool();
  return {
    nodeId,
    idempotencyKey: instanceKey('tests', pool.provider, nodeId),
    hostname: `np${nodeId}`,
    pool,
    label: [...pool.labels.values()][0] ?? aPoolLabel(),
    image: { kind: 'cloud-image', idOrName: 'debian', byId: false, configDrive: null },
    az: null,
    metadata: {
      nodepool_node_id: nodeId,
      nodepool_pool_name: pool.name,
      nodepool_provider_name: pool.provider,
      nodepool_installation_id: 'tests',
    },
    ...change,
  };
}
