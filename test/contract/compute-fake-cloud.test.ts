import { expect } from 'vitest';
import { FakeClouds } from '../../src/adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../src/adapters/fake-cloud/fake-driver.js';
import type { FakeKnobs } from '../../src/adapters/fake-cloud/fake-knobs.js';
import { VirtualClock } from '../../src/adapters/memory/virtual-clock.js';
import { describeComputeContract } from './compute.suite.js';
import type { ComputeBench } from './compute-bench.js';
import { aLabel, aPool, aProvider, CountedRandom } from './compute-fixture.js';

function bench(knobs: Partial<FakeKnobs>): () => Promise<ComputeBench> {
  return async () => {
    const clock = new VirtualClock();
    const clouds = new FakeClouds(clock, new CountedRandom(), { unknownImages: 'refuse', ...knobs });
    const cloud = clouds.cloud('fake');
    const provider = new FakeDriver(clouds).createProvider(aProvider());
    return {
      provider,
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
        expect(await clock.advanceUntil(() => settled, 3600)).toBe(true);
        return promise;
      },
      exhaustQuota: () => cloud.set({ quota: { instances: 0 } }),
      hangNextCreate: () => cloud.hangNext('create'),
      breakNextBoot: () => cloud.failNext('boot'),
      close: async () => cloud.reset(),
    };
  };
}

describeComputeContract('fake cloud, prompt', bench({}));
describeComputeContract(
  'fake cloud, slow',
  bench({
    apiLatency: { min: 0.2, max: 2 },
    bootTime: { min: 5, max: 60 },
    deleteTime: { min: 1, max: 20 },
    uploadTime: 30,
  }),
);
