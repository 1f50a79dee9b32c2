import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import { ConnectionLostError } from '../../src/ports/coordination/errors.js';
import { LeaseLostError, LeaseReleasedError } from '../../src/ports/coordination/lease.js';
import type { AcquireResult, Lease } from '../../src/ports/coordination/lease.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import { bytes, caughtUp, entering } from '../support/store-world.js';
import type { StoreWorld } from '../support/store-world.js';

const NODE = '/nodepool/nodes/0000000000';
const LOCK = `${NODE}/lock`;
const CONTENDER = /^[0-9a-f]{32}__lock__\d{10}$/;

/** What a `LeaseManager` in kazoo's format promises, on any store. */
export function describeLeases(adapter: string, makeWorld: () => StoreWorld | Promise<StoreWorld>): void {
  describe(`KazooLeases on ${adapter}`, () => {
    let world: StoreWorld;
    let store: TreeStore;
    let leases: KazooLeases;
    let rivalStore: TreeStore;
    let rival: KazooLeases;
    /** Looks on without taking part. */
    let witness: TreeStore;
    let seed = 1;

    const leasesOn = (on: TreeStore): KazooLeases =>
      new KazooLeases(on, { clock: world.clock, random: new SeededRandom(seed++) });
    const children = async (): Promise<readonly string[]> => {
      await caughtUp(witness);
      return [...((await witness.list(LOCK)) ?? [])].sort(bySequence);
    };
    const childrenAre = (what: string, condition: (names: readonly string[]) => boolean): Promise<void> =>
      world.eventually(what, async () => condition(await children()));

    beforeEach(async () => {
      world = await makeWorld();
      [store, rivalStore, witness] = [await world.open(), await world.open(), await world.open()];
      [leases, rival] = [leasesOn(store), leasesOn(rivalStore)];
      await witness.create(NODE, bytes('{}'), { makeParents: true });
      await caughtUp(store, rivalStore);
    });
    afterEach(async () => {
      await world.end();
      await Promise.all([leases.settled(), rival.settled()]);
    });

    it('[LAUNCHER 29] stands under a name that kazoo understands, with the identifier as data', async () => {
      const lease = granted(await leases.acquire(LOCK, { identifier: 'host-1' }));
      const [name, ...more] = await children();
      expect(name).toMatch(CONTENDER);
      expect(more).toEqual([]);
      const record = await witness.read(`${LOCK}/${name}`);
      expect([new TextDecoder().decode(record?.data), record?.stat.ephemeral]).toEqual(['host-1', true]);
      expect([lease.path, lease.generation, lease.signal.aborted]).toEqual([LOCK, 1, false]);
      expect((await witness.read(LOCK))?.data).toHaveLength(0);
    });

    it('[LAUNCHER 30] is refused without waiting and leaves no child behind', async () => {
      granted(await rival.acquire(LOCK));
      expect(await leases.acquire(LOCK)).toEqual({ refused: 'busy' });
      expect(await children()).toHaveLength(1);
    });

    it('is not re-entrant', async () => {
      granted(await leases.acquire(LOCK));
      expect(await leases.acquire(LOCK)).toEqual({ refused: 'busy' });
    });

    it('[LAUNCHER 31] is refused when the wait runs out and leaves no child behind', async () => {
      granted(await rival.acquire(LOCK));
      const waiting = settled(leases.acquire(LOCK, { wait: 0.4 }));
      await childrenAre('both stand', (names) => names.length === 2);
      await world.pass(0.2);
      expect(waiting.result).toBeUndefined();
      await world.pass(0.4);
      expect(await waiting.end).toEqual({ refused: 'busy' });
      expect(await children()).toHaveLength(1);
    });

    it('is granted within the wait when the holder releases', async () => {
      const held = granted(await rival.acquire(LOCK));
      const waiting = settled(leases.acquire(LOCK, { wait: 60 }));
      await childrenAre('both stand', (names) => names.length === 2);
      expect(waiting.result).toBeUndefined();
      await held.release();
      granted(await waiting.end);
      expect(await children()).toHaveLength(1);
    });

    it('[LAUNCHER 32] wakes a waiter by the removal of its immediate predecessor only', async () => {
      const holder = granted(await rival.acquire(LOCK));
      const middle = await witness.create(`${LOCK}/${'a'.repeat(32)}__lock__`, bytes(''), { sequential: true });
      const counted = countCalls(store);
      const waiting = settled(leasesOn(counted.store).acquire(LOCK, { wait: Infinity }));
      await childrenAre('all three stand', (names) => names.length === 3);
      await caughtUp(store);
      const before = counted.calls();
      await holder.release();
      await caughtUp(witness, store);
      await world.pass(0.1);
      expect(counted.calls()).toBe(before);
      expect(waiting.result).toBeUndefined();
      await witness.remove(middle);
      granted(await waiting.end);
    });

    it('keeps waiting when a contender in the middle gives up', async () => {
      const holder = granted(await rival.acquire(LOCK));
      const middle = await witness.create(`${LOCK}/${'a'.repeat(32)}__lock__`, bytes(''), { sequential: true });
      const waiting = settled(leases.acquire(LOCK, { wait: Infinity }));
      await childrenAre('all three stand', (names) => names.length === 3);
      await witness.remove(middle);
      await caughtUp(witness, store);
      await world.pass(0.1);
      expect(waiting.result).toBeUndefined();
      await holder.release();
      granted(await waiting.end);
    });

    it('keeps waiting when the holder only writes its data', async () => {
      const held = await witness
        .create(`${LOCK}`, bytes(''))
        .then(() => witness.create(`${LOCK}/${'b'.repeat(32)}__lock__`, bytes(''), { sequential: true }));
      const waiting = settled(leases.acquire(LOCK, { wait: Infinity }));
      await childrenAre('both stand', (names) => names.length === 2);
      await witness.write(held, bytes('still here'));
      await caughtUp(witness, store);
      await world.pass(0.1);
      expect(waiting.result).toBeUndefined();
      await witness.remove(held);
      granted(await waiting.end);
    });

    it('[LAUNCHER 33] respects a foreign contender with a dashed prefix', async () => {
      await witness.create(LOCK, bytes('requestor'));
      const jenkins = `${LOCK}/6ba7b810-9dad-41d1-80b4-00c04fd430c8__lock__`;
      const foreign = await witness.create(jenkins, bytes('jenkins_17'), { sequential: true, ephemeral: true });
      await caughtUp(store);
      expect(await leases.acquire(LOCK)).toEqual({ refused: 'busy' });
      const waiting = settled(leases.acquire(LOCK, { wait: Infinity }));
      await childrenAre('both stand', (names) => names.length === 2);
      await witness.remove(foreign);
      granted(await waiting.end);
    });

    it('[LAUNCHER 34] ignores children that are no contenders', async () => {
      await witness.create(LOCK, bytes(''));
      await witness.create(`${LOCK}/_c_6ba7b810-lock-`, bytes(''), { sequential: true });
      await witness.create(`${LOCK}/something`, bytes(''));
      await witness.create(`${LOCK}/x__lock__12`, bytes(''));
      await caughtUp(store);
      granted(await leases.acquire(LOCK, { identifier: 'me' }));
      await caughtUp(witness);
      expect(await rival.contenders(LOCK)).toEqual(['me']);
    });

    it('[LAUNCHER 35] removes its child on release, keeps the directory, and may be released again', async () => {
      const lease = granted(await leases.acquire(LOCK));
      await Promise.all([lease.release(), lease.release()]);
      await lease.release();
      expect(await children()).toEqual([]);
      expect(await witness.stat(LOCK)).toBeDefined();
      granted(await rival.acquire(LOCK));
      await lease.release();
      expect(await children()).toHaveLength(1);
    });

    it('ends the signal of a released lease, and releases one whose child or directory is gone', async () => {
      const lease = granted(await leases.acquire(LOCK));
      const [name] = await children();
      await witness.remove(`${LOCK}/${name}`);
      await witness.remove(LOCK);
      await lease.release();
      expect(lease.signal.reason).toBeInstanceOf(LeaseReleasedError);
    });

    it('[LAUNCHER 36] does not stand twice when the answer to the create is lost', async () => {
      granted(await rival.acquire(LOCK));
      world.loseNextReply(store, 'create');
      const waiting = settled(leases.acquire(LOCK, { wait: Infinity }));
      await childrenAre('it stands once', (names) => names.length === 2);
      await entering(world, store, 'connected', 1);
      await caughtUp(store);
      await world.pass(0.1);
      const [holder, own, ...more] = await children();
      expect(more).toEqual([]);
      await witness.remove(`${LOCK}/${holder}`);
      const lease = granted(await waiting.end);
      expect(await children()).toEqual([own]);
      await lease.release();
      expect(await children()).toEqual([]);
    });

    it('[LAUNCHER 36] leaves nothing behind when it does not wait and the answer to the create is lost', async () => {
      await witness.create(LOCK, bytes(''));
      await caughtUp(store);
      world.loseNextReply(store, 'create');
      await expect(leases.acquire(LOCK)).rejects.toBeInstanceOf(ConnectionLostError);
      await entering(world, store, 'connected', 1);
      await childrenAre('nothing is left', (names) => names.length === 0);
    });

    it('survives a lost answer to the creation of the directory', async () => {
      world.loseNextReply(store, 'create');
      granted(await leases.acquire(LOCK, { wait: 60, newDirectory: true }));
      expect(await children()).toHaveLength(1);
    });

    it('[LAUNCHER 37] answers "gone" for the lock of a deleted record and re-creates nothing', async () => {
      await witness.remove(NODE);
      await caughtUp(store);
      expect(await leases.acquire(LOCK)).toEqual({ refused: 'gone' });
      expect(await leases.acquire(LOCK, { wait: 60 })).toEqual({ refused: 'gone' });
      expect(await leases.acquire(LOCK, { newDirectory: true })).toEqual({ refused: 'gone' });
      expect(await leases.contenders(LOCK)).toEqual([]);
      expect(await leases.forceRelease(LOCK)).toBe(false);
      expect(await store.list('/nodepool/nodes')).toEqual([]);
    });

    it('creates the directory with all parents when asked to', async () => {
      const path = '/nodepool/elections/stats';
      const both = await Promise.all([
        leases.acquire(path, { makeParents: true, wait: 60 }).then(release),
        rival.acquire(path, { makeParents: true, wait: 60 }).then(release),
      ]);
      expect(both).toEqual(['held', 'held']);
      await caughtUp(witness);
      expect(await witness.list(path)).toEqual([]);
    });

    it('[LAUNCHER 38] stands again with a new child when the session expires during the wait', async () => {
      granted(await rival.acquire(LOCK));
      const waiting = settled(leases.acquire(LOCK, { wait: Infinity }));
      await childrenAre('both stand', (names) => names.length === 2);
      const [holder, first] = await children();
      await world.expire(store);
      await childrenAre('a new child stands', (names) => names.length === 2 && !names.includes(first!));
      expect(waiting.result).toBeUndefined();
      await witness.remove(`${LOCK}/${holder}`);
      expect(granted(await waiting.end).generation).toBe(2);
    });

    it('keeps its place in the queue over a disconnect during the wait', async () => {
      const held = granted(await rival.acquire(LOCK));
      const waiting = settled(leases.acquire(LOCK, { wait: Infinity }));
      await childrenAre('both stand', (names) => names.length === 2);
      const [, own] = await children();
      await world.cut(store);
      await held.release();
      await caughtUp(witness);
      expect(waiting.result).toBeUndefined();
      world.restore(store);
      granted(await waiting.end);
      expect(await children()).toEqual([own]);
    });

    it('stands again when somebody removes its child while it waits', async () => {
      const held = granted(await rival.acquire(LOCK));
      const waiting = settled(leases.acquire(LOCK, { wait: Infinity }));
      await childrenAre('both stand', (names) => names.length === 2);
      const [, own] = await children();
      await witness.remove(`${LOCK}/${own}`);
      await held.release();
      const lease = granted(await waiting.end);
      const [again, ...more] = await children();
      expect([again === own, more]).toEqual([false, []]);
      await lease.release();
    });

    it('[LAUNCHER 39] removes only the lowest child when forced', async () => {
      const held = granted(await rival.acquire(LOCK, { identifier: 'holder' }));
      const waiting = settled(leases.acquire(LOCK, { wait: Infinity, identifier: 'waiter' }));
      await childrenAre('both stand', (names) => names.length === 2);
      expect(await rival.contenders(LOCK)).toEqual(['holder', 'waiter']);
      expect(await leases.forceRelease(LOCK)).toBe(true);
      granted(await waiting.end);
      expect(await leases.contenders(LOCK)).toEqual(['waiter']);
      await held.release();
      expect(await children()).toHaveLength(1);
      expect(await rival.forceRelease(LOCK)).toBe(true);
      expect(await rival.forceRelease(LOCK)).toBe(false);
    });

    it('orders contenders by number, not by name', async () => {
      await witness.create(LOCK, bytes(''));
      for (const [prefix, data] of [
        ['f', 'first'],
        ['0', 'second'],
        ['8', 'third'],
      ] as const) {
        await witness.create(`${LOCK}/${prefix.repeat(32)}__lock__`, bytes(data), { sequential: true });
      }
      await caughtUp(store);
      expect(await leases.contenders(LOCK)).toEqual(['first', 'second', 'third']);
    });

    it('[LAUNCHER 127] ends the lease when the connection is suspended, and cleans up once it is back', async () => {
      const lease = granted(await leases.acquire(LOCK));
      await world.cut(store);
      expect(lease.signal.reason).toBeInstanceOf(LeaseLostError);
      await lease.release();
      expect(await children()).toHaveLength(1);
      world.restore(store);
      await childrenAre('the child is removed', (names) => names.length === 0);
      expect(lease.signal.reason).toBeInstanceOf(LeaseLostError);
    });

    it('ends the lease when the session is lost; its child is gone and a late release harms nobody', async () => {
      const lease = granted(await leases.acquire(LOCK));
      await world.expire(store);
      await entering(world, store, 'connected', 2);
      expect(lease.signal.reason).toBeInstanceOf(LeaseLostError);
      const next = granted(await rival.acquire(LOCK));
      await lease.release();
      expect(await children()).toHaveLength(1);
      expect(next.signal.aborted).toBe(false);
    });

    it('fails without a connection if it may not wait, and waits for it if it may', async () => {
      await world.cut(store);
      await expect(leases.acquire(LOCK)).rejects.toBeInstanceOf(ConnectionLostError);
      const short = expect(leases.acquire(LOCK, { wait: 0.05 })).rejects.toBeInstanceOf(ConnectionLostError);
      await world.pass(0.1);
      await short;
      const waiting = settled(leases.acquire(LOCK, { wait: 60 }));
      world.restore(store);
      granted(await waiting.end);
      expect(await children()).toHaveLength(1);
    });

    it('gives up when its caller does, with the reason, and leaves nothing behind', async () => {
      granted(await rival.acquire(LOCK));
      const stop = new AbortController();
      const waiting = leases.acquire(LOCK, { wait: Infinity, signal: stop.signal });
      const ended = expect(waiting).rejects.toThrow('no longer needed');
      await childrenAre('both stand', (names) => names.length === 2);
      stop.abort(new Error('no longer needed'));
      await ended;
      expect(await children()).toHaveLength(1);
      await expect(leases.acquire(LOCK, { signal: stop.signal })).rejects.toThrow('no longer needed');
      expect(await children()).toHaveLength(1);
    });

    it('gives up during a disconnect and removes its child once the connection is back', async () => {
      granted(await rival.acquire(LOCK));
      const stop = new AbortController();
      const waiting = leases.acquire(LOCK, { wait: Infinity, signal: stop.signal });
      const ended = expect(waiting).rejects.toThrow('no longer needed');
      await childrenAre('both stand', (names) => names.length === 2);
      await world.cut(store);
      stop.abort(new Error('no longer needed'));
      await ended;
      world.restore(store);
      await childrenAre('the child is removed', (names) => names.length === 1);
    });

    it('excludes two sessions from each other, many times', async () => {
      let holders = 0;
      let most = 0;
      const turns: string[] = [];
      const fight = async (who: string, manager: KazooLeases, on: TreeStore): Promise<void> => {
        for (let round = 0; round < 40; round++) {
          const lease = granted(await manager.acquire(LOCK, { wait: Infinity }));
          holders += 1;
          most = Math.max(most, holders);
          turns.push(who);
          await on.stat(NODE);
          holders -= 1;
          await lease.release();
        }
      };
      await Promise.all([fight('a', leases, store), fight('b', rival, rivalStore), fight('c', leasesOn(store), store)]);
      expect(most).toBe(1);
      expect(turns).toHaveLength(120);
      expect(await children()).toEqual([]);
    });

    it('lets exactly one of many win who do not wait', async () => {
      for (let round = 0; round < 20; round++) {
        const results = await Promise.all([leases, rival, leases, rival].map((manager) => manager.acquire(LOCK)));
        const won = results.filter((result) => 'lease' in result);
        expect(won.length).toBeLessThanOrEqual(1);
        await Promise.all(won.map((result) => granted(result).release()));
        expect(await children()).toEqual([]);
      }
    });

    it('costs two calls when the directory exists, and one to release', async () => {
      await witness.create(LOCK, bytes(''));
      await caughtUp(store);
      const counted = countCalls(store);
      const manager = leasesOn(counted.store);
      const lease = granted(await manager.acquire(LOCK));
      expect(counted.calls()).toBe(2);
      expect(counted.roundTrips()).toBe(1);
      await lease.release();
      expect(counted.calls()).toBe(3);
    });

    it('costs three calls in one round trip when a new directory was announced', async () => {
      const counted = countCalls(store);
      granted(await leasesOn(counted.store).acquire(LOCK, { newDirectory: true }));
      expect([counted.calls(), counted.roundTrips()]).toEqual([3, 1]);
    });
  });
}

