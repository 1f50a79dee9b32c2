import { FakeClouds } from '../../src/adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../src/adapters/fake-cloud/fake-driver.js';
import type { FakeCloud } from '../../src/adapters/fake-cloud/fake-cloud.js';
import type { FakeKnobs } from '../../src/adapters/fake-cloud/fake-knobs.js';
import { VirtualClock } from '../../src/adapters/memory/virtual-clock.js';
import type { Provider } from '../../src/ports/compute/provider.js';
import type { ComputeBench } from './compute-bench.js';
import { aLabel, aPool, aProvider, CountedRandom } from './compute-fixture.js';

/** A fake cloud under virtual time, with every knob of the contract. @param wrap what to put around each provider */
export async function fakeBench(
  knobs: Partial<FakeKnobs> = {},
  wrap: (provider: Provider, cloud: FakeCloud, clock: VirtualClock) => Provider = (provider) => provider,
): Promise<ComputeBench> {
  const clock = new VirtualClock();
  const clouds = new FakeClouds(clock, new CountedRandom(), { unknownImages: 'refuse', ...knobs });
  const cloud = clouds.cloud('fake');
  const open = (): Provider => wrap(new FakeDriver(clouds).createProvider(aProvider()), cloud, clock);
  return {
    provider: open(),
    reopen: open,
    capabilities: { images: true, quota: true, leaks: true, zones: true, console: true },
    spec: (nodeId) => ({
      nodeId,
      hostname: `np${nodeId}`,
      pool: aPool(),
      label: aLabel(),
      image: { kind: 'cloud-image', idOrName: 'debian-12', byId: false, configDrive: null },
      az: 'az2',
      metadata: { nodepool_provider_name: 'fake-one', nodepool_node_id: nodeId, nodepool_pool_name: 'main' },
    }),
    unknownImage: { kind: 'diskimage', externalId: 'ffffffffffffffffffffffffffffffff', configDrive: null },
    upload: {
      name: 'debian-1700000000',
      file: '/nowhere/debian.qcow2',
      format: 'qcow2',
      md5: null,
      sha256: null,
      properties: { nodepool_build_id: '0000000001', nodepool_provider_name: 'fake-one' },
    },
    run: async (promise) => {
      let settled = false;
      const done = (): void => void (settled = true);
      promise.then(done, done);
      if (!(await clock.advanceUntil(() => settled, 3600))) throw new Error('the call did not end within an hour');
      return promise;
    },
    exhaustQuota: () => cloud.set({ quota: { instances: 0 } }),
    hangNextCreate: () => cloud.hangNext('create'),
    breakNextBoot: () => cloud.failNext('boot'),
    loseNextAnswer: () => void cloud.addFault({ target: 'create', times: 1, effect: 'lose-reply' }),
    limitNextCall: () => cloud.failNext('list', 1, { kind: 'rate' }),
    refuseForCapacity: () => cloud.failNext('create', 1, { kind: 'capacity' }),
    failNextCall: () => {
      let failed = false;
      const when = (): boolean => !failed && (failed = true);
      for (const target of ['list', 'create'] as const) cloud.addFault({ target, times: 1, when });
    },
    strangeCredentials: () => {
      cloud.failNext('start', 1, { kind: 'authentication' });
      return open();
    },
    removeBehindBack: (id) => cloud.removeServer(id),
    cloudInstances: () => cloud.servers.map(({ id }) => id),
    secrets: ['no-such-secret'],
    close: async () => cloud.reset(),
  };
}
