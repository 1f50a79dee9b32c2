import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aCaller, LeaseWorld, type LeaseMember } from '../../support/lease-world.js';
import { bytes } from '../../support/store-world.js';
import { timedMemoryWorld } from '../../support/timed-worlds.js';

describe('renewals in the audit log', () => {
  let world: LeaseWorld;
  let member: LeaseMember;

  beforeEach(async () => {
    world = new LeaseWorld(timedMemoryWorld());
    member = await world.join();
  });
  afterEach(() => world.end());

  async function renew(id: string, times: number, from = '127.0.0.1'): Promise<void> {
    for (let count = 0; count < times; count += 1)
      await world.settle(member.desk.renew(id, aCaller('team-a', { from })));
  }

  /** Address and number of each line. */
  function told(id: string): readonly (readonly [unknown, unknown])[] {
    const lines = member.logger.lines.filter(({ fields }) => fields['audit'] === 'renewed' && fields['lease'] === id);
    return lines.map(({ fields }) => [fields['from'], fields['times']]);
  }

  test('are told once in ten minutes for each lease and address, with how many they were', async () => {
    const [id, other] = [await world.active(member, { ttl: 3600 }), await world.active(member, { ttl: 3600 })];
    await renew(id, 30);
    await renew(other, 1);
    await renew(id, 1, '127.0.0.2');
    expect(told(id)).toEqual([
      ['127.0.0.1', 1],
      ['127.0.0.2', 1],
    ]);
    expect(told(other)).toEqual([['127.0.0.1', 1]]);
    await world.world.passLease(600);
    await renew(id, 1);
    expect(told(id).at(-1)).toEqual(['127.0.0.1', 30]);
  });

  test('are all told, however often the address changes', async () => {
    const id = await world.active(member, { ttl: 3600 });
    for (const from of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) await renew(id, 5, from);
    await world.world.passLease(600);
    await renew(id, 1, '127.0.0.4');
    expect(told(id).reduce((sum, [, times]) => sum + Number(times), 0)).toBe(16);
  });

  test.each([
    ['the lease is given back', (id: string) => member.desk.end(id, aCaller(), { verdict: null, note: null })],
    ['the lease expires', () => world.world.passLease(400)],
    ['somebody else spoils the record', (id: string) => member.store.write(`/nodepool/leases/${id}`, bytes('x'))],
    ['the gateway ends', () => member.gateway?.stop() ?? Promise.resolve()],
  ])('that were only counted are told when %s', async (_, end) => {
    const id = await world.active(member, { ttl: 300 });
    await renew(id, 8);
    expect(told(id)).toEqual([['127.0.0.1', 1]]);
    await world.settle<unknown>(end(id));
    await world.world.eventually('the rest is told', () => told(id).length === 2);
    expect(told(id)).toEqual([
      ['127.0.0.1', 1],
      ['127.0.0.1', 7],
    ]);
  });
});