function granted(result: AcquireResult): Lease {
  if ('refused' in result) throw new Error(`The lease was refused: ${result.refused}`);
  return result.lease;
}

async function release(result: AcquireResult): Promise<'held'> {
  await granted(result).release();
  return 'held';
}

/** A promise that can be looked at. */
function settled<T>(promise: Promise<T>): { readonly end: Promise<T>; readonly result: T | undefined } {
  let result: T | undefined;
  const end = promise.then((value) => (result = value));
  end.catch(() => undefined);
  return {
    end,
    get result() {
      return result;
    },
  };
}

function bySequence(left: string, right: string): number {
  return left.slice(-10) < right.slice(-10) ? -1 : 1;
}

/** Passes everything on and counts: calls, and batches of calls made without an answer in between. */
function countCalls(store: TreeStore): { readonly store: TreeStore; calls(): number; roundTrips(): number } {
  let calls = 0;
  let roundTrips = 0;
  let underWay = 0;
  const counted = <T>(call: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (underWay === 0) roundTrips += 1;
    underWay += 1;
    return call().finally(() => (underWay -= 1));
  };
  return {
    calls: () => calls,
    roundTrips: () => roundTrips,
    store: {
      session: store.session,
      create: (path, data, options) => counted(() => store.create(path, data, options)),
      read: (path, onChange) => counted(() => store.read(path, onChange)),
      list: (path, onChange) => counted(() => store.list(path, onChange)),
      stat: (path, onChange) => counted(() => store.stat(path, onChange)),
      write: (path, data, version) => counted(() => store.write(path, data, version)),
      remove: (path, version) => counted(() => store.remove(path, version)),
      close: () => store.close(),
    },
  };
}
