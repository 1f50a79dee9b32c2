import { describe, expect, it } from 'vitest';
import { FakeOpenStack } from '../../support/fake-openstack.js';
import { HurriedClock } from '../../support/hurried-clock.js';
import { aCloudAccess } from '../../support/openstack-access.js';
import { anOpenStackLabel, anOpenStackPool, anOpenStackProvider } from '../../support/openstack-bench.js';
import { failure, never, onFakeOpenStack } from './openstack-harness.js';

describe('connecting to a cloud', () => {
  it.each([
    ['the password is wrong', 'authentication', { password: 'wrong' }],
    ['the name of the cloud cannot be resolved', 'transient', { authUrl: 'http://keystone.invalid/v3' }],
    ['nobody listens there', 'transient', { authUrl: 'http://127.0.0.1:1/v3' }],
  ] as const)('fails when %s, as a matter of %s, and gives no secret away', async (_why, kind, change) => {
    const cloud = await FakeOpenStack.start();
    const access = aCloudAccess({ authUrl: cloud.authUrl, password: 'hunter2', ...change });
    const { provider, logger } = anOpenStackProvider(access, {}, new HurriedClock());
    const error = await failure(provider.start(never));
    expect(error).toMatchObject({ name: 'ProviderError', kind });
    expect(JSON.stringify([String(error), logger.lines])).not.toContain('hunter2');
    await provider.stop();
    await cloud.stop();
  });

  it('is as far as it gets while nova is away: labels are not ready, and say why', async () => {
    const bench = await onFakeOpenStack({}, {}, (cloud) => {
      cloud.trouble({ call: /\/compute\//, times: 1000, answer: { status: 503, body: 'down for maintenance' } });
    });
    const ready = (): unknown => bench.provider.labelReady(anOpenStackPool(), anOpenStackLabel());
    expect(ready()).toMatchObject({ ready: false, problem: expect.stringMatching(/flavors.*503/) as unknown });
    expect(ready()).not.toHaveProperty('broken');
    bench.cloud.calm();
    await expect.poll(ready).toEqual({ ready: true });
  });

  it('is not what a label waits for that asks before the start', () => {
    const access = aCloudAccess({ authUrl: 'http://127.0.0.1:1/v3' });
    const { provider } = anOpenStackProvider(access);
    expect(provider.labelReady(anOpenStackPool(), anOpenStackLabel())).toMatchObject({ ready: false });
    expect(provider.resourcesOf(anOpenStackPool(), anOpenStackLabel())).toEqual({ instances: 1 });
  });

  it('ends with the provider, and so does everything that is waited for', async () => {
    const { provider, cloud } = await onFakeOpenStack();
    cloud.trouble({ call: /servers\/detail/, times: 1000, answer: 'hang' });
    const listing = failure(provider.list(never));
    await provider.stop();
    expect(await listing).toBeInstanceOf(Error);
    await provider.stop();
  });

  it('counts calls by their names in the manual, each once', async () => {
    const { provider, metrics } = await onFakeOpenStack();
    await provider.limits(never);
    expect(metrics.counters.get('nodepool.task.real-one.ComputeGetLimits')).toBe(1);
    expect(metrics.counters.get('nodepool.task.real-one.ComputeGetFlavorsDetail')).toBe(1);
  });
});
