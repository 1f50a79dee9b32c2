import { describe, expect, it } from 'vitest';
import { LeakedResources } from '../../../src/apps/launcher/leaked-resources.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../../src/adapters/memory-metrics/recording-metrics.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { FakeOpenStack, FakePort } from '../../support/fake-openstack.js';
import type { CloudBench } from './openstack-harness.js';
import { never, onFakeOpenStack } from './openstack-harness.js';

function port(cloud: FakeOpenStack, id: string, owner: string | null, status = 'DOWN'): FakePort {
  const made = { id, network_id: 'net-private', device_id: '', device_owner: owner, status, fixed_ips: [] };
  cloud.ports.set(id, made);
  return made;
}

async function cleaning(settings: object = {}): Promise<{
  readonly bench: CloudBench;
  readonly metrics: RecordingMetrics;
  readonly after: (seconds: number) => Promise<readonly string[]>;
}> {
  const all = { cloud: 'x', regionName: null, rate: 0, cleanFloatingIps: false, portCleanupInterval: 600, ...settings };
  const bench = await onFakeOpenStack({}, { settings: all });
  const clock = new VirtualClock();
  const metrics = new RecordingMetrics();
  const cleanup = new LeakedResources({ clock, logger: new MemoryLogger(), metrics });
  return {
    bench,
    metrics,
    after: async (seconds) => {
      await clock.advance(seconds);
      await cleanup.check('real-one', bench.provider.loose, never);
      return [...bench.cloud.ports.keys()];
    },
  };
}

describe('abandoned ports', () => {
  it('are deleted and counted when they were DOWN more than the interval ago and are still [BUILDER 182] [LAUNCHER 114]', async () => {
    const { bench, metrics, after } = await cleaning();
    port(bench.cloud, 'of-nova', 'compute:nova');
    port(bench.cloud, 'of-nobody', '');
    port(bench.cloud, 'of-null', null);
    port(bench.cloud, 'router', 'network:router_interface');
    port(bench.cloud, 'up', 'compute:nova', 'ACTIVE');
    const all = [...bench.cloud.ports.keys()];
    expect(await after(0)).toEqual(all);
    expect(await after(600)).toEqual(all);
    port(bench.cloud, 'late', 'compute:nova');
    expect(await after(1)).toEqual(['router', 'up', 'late']);
    expect(metrics.counters.get('nodepool.provider.real-one.leaked.ports')).toBe(3);
    expect(metrics.counters.get('nodepool.provider.real-one.downPorts')).toBe(3);
    expect(await after(601)).toEqual(['router', 'up']);
  });

  it('are left alone when they have come up meanwhile [BUILDER 182]', async () => {
    const { bench, after } = await cleaning();
    const booting = port(bench.cloud, 'booting', 'compute:nova');
    await after(0);
    booting.status = 'ACTIVE';
    await after(601);
    booting.status = 'DOWN';
    expect(await after(601)).toEqual(['booting']);
    expect(await after(601)).toEqual([]);
  });

  it('are nobody’s business with interval 0 [BUILDER 182]', async () => {
    const { bench, after } = await cleaning({ portCleanupInterval: 0 });
    port(bench.cloud, 'left', 'compute:nova');
    await after(0);
    expect(await after(100_000)).toEqual(['left']);
    expect(bench.cloud.count(/ports/)).toBe(0);
  });

  it('that cannot be deleted are tried again, and do not keep others', async () => {
    const { bench, after } = await cleaning();
    port(bench.cloud, 'stuck', 'compute:nova');
    port(bench.cloud, 'free', 'compute:nova');
    await after(0);
    bench.cloud.trouble({ call: /^DELETE .*stuck/, answer: { status: 409 } });
    expect(await after(601)).toEqual(['stuck']);
    expect(await after(601)).toEqual([]);
  });
});

describe('unattached floating addresses', () => {
  it('are deleted with clean-floating-ips true only, and when seen twice [BUILDER 183]', async () => {
    for (const [cleanFloatingIps, left] of [
      [true, ['used']],
      [false, ['loose', 'used']],
    ] as const) {
      const { bench, metrics, after } = await cleaning({ cleanFloatingIps });
      bench.cloud.floatingIps.set('loose', { id: 'loose', floating_ip_address: '203.0.113.5', port_id: null });
      bench.cloud.floatingIps.set('used', { id: 'used', floating_ip_address: '203.0.113.6', port_id: 'port-1' });
      await after(0);
      expect([...bench.cloud.floatingIps.keys()]).toEqual(['loose', 'used']);
      await after(60);
      expect([...bench.cloud.floatingIps.keys()]).toEqual(left);
      expect(metrics.counters.get('nodepool.provider.real-one.leaked.floatingips')).toBe(
        cleanFloatingIps ? 1 : undefined,
      );
    }
  });
});
