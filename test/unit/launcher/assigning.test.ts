import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProviderConfig } from '../../../src/domain/config/config.js';
import { aConfig, aPool, aPoolLabel, aProvider } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld();
  await world.seedImage('image', ['cloud', 'other']);
});
afterEach(() => world.end());

/** A provider with a pool, both of this name, on a cloud of its own. */
function provider(name: string, labelNames: readonly string[], pool: Parameters<typeof aPool>[0] = {}): ProviderConfig {
  const own = aPool({ provider: name, labelNames, availabilityZones: ['az1'], ...pool });
  return aProvider({ name, settings: { cloud: name } }, own);
}

function requestLock(id: string): string {
  return `/nodepool/requests-lock/${id}`;
}

describe('a request', () => {
  it('[LAUNCHER 58] that has changed by the time of its lock is let go, untouched', async () => {
    await world.start(simpleConfig());
    const id = await world.submit({ state: 'fulfilled' });
    world.onceLocking(requestLock(id), () => world.meddle(`/nodepool/requests/${id}`, { state: 'failed' }));
    world.meddle(`/nodepool/requests/${id}`, { state: 'requested' });
    await world.eventually('it is seen as failed', () => world.request(id)?.state === 'failed');
    await world.steadily('it is not touched', () => world.request(id)?.declinedBy.length === 0, 20);
    expect(world.locked(requestLock(id))).toBe(false);
    expect(world.nodes).toEqual([]);
  });

  it('[LAUNCHER 62] nobody can serve fails at once, although another one waits for capacity', async () => {
    await world.start(simpleConfig({ maxServers: 1 }));
    const held = await world.accept(await world.submit());
    const waiting = await world.submit();
    await world.pending(waiting);
    const hopeless = await world.submit(['unknown']);
    await world.eventually('it has failed', () => world.request(hopeless)?.state === 'failed', 2);
    expect(world.request(waiting)?.state).toBe('pending');
    await world.giveBack(held);
    await world.fulfilled(waiting);
  });

  it('[LAUNCHER 63] whose handling breaks down is declined, and nothing stays locked or is left over', async () => {
    const ghost = aPoolLabel('small', { image: { kind: 'cloud-image', name: 'not configured' } });
    await world.start(simpleConfig({ pool: { labels: new Map([['small', ghost]]) } }));
    const id = await world.submit();
    const request = await world.failed(id);
    expect(request.declinedBy).toHaveLength(1);
    await world.eventually('it is unlocked', () => !world.locked(requestLock(id)), 2);
    await world.noNodes();
  });

  it('[LAUNCHER 64] for a provider that is configured wrong fails, and the other providers serve', async () => {
    const fault = { target: 'start', effect: 'fail', kind: 'configuration', message: 'no such region' } as const;
    const down = world.clouds.cloud('other').addFault(fault);
    const config = aConfig({}, provider('cloud', ['small']), provider('other', ['big']));
    const { journal } = await world.start(config);
    await world.fulfilled(await world.submit(['small']));
    const big = await world.submit(['big']);
    await world.failed(big);
    const told = journal.entries('request', big).flatMap((entry) => entry.decision.because);
    expect(told).toContainEqual({ code: 'PROVIDER_NOT_READY', provider: 'other', problem: 'no such region' });
    down();
    await world.clock.advance(30);
    await world.fulfilled(await world.submit(['big']));
  });

  it('[LAUNCHER 68] does not get a free node that was given away just before its lock', async () => {
    await world.start(simpleConfig());
    const first = await world.submit();
    const [node = ''] = await world.fulfilled(first);
    await world.client.requests.remove(first);
    await world.eventually('it is free', () => world.node(node)?.allocatedTo === null);
    const owner = await world.submit({ state: 'fulfilled' });
    world.onceLocking(`/nodepool/nodes/${node}/lock`, () =>
      world.meddle(`/nodepool/nodes/${node}`, { allocated_to: owner }),
    );
    const nodes = await world.fulfilled(await world.submit());
    expect(nodes).not.toContain(node);
    expect(world.node(node)).toMatchObject({ state: 'ready', allocatedTo: owner });
  });
});

describe('several pools', () => {
  it('[LAUNCHER 47] of two launchers: the preferred one serves until it is full, then the other', async () => {
    await world.start(aConfig({}, provider('cloud', ['small'], { priority: 100 })));
    await world.start(
      aConfig({}, provider('other', ['small'], { priority: 1, maxServers: 2, limits: { instances: 2 } })),
    );
    const where = async (): Promise<string | null | undefined> => {
      const [node = ''] = await world.fulfilled(await world.submit());
      return world.node(node)?.provider;
    };
    expect([await where(), await where()]).toEqual(['other', 'other']);
    // The next one is held by the full pool, which shows as paused from then on.
    const held = await world.submit();
    await world.eventually('the preferred pool is paused', () =>
      world.client.launchers.view.pools().some((pool) => pool.paused),
    );
    expect(await where()).toBe('cloud');
    expect(world.request(held)?.state).toBe('pending');
  });

  it('[LAUNCHER 45, 46] of two launchers: the wished provider serves, or any other once it has left', async () => {
    await world.start(aConfig({}, provider('cloud', ['small'])));
    const other = await world.start(aConfig({}, provider('other', ['small'])));
    const wished = async (): Promise<string | null | undefined> => {
      const [node = ''] = await world.fulfilled(await world.submit({ provider: 'other' }));
      return world.node(node)?.provider;
    };
    expect([await wished(), await wished(), await wished()]).toEqual(['other', 'other', 'other']);
    await world.stop(other);
    expect(await wished()).toBe('cloud');
  });
});

describe('the limits of a tenant', () => {
  const config = simpleConfig({ minReady: 1, top: { tenantLimits: new Map([['t1', { instances: 1 }]]) } });

  it('[LAUNCHER 53, 54] hold back its requests only, and a node that was kept ready counts once it is given out', async () => {
    await world.start(config);
    await world.eventually('one is free', () =>
      world.nodes.some((node) => node.state === 'ready' && !node.allocatedTo),
    );
    const [kept] = world.nodes;
    const held = await world.accept(await world.submit({ tenantName: 't1' }));
    expect(held.map((lease) => lease.id)).toEqual([kept?.id]);
    const second = await world.submit({ tenantName: 't1' });
    await world.fulfilled(await world.submit({ tenantName: 't2' }));
    await world.fulfilled(await world.submit());
    await world.steadily('it is open, not declined', () => {
      const request = world.request(second);
      return request?.state === 'requested' && request.declinedBy.length === 0;
    });
    await world.giveBack(held);
    await world.fulfilled(second);
  });
});
