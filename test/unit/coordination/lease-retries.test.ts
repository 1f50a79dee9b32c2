import { describe, expect, it } from 'vitest';
import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { Leftovers } from '../../../src/adapters/leases/leftovers.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { ConnectionLostError } from '../../../src/ports/coordination/errors.js';
import { SessionTracker } from '../../../src/ports/toolkit/session-tracker.js';
import type { TreeStore } from '../../../src/ports/coordination/tree-store.js';
import { asError } from '../../../src/ports/toolkit/sleep.js';

/** A store that breaks its promise: it refuses every call and says it is connected. */
function lyingStore(): { readonly store: TreeStore; readonly tracker: SessionTracker; readonly calls: () => number } {
  const tracker = new SessionTracker();
  tracker.opened();
  let calls = 0;
  const refuse = (): Promise<never> => {
    calls += 1;
    if (calls > 10_000) throw new Error('it would never have ended');
    return Promise.reject(new ConnectionLostError('There is no connection', '/x'));
  };
  const store: TreeStore = {
    session: tracker,
    create: refuse,
    read: refuse,
    list: refuse,
    stat: refuse,
    write: refuse,
    remove: refuse,
    close: () => Promise.resolve(),
  };
  return { store, tracker, calls: () => calls };
}

describe('leases on a store that says it is connected and refuses all calls', () => {
  it('[A8] [CASE leftovers.mjs] put a child by that cannot be removed, and try once per return of the connection', async () => {
    const { store, tracker, calls } = lyingStore();
    const leftovers = new Leftovers(store);
    await leftovers.remove({ directory: '/x', prefix: 'p', name: undefined, generation: 1 });
    expect(calls()).toBe(1);
    for (let round = 2; round <= 4; round += 1) {
      tracker.suspended();
      tracker.resumed();
      await leftovers.settled();
      expect(calls()).toBe(round);
    }
  });

  it('[A8] wait for the connection to come back instead of trying again at once', async () => {
    const { store, tracker, calls } = lyingStore();
    const clock = new VirtualClock();
    const leases = new KazooLeases(store, { clock, random: new SeededRandom(1) });
    const stop = new AbortController();
    const waiting = leases.acquire('/x', { wait: Infinity, signal: stop.signal }).catch(asError);
    await clock.settle();
    const before = calls();
    expect(before).toBeLessThan(10);
    tracker.suspended();
    tracker.resumed();
    await clock.settle();
    expect(calls()).toBeGreaterThan(before);
    expect(calls()).toBeLessThan(20);
    stop.abort(new Error('enough'));
    expect(await waiting).toMatchObject({ message: 'enough' });
  });
});
