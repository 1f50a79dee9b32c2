import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { ZooKeeperSession } from '../../../src/adapters/zookeeper/zookeeper-session.js';
import { ScriptedBinding } from './scripted-binding.js';

vi.mock('zookeeper', () => ({
  default: class {
    readonly native = new ScriptedBinding();
  },
}));
const { ZooKeeperSession: Session } = await import('../../../src/adapters/zookeeper/zookeeper-session.js');

let clock: VirtualClock;
let logger: MemoryLogger;
let session: ZooKeeperSession;

beforeEach(async () => {
  ScriptedBinding.reset();
  await begin();
});
afterEach(() => session.close(() => Promise.resolve()));

async function begin(): Promise<void> {
  clock = new VirtualClock();
  logger = new MemoryLogger();
  session = new Session({
    entrances: () => [{ host: '127.0.0.1', port: 2181 }],
    servers: '127.0.0.1:2181',
    prefix: '',
    sessionTimeout: 10,
    clock,
    logger,
  });
  session.start();
  await settle();
}

/** Everything happens that needs no time, also what takes several turns. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await clock.settle();
}

async function pass(seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 0.5) {
    await clock.advance(Math.min(left, 0.5));
    await settle();
  }
}

async function connected(id: string): Promise<ScriptedBinding> {
  ScriptedBinding.last.connect(id);
  await settle();
  return ScriptedBinding.last;
}

const call = (): Promise<string> =>
  session
    .call('/a', (native, done) => native.stat('/a', false, (code) => done(code, () => undefined)))
    .then(
      () => 'done',
      (error: unknown) => (error as Error).constructor.name,
    );

describe('a session on the C client', () => {
  it('that ends while calls are under way gets one new client, and is told before the calls fail', async () => {
    const first = await connected('a1');
    const told: string[] = [];
    session.tracker.onChange(({ state }) => told.push(state));
    void call().then((end) => told.push(end));
    first.expire();
    await pass(2);
    expect(told).toEqual(['lost', 'SessionLostError']);
    expect(ScriptedBinding.open).toHaveLength(1);
    await connected('b2');
    expect(session.tracker).toMatchObject({ state: 'connected', generation: 2 });
  });

  it('that is over by the time a fresh client wants to take it over is begun anew', async () => {
    const first = await connected('a1');
    first.disconnect();
    await pass(100);
    const fresh = ScriptedBinding.last;
    expect(fresh).not.toBe(first);
    expect(fresh.client_id).toBe('a1');
    fresh.expire();
    await pass(2);
    expect(ScriptedBinding.last).not.toBe(fresh);
    expect(ScriptedBinding.last.client_id).toBe('0');
    await connected('b2');
    expect(session.tracker).toMatchObject({ state: 'connected', generation: 2 });
  });

  it('outlives a client that is replaced: one that comes back at that moment would end it', async () => {
    const first = await connected('a1');
    first.disconnect();
    // The moment at which it is given up is told beforehand.
    vi.spyOn(logger, 'warn').mockImplementation(() =>
      queueMicrotask(() => clock.monotonic() > 15 && first.connect('a1')),
    );
    await pass(30);
    expect(first).toMatchObject({ closed: true, endedSession: false });
  });

  it('gets another client soon when one never comes back', async () => {
    const first = await connected('a1');
    first.disconnect();
    await pass(30);
    expect(first.closed).toBe(true);
    await connected('a1');
    expect(session.tracker).toMatchObject({ state: 'connected', generation: 1 });
  });

  it.each([
    ['fails at once', (): unknown => (ScriptedBinding.failing = 3)],
    ['cannot be made', (): unknown => ScriptedBinding.problems.push(new Error('no memory'), new Error('no memory'))],
  ])('is opened for all that a client %s, with a pause between two tries', async (_how, trouble) => {
    const first = await connected('a1');
    trouble();
    first.expire();
    const made = ScriptedBinding.made.length;
    await pass(1.5);
    expect(ScriptedBinding.made.length - made).toBeLessThanOrEqual(1);
    await pass(10);
    expect(ScriptedBinding.open).toHaveLength(1);
    await connected('b2');
    expect(session.tracker.state).toBe('connected');
  });

  it.each([0, 0.5, 1])('closed %s s after its end leaves no client behind', async (seconds) => {
    const first = await connected('a1');
    first.expire();
    if (seconds > 0) await pass(seconds);
    const closing = session.close(() => Promise.resolve());
    await pass(5);
    await closing;
    expect(ScriptedBinding.open).toEqual([]);
  });
});

/** What may happen to the handles, in any order and in any turn. */
const EVENTS: readonly ((random: SeededRandom) => unknown)[] = [
  (random) => pick(random)?.connect(pick(random)?.client_id === '0' ? random.hexId().slice(0, 8) : 'a1'),
  (random) => pick(random)?.disconnect(),
  (random) => pick(random)?.expire(),
  (random) => pick(random)?.answer(random.next() < 0.5 ? -4 : -112),
  () => void call(),
  () => ScriptedBinding.problems.push(new Error('no memory')),
  () => (ScriptedBinding.failing = 1),
  () => settle(),
  (random) => pass(random.next() * 30),
];

function pick(random: SeededRandom): ScriptedBinding | undefined {
  return ScriptedBinding.made[Math.floor(random.next() * ScriptedBinding.made.length)];
}

describe('whatever happens to the C client, in whatever order', () => {
  it('one client is open in the end, it is connected, and no call is left', async () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      ScriptedBinding.reset();
      await begin();
      const random = new SeededRandom(seed);
      for (let step = 0; step < 40; step += 1) {
        await EVENTS[Math.floor(random.next() * EVENTS.length)]?.(random);
        expect(ScriptedBinding.open.length, `seed ${seed}`).toBeLessThanOrEqual(1);
      }
      // From now on servers take on whoever comes; who has never connected may be stuck, though.
      const stuck = new Set(ScriptedBinding.made);
      ScriptedBinding.failing = 0;
      ScriptedBinding.problems.length = 0;
      for (let waited = 0; waited < 60; waited += 1) {
        await pass(1);
        for (const binding of ScriptedBinding.open) if (!stuck.has(binding)) binding.connect('c3');
        await settle();
      }
      expect({ seed, state: session.tracker.state }).toEqual({ seed, state: 'connected' });
      expect(ScriptedBinding.open, `seed ${seed}`).toHaveLength(1);
      ScriptedBinding.last.answer(0);
      await settle();
      expect(session.pendingCalls, `seed ${seed}`).toBe(0);
      await session.close(() => Promise.resolve());
    }
  });
});
