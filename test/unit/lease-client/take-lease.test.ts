import { beforeEach, describe, expect, it, test } from 'vitest';
import { LeasingWorld, refused, type Mishap } from './leasing-world.js';

let world: LeasingWorld;
beforeEach(() => {
  world = new LeasingWorld();
});

describe('a lease', () => {
  it('is waited for, telling what it still waits for, until its machines are there', async () => {
    world.gateway.readyAfter = 90;
    world.gateway.conditions = [{ code: 'QUOTA_POOL', pool: 'one/main', message: 'pool one/main has 4 of 4 nodes' }];
    const taken = world.take();
    await world.clock.advance(89);
    expect(taken.settled).toBe(false);
    expect(world.waiting.at(-1)).toBe('waiting for small; pool one/main has 4 of 4 nodes');
    await world.clock.advance(2);
    expect(taken.value).toMatchObject({ state: 'active', nodes: [{ label: 'small' }] });
    expect(world.listening).toBe(0);
  });

  it('is not waited for when it is to be detached', async () => {
    world.gateway.readyAfter = 90;
    const taken = world.take({ detach: true });
    await world.clock.advance(0);
    expect(taken.value).toMatchObject({ state: 'waiting' });
  });

  it('of which no answer tells is asked for again with the same id: never two [L1]', async () => {
    world.gateway.mishap = (call, number) => (call === 'create' && number < 4 ? 'away-after' : undefined);
    const taken = world.take();
    await world.clock.advance(10);
    expect(taken.value?.id).toBe(world.gateway.only.id);
    expect(world.gateway.count('create')).toBe(4);
  });

  it('is still got when the gateway is restarted while it waits', async () => {
    world.gateway.readyAfter = 60;
    const taken = world.take();
    await world.clock.advance(20);
    world.gateway.mishap = () => 'away';
    await world.clock.advance(45);
    expect(taken.settled).toBe(false);
    world.gateway.mishap = () => undefined;
    await world.clock.advance(3);
    expect(taken.value).toMatchObject({ state: 'active' });
  });

  it('that a token may not have yet is asked for again when the gateway says so', async () => {
    world.gateway.mishap = (call, number) =>
      call === 'create' && number < 3 ? refused(429, 'too-many-leases', { retryAfter: 20 }) : undefined;
    const taken = world.take();
    await world.clock.advance(39);
    expect(world.gateway.count('create')).toBe(2);
    expect([...new Set(world.waiting)]).toEqual(['waiting for small; refused: too-many-leases']);
    await world.clock.advance(2);
    expect(taken.value).toMatchObject({ state: 'active' });
  });
});

describe('there is no machine', () => {
  it('in time: the gateway says so', async () => {
    world.gateway.readyAfter = 100;
    const taken = world.take({ wish: { wait: 30 } });
    await world.clock.advance(31);
    expect(taken.error).toMatchObject({ why: 'no-machine', message: 'no machine: no machine came in time' });
  });

  it('while the token may have no more', async () => {
    world.gateway.mishap = (call) =>
      call === 'create' ? refused(429, 'too-many-leases', { retryAfter: 20 }) : undefined;
    const taken = world.take({ wish: { wait: 30 } });
    await world.clock.advance(31);
    expect(taken.error).toMatchObject({ why: 'no-machine' });
    expect(world.notes).toEqual([]);
  });

  it('anywhere: with the reasons', async () => {
    world.gateway.readyAfter = 100;
    world.gateway.conditions = [{ code: 'X', pool: 'one/main', message: 'the quota is too small' }];
    const taken = world.take();
    await world.clock.advance(1);
    world.gateway.end(world.gateway.only, 'failed');
    await world.clock.advance(60);
    expect(taken.error).toMatchObject({
      why: 'no-machine',
      message: 'no machine: no pool can serve it (one/main: the quota is too small)',
    });
  });
});

describe('a gateway', () => {
  test.each<[Mishap, string]>([
    ['away', 'away'],
    [refused(503, 'store-away'), 'away'],
    [refused(502, null), 'away'],
    [refused(500, null), 'away'],
    [refused(507, 'store-full'), 'away'],
    [refused(401, 'unauthenticated'), 'not-allowed'],
    [refused(403, 'label-not-allowed'), 'not-allowed'],
    [refused(422, 'max-duration-exceeded'), 'not-allowed'],
    [refused(422, 'label-unknown'), 'usage'],
    [refused(400, 'malformed'), 'usage'],
    [refused(409, 'lease-differs'), 'other'],
  ])('that answers %s makes it fail as %s', async (mishap, why) => {
    world.gateway.mishap = () => mishap;
    const taken = world.take();
    await world.clock.advance(20);
    expect(taken.error).toMatchObject({ why });
    expect(world.listening).toBe(0);
  });

  it('that is away may be so for 15 seconds, or as long as was said', async () => {
    world.gateway.mishap = () => 'away';
    const [usual, short] = [world.take(), world.take({ patience: 5 })];
    await world.clock.advance(4);
    expect([usual.settled, short.settled]).toEqual([false, false]);
    await world.clock.advance(3);
    expect([usual.settled, short.settled]).toEqual([false, true]);
    await world.clock.advance(10);
    expect(usual.settled).toBe(true);
  });
});

describe('somebody who asks it to end', () => {
  it('while it waits has the lease given back [L14]', async () => {
    world.gateway.readyAfter = 100;
    const taken = world.take();
    await world.clock.advance(5);
    world.press('SIGINT');
    await world.clock.advance(1);
    expect(taken.error).toMatchObject({ why: 'stopped', signalNumber: 2 });
    expect(world.gateway.only.outcome).toBe('cancelled');
  });

  it('while the creation is under way leaves no lease behind either [L14]', async () => {
    world.gateway.mishap = (call, number) => (call === 'create' && number === 1 ? 'silence' : undefined);
    const taken = world.take();
    await world.clock.advance(1);
    world.press('SIGTERM');
    await world.clock.advance(12);
    expect(taken.error).toMatchObject({ why: 'stopped', signalNumber: 15 });
    expect(world.gateway.leases.size).toBe(0);
    expect(world.notes).toEqual([]);
  });

  it('twice does not wait for a gateway that is away', async () => {
    world.gateway.readyAfter = 100;
    const taken = world.take();
    await world.clock.advance(5);
    world.gateway.mishap = () => 'away';
    world.press('SIGINT');
    await world.clock.advance(1);
    expect(taken.settled).toBe(false);
    world.press('SIGINT');
    await world.clock.advance(0);
    expect(taken.error).toMatchObject({ why: 'stopped' });
    expect(world.notes).toEqual([expect.stringMatching(/could not be given back .*; it ends by itself/)]);
  });
});
