import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCloudAccess } from '../support/openstack-access.js';
import type { OpenStackBench } from '../support/openstack-bench.js';
import { anInstanceSpec, anOpenStackLabel, anOpenStackPool, anOpenStackProvider } from '../support/openstack-bench.js';
import { openstack, realCloud, withoutCloud } from '../support/openstack-cloud.js';

const never = new AbortController().signal;
const skip = withoutCloud();

describe.skipIf(skip)('booting from a volume on a real OpenStack', () => {
  let bench: OpenStackBench;
  beforeAll(async () => {
    bench = anOpenStackProvider(aCloudAccess(realCloud(), { private: true }));
    await bench.provider.start(never);
  });
  afterAll(() => bench?.provider.stop());

  it('makes a volume of the size that is wanted, which goes with the server [BUILDER 168]', async () => {
    const { provider } = bench;
    const label = anOpenStackLabel({ bootFromVolume: true, volumeSize: 3 });
    const spec = anInstanceSpec('0000000077', { label });
    const { externalId, interfaceIp } = await provider.waitUntilRunning(
      await provider.create(spec, never),
      spec,
      never,
    );
    expect(interfaceIp).toMatch(/^10\.20\./);
    const volumes = openstack<readonly { Size: number; Status: string }[]>('oscloud', 'volume', 'list');
    expect(volumes).toMatchObject([{ Size: 3, Status: 'in-use' }]);
    const [listed] = await provider.list(never);
    expect(listed?.resources).toMatchObject({ instances: 1, volumes: 1 });
    expect(provider.resourcesOf(anOpenStackPool(), label)).toMatchObject({ volumes: 1, 'volume-gb': 3 });
    expect(await provider.limits(never)).toMatchObject({ volumes: 10, 'volume-gb': 1000 });
    await provider.delete(externalId, never);
    await expect
      .poll(() => openstack<readonly unknown[]>('oscloud', 'volume', 'list'), { timeout: 60_000, interval: 1000 })
      .toEqual([]);
  });
});
