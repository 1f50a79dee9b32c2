import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Reason } from '../../../src/domain/explain/reason.js';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import { throughCrowd } from '../../support/crowd.js';
import type { RunningLauncher } from '../../support/launcher-world.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld(1, { quota: {}, bootTime: 1 });
  await world.seedImage();
});
afterEach(() => world.end());

/** Moments at which the cloud was asked to create. */
function creates(cloud = world.cloud): readonly number[] {
  return cloud.calls.filter(({ kind }) => kind === 'create').map(({ startedAt }) => startedAt);
}

function pauses(moments: readonly number[]): readonly number[] {
  return moments.slice(1).map((at, index) => at - (moments[index] ?? 0));
}

function reasonsFor(running: RunningLauncher, request: string): readonly Reason[] {
  return running.journal.entries('request', request).at(-1)?.decision.because ?? [];
}

describe('a cloud without room', () => {
  it('is probed with growing pauses, and the attempts of a request last no less than before', async () => {
    world.cloud.set({ capacity: { instances: 0 } });
    await world.start(simpleConfig({ provider: { launchRetries: 4 } }));
    const id = await world.submit();
    await world.failed(id);
    const [first = 0, second = 0, third = 0, ...more] = pauses(creates());
    expect(more).toEqual([]);
    // One second of booting, and the pause scattered by a quarter.
    expect(first).toBeGreaterThan(4.5);
    expect(first).toBeLessThan(8.5);
    expect(second).toBeGreaterThan(8);
    expect(third).toBeGreaterThan(15.5);
    expect(third).toBeLessThan(27);
    await world.noNodes();
    expect(world.cloud.servers).toEqual([]);
  });

  it('is explained: what waits, since when, when it is tried again', async () => {
    world.cloud.set({ capacity: { instances: 0 } });
    const running = await world.start(simpleConfig({ provider: { launchRetries: 9 } }));
    const id = await world.submit();
    const behind = await world.submit();
    await world.eventually('some probes have failed', () => creates().length >= 4);
    await world.eventually('it waits', () => reasonsFor(running, id)[0]?.code === 'CLOUD_CAPACITY');
    const [reason] = reasonsFor(running, id);
    expect(reason).toMatchObject({ provider: 'cloud', zone: 'az1', underway: 0, waiting: 2 });
    expect(reason).toMatchObject({ problem: 'No valid host was found' });
    const { since, nextProbe, refusals } = reason as Reason & { readonly code: 'CLOUD_CAPACITY' };
    expect(since).toBeLessThan(world.clock.now() - 10);
    expect(nextProbe).toBeGreaterThan(world.clock.now());
    expect(refusals).toBeGreaterThanOrEqual(3);
    expect(running.metrics.gauges.get('nodepool.provider.cloud.held_creates.capacity')).toBe(1);
    expect(reasonsFor(running, behind).length).toBeGreaterThan(0);
    expect(world.nodes.filter(({ state }) => state === 'building')).toEqual([]);
    world.cloud.set({ capacity: {} });
    await world.giveBack(await world.accept(id));
  });

  it('serves a crowd as room comes free, and fails nobody', async () => {
    world.cloud.set({ capacity: { instances: 5 }, deleteTime: 1 });
    await world.start(simpleConfig({ maxServers: 50 }));
    const outcome = await throughCrowd(world, 25, 10, 2000);
    expect(outcome).toMatchObject({ served: 25, failed: 0 });
    // Five rounds of booting, working and deleting, and a little for probing.
    expect(outcome.seconds).toBeLessThan(1.6 * 5 * 12);
    expect(world.cloud.count('create').started).toBeLessThan(70);
  });

  it('recovers within a minute, everything at once in the end', async () => {
    world.cloud.set({ capacity: { instances: 0 } });
    await world.start(simpleConfig({ maxServers: 100, provider: { launchRetries: 50 } }));
    const ids = await Promise.all(Array.from({ length: 30 }, () => world.submit()));
    await world.steadily('nobody is served', () => ids.every((id) => world.request(id)?.state !== 'fulfilled'), 600);
    expect(creates().length).toBeLessThan(60);
    world.cloud.set({ capacity: {} });
    const served = (): boolean => ids.every((id) => world.request(id)?.state === 'fulfilled');
    await world.eventually('all are served', served, 90);
  });

  it('in one zone: the other zone takes all', async () => {
    world.cloud.set({ fullZones: ['az1'] });
    await world.start(simpleConfig({ maxServers: 30, pool: { availabilityZones: ['az1', 'az2'] } }));
    const ids = await Promise.all(Array.from({ length: 20 }, () => world.submit()));
    const served = (): boolean => ids.every((id) => world.request(id)?.state === 'fulfilled');
    await world.eventually('all are served', served, 10);
    expect(world.nodes.filter(({ state }) => state === 'ready').every(({ az }) => az === 'az2')).toBe(true);
  });

  it('keeps a set in its zone', async () => {
    world.cloud.set({ capacity: { instances: 1 }, deleteTime: 1 });
    await world.start(simpleConfig({ pool: { availabilityZones: ['az1', 'az2'] }, provider: { launchRetries: 9 } }));
    const id = await world.submit(['small', 'small']);
    await world.eventually('one is there', () => world.nodes.some(({ state }) => state === 'ready'));
    world.cloud.set({ capacity: {} });
    const zones = (await world.fulfilled(id)).map((node) => world.node(node)?.az);
    expect(new Set(zones).size).toBe(1);
  });

  it('does not keep instances from being deleted', async () => {
    world.cloud.set({ capacity: { instances: 1 } });
    await world.start(simpleConfig({ provider: { launchRetries: 9 } }));
    const leases = await world.accept(await world.submit());
    const waiting = await world.submit();
    await world.eventually('it was refused', () => creates().length >= 2);
    await world.eventually('what was refused is gone', () => world.nodes.length === 1, 5);
    await world.giveBack(leases);
    await world.eventually('it is deleted', () => world.node(leases[0]?.id ?? '') === undefined, 1);
    await world.eventually('its room is taken', () => world.request(waiting)?.state === 'fulfilled', 3);
  });
});

