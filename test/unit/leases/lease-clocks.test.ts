import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NodeLease } from '../../../src/domain/model/lease.js';
import { JumpingClock } from '../../support/jumping-clock.js';
import { aCaller, leaseConfig, LeaseWorld, type LeaseMember } from '../../support/lease-world.js';
import { timedMemoryWorld } from '../../support/timed-worlds.js';

const TTL = 120;
const HOUR = 3600;

describe('[L13] a lease whose gateway had a clock that was wrong, and is gone', () => {
  let world: LeaseWorld;
  let launcher: LeaseMember;

  beforeEach(async () => {
    world = new LeaseWorld(timedMemoryWorld());
    launcher = await world.join(leaseConfig(), { gateway: false });
  });
  afterEach(() => world.end());

  /** A gateway without a launcher. @param ahead seconds of its wall clock; less than 0: it is behind */
  const gateway = (ahead = 0): Promise<LeaseMember> =>
    world.join(leaseConfig(), { launcher: false, clock: new JumpingClock(world.clock, ahead) });

  const outcome = async (id: string): Promise<NodeLease['outcome']> => (await world.lease(launcher, id)).outcome;

  /** How the lease stands so many seconds from now. */
  async function after(seconds: number, id: string): Promise<NodeLease['outcome']> {
    await world.world.passLease(seconds);
    return outcome(id);
  }

  test.each([HOUR, -HOUR])('%d s: one that has seen its last sign of life counts from there', async (ahead) => {
    const wrong = await gateway(ahead);
    const heir = await gateway();
    const id = await world.active(wrong, { ttl: TTL });
    await world.world.passLease(TTL - 20);
    await world.settle(wrong.desk.renew(id, aCaller()));
    await world.kill(wrong);
    expect(await after(TTL - 10, id)).toBeNull();
    expect(world.keeps(heir, id)).toBe(true);
    expect(await after(15, id)).toBe('expired');
    await world.world.eventually('the node is gone', () => world.nodes(launcher).length === 0);
  });

  test.each([HOUR, -HOUR])('%d s: the holder keeps it by signs of life to the one that took it over', async (ahead) => {
    const wrong = await gateway(ahead);
    const heir = await gateway();
    const id = await world.active(wrong, { ttl: TTL, maxDuration: 5 * TTL });
    await world.kill(wrong);
    for (let beat = 0; beat < 6; beat += 1) {
      expect(await after(TTL - 30, id)).toBeNull();
      await world.settle(heir.desk.renew(id, aCaller()));
    }
    // It has lasted for nine minutes of its ten, by the time that has passed.
    expect(await after(50, id)).toBeNull();
    expect(await after(15, id)).toBe('limit');
  });

  test('ahead: one that begins later gives it a ttl and 30 s at most', async () => {
    const wrong = await gateway(HOUR);
    const id = await world.active(wrong, { ttl: TTL });
    await world.kill(wrong);
    await gateway();
    expect(await after(TTL, id)).toBeNull();
    expect(await after(35, id)).toBe('expired');
  });

  test('behind by less than a ttl: one that begins later gives it 30 s', async () => {
    const wrong = await gateway(-TTL);
    const id = await world.active(wrong, { ttl: TTL });
    await world.kill(wrong);
    await gateway();
    expect(await after(25, id)).toBeNull();
    expect(await after(10, id)).toBe('expired');
  });

  test('behind by hours: nobody can tell it from one that was left alone for hours, which ends [L11]', async () => {
    const wrong = await gateway(-HOUR);
    const id = await world.active(wrong, { ttl: TTL });
    await world.kill(wrong);
    await gateway();
    expect(await after(1, id)).toBe('expired');
  });
});
