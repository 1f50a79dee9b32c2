import { instanceKey } from '../../src/domain/decide/installation.js';
import type { CloudAccess } from '../../src/adapters/openstack/clouds/cloud-access.js';
import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../src/domain/config/config.js';
import { createOpenStackClient } from '../../src/adapters/openstack/client/cloud-client.js';
import { CloudSession } from '../../src/adapters/openstack/cloud-session.js';
import { OpenStackProvider } from '../../src/adapters/openstack/openstack-provider.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../src/adapters/memory-metrics/recording-metrics.js';
import type { DriverContext } from '../../src/ports/compute/driver.js';
import type { InstanceSpec } from '../../src/ports/compute/provider.js';
import type { Clock } from '../../src/ports/runtime/clock.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { aLabel, aPool, aProvider } from '../contract/compute-fixture.js';

export interface OpenStackBench {
  readonly provider: OpenStackProvider;
  readonly logger: MemoryLogger;
  readonly metrics: RecordingMetrics;
}

/** A provider on a cloud that is reached this way. @param clock real time unless another is given */
export function anOpenStackProvider(
  access: CloudAccess,
  change: Partial<ProviderConfig> = {},
  clock: Clock = new SystemClock(),
): OpenStackBench {
  const logger = new MemoryLogger();
  const metrics = new RecordingMetrics();
  const context: DriverContext = { clock, random: new SystemRandom(), logger, metrics };
  const config = anOpenStackConfig(change);
  const provider = new OpenStackProvider(config, async () => {
    const options = { ...context, provider: config.name, rate: 0, version: 'test' };
    return new CloudSession(config, access, createOpenStackClient(access, options), context);
  });
  return { provider, logger, metrics };
}

export function anOpenStackConfig(change: Partial<ProviderConfig> = {}): ProviderConfig {
  return aProvider({
    name: 'real-one',
    driver: 'openstack',
    imageFormat: 'raw',
    pools: new Map([['main', anOpenStackPool()]]),
    settings: { cloud: 'oscloud', regionName: null, rate: 0, cleanFloatingIps: false, portCleanupInterval: 600 },
    ...change,
  });
}

export function anOpenStackPool(change: Partial<PoolConfig> = {}): PoolConfig {
  return aPool({
    provider: 'real-one',
    labels: new Map([['small', anOpenStackLabel()]]),
    settings: { networks: [], securityGroups: [], autoFloatingIp: false },
    ...change,
  });
}

export function anOpenStackLabel(
  settings: Readonly<Record<string, unknown>> = {},
  change: Partial<PoolLabelConfig> = {},
): PoolLabelConfig {
  return aLabel({
    image: { kind: 'cloud-image', name: 'probe' },
    settings: {
      minRam: 0,
      flavorName: 'm1.nano',
      keyName: null,
      bootFromVolume: false,
      volumeSize: 50,
      userdata: null,
      networks: ['private'],
      securityGroups: [],
      autoFloatingIp: false,
      ...settings,
    },
    ...change,
  });
}

export function anInstanceSpec(nodeId: string, change: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    nodeId,
    idempotencyKey: instanceKey('tests', 'real-one', nodeId),
    hostname: `np${nodeId}`,
    pool: anOpenStackPool(),
    label: anOpenStackLabel(),
    image: { kind: 'cloud-image', idOrName: 'probe', byId: false, configDrive: null },
    az: null,
    metadata: {
      groups: 'real-one,probe,small',
      nodepool_provider_name: 'real-one',
      nodepool_node_id: nodeId,
      nodepool_pool_name: 'main',
      nodepool_installation_id: 'tests',
    },
    ...change,
  };
}