describe('a cloud that is asked too much', () => {
  it('is left in peace for as long as it says', async () => {
    world.cloud.failNext('create', 1, { kind: 'rate', message: '429', retryAfter: 40 });
    const running = await world.start(simpleConfig());
    const id = await world.submit();
    await world.eventually('it waits', () => reasonsFor(running, id)[0]?.code === 'CLOUD_RATE');
    await world.fulfilled(id);
    const [pause = 0] = pauses(creates());
    expect(pause).toBeGreaterThanOrEqual(40);
    expect(pause).toBeLessThan(46);
  });

  it('serves a crowd within its limit, and what it refused to a crowd costs nobody an attempt', async () => {
    world.cloud.set({ rateLimit: 10 });
    await world.start(simpleConfig({ maxServers: 60 }));
    const outcome = await throughCrowd(world, 18, 1, 2000);
    expect(outcome).toMatchObject({ served: 18, failed: 0 });
    // 18 creates and 18 deletes at 10 in a minute.
    expect(outcome.seconds).toBeLessThan(6 * 60);
  });

  it('for ever fails the request in the end', async () => {
    world.cloud.failNext('create', 99, { kind: 'rate', message: '429' });
    await world.start(simpleConfig({ provider: { launchRetries: 2 } }));
    await world.failed(await world.submit());
    expect(creates()).toHaveLength(2);
  });
});

describe('a cloud that does not answer', () => {
  const twoClouds = (): ReturnType<typeof aConfig> =>
    aConfig(
      {},
      aProvider(
        { name: 'silent', launchTimeout: 100, settings: { cloud: 'silent' } },
        aPool({ provider: 'silent', labelNames: ['one'] }),
      ),
      aProvider({ name: 'cloud' }, aPool({ provider: 'cloud', labelNames: ['small'] })),
    );

  it('is tried with single probes, while other providers go on', async () => {
    await world.seedImage('image', ['silent'], '0000000002');
    const running = await world.start(twoClouds());
    const silent = world.clouds.cloud('silent');
    const takeBack = silent.addFault({ target: 'create', effect: 'hang' });
    const lost = await Promise.all([world.submit(['one']), world.submit(['one'])]);
    for (const id of lost) await world.pending(id);
    await world.steadily('nothing is answered', () => lost.every((id) => world.request(id)?.state === 'pending'), 65);
    const ids = await Promise.all(Array.from({ length: 5 }, () => world.submit(['one'])));
    const held = (): boolean => reasonsFor(running, ids[0] ?? '').some(({ code }) => code === 'CLOUD_SILENT');
    await world.eventually('it is held back', held, 5);
    expect(await world.fulfilled(await world.submit(['small']))).toHaveLength(1);
    await world.steadily('few are tried', () => creates(silent).length <= 7, 300);
    takeBack();
    const served = (): boolean => ids.every((id) => world.request(id)?.state === 'fulfilled');
    await world.eventually('all are served', served, 150);
  });

  it('to lists either is left in peace for a moment', async () => {
    const running = await world.start(simpleConfig());
    await world.giveBack(await world.accept(await world.submit()));
    await world.noNodes();
    world.cloud.hangNext('list', 99);
    await world.steadily('nobody asks for anything', () => true, 420);
    const id = await world.submit();
    await world.eventually('it waits', () => reasonsFor(running, id)[0]?.code === 'CLOUD_SILENT', 1);
    expect(await world.fulfilled(id)).toHaveLength(1);
  });
});
