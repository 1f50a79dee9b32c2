import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import { roomOfAll } from '../../../src/domain/model/label-room.js';
import { aCaller, leaseConfig, LeaseWorld, type LeaseMember } from '../../support/lease-world.js';
import { timedMemoryWorld } from '../../support/timed-worlds.js';

/** The pool twice: both have the one account. */
function twoPools(maxServers: number): NodepoolConfig {
  const config = leaseConfig(maxServers);
  const [provider] = config.providers.values();
  const [pool] = provider?.pools.values() ?? [];
  if (!provider || !pool) throw new Error('no pool');
  const pools = new Map(['main', 'other'].map((name) => [name, { ...pool, name }]));
  return { ...config, providers: new Map([[provider.name, { ...provider, pools }]]) };
}

describe('what a label is said to have free', () => {
  let world: LeaseWorld;

  beforeEach(() => {
    world = new LeaseWorld(timedMemoryWorld());
  });
  afterEach(() => world.end());

  const free = (member: LeaseMember): number | undefined =>
    member.desk.labels(aCaller()).find(({ name }) => name === 'small')?.free;

  /** The launcher learns what the account has room for. */
  async function joined(quota: Readonly<Record<string, number>>, config = leaseConfig(4)): Promise<LeaseMember> {
    world.clouds.cloud('fake').set({ quota });
    const member = await world.join(config);
    // Whoever asks first has it asked for.
    free(member);
    await world.world.passLease(1);
    return member;
  }

  test('is the room of the pool beside the nodes that are there', async () => {
    const member = await joined({});
    expect(free(member)).toBe(4);
    await world.active(member);
    expect(free(member)).toBe(3);
  });

  test('is nothing when the quota of the cloud is used up, whatever the pool may have', async () => {
    const member = await joined({ instances: 2 });
    expect(free(member)).toBe(2);
    await world.active(member, { labels: ['small', 'small'] });
    expect(free(member)).toBe(0);
  });

  test('is what the cores of the cloud leave, too', async () => {
    const before = await joined({});
    await world.active(before, { ttl: 3600 });
    const cores = world.nodes(before)[0]?.resources?.['cores'] ?? 0;
    expect(cores).toBeGreaterThan(0);
    world.clouds.cloud('fake').set({ quota: { cores: 2 * cores + 1 } });
    // Limits are relied upon for five minutes.
    await world.world.passLease(300);
    free(before);
    await world.world.passLease(1);
    expect(free(before)).toBe(1);
  });

  test('is nothing while the cloud refuses, whatever its limits say', async () => {
    const member = await joined({});
    world.clouds.cloud('fake').addFault({ target: 'create', effect: 'fail', kind: 'quota', message: 'Quota exceeded' });
    const id = await world.create(member);
    await world.world.eventually('the cloud has refused', () => free(member) === 0);
    expect((await world.lease(member, id)).state).toBe('waiting');
  });

  test('counts an account once for all its pools', async () => {
    const member = await joined({ instances: 5 }, twoPools(4));
    expect(free(member)).toBe(5);
  });

  test('counts a pool once, however many launchers serve it', async () => {
    const member = await joined({});
    await world.join();
    await world.world.passLease(15);
    expect(free(member)).toBe(4);
  });

  test.each([
    ['pools of two accounts', [room('a', 2, 9), room('b', 3, 9)], 5],
    ['pools of one account with less', [room('a', 4, 5), room('a', 4, 5)], 5],
    ['a pool without limits of its own', [room('a', Infinity, 7)], 7],
    ['no limit at all, and so no number', [room('a', Infinity, Infinity)], 0],
    ['a pool that is not asked about the account', [room('a', 4, Infinity), room('a', 9, 1)], 5],
    ['none', [], 0],
  ])('is added up over %s', (_, rooms, sum) => {
    expect(roomOfAll(rooms)).toBe(sum);
  });

  function room(provider: string, pool: number, account: number): Parameters<typeof roomOfAll>[0][number] {
    return { provider, room: { pool, account } };
  }
});
