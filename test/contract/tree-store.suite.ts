import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ConnectionLostError,
  NoRecordError,
  NotEmptyError,
  RecordExistsError,
  SessionLostError,
  StoreClosedError,
  StoreFailureError,
  VersionConflictError,
} from '../../src/ports/coordination/errors.js';
import type { SessionEvent } from '../../src/ports/coordination/session.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import { bytes, caughtUp, entering, text } from '../support/store-world.js';
import type { StoreWorld } from '../support/store-world.js';

/** What every `TreeStore` promises. */
export function describeTreeStore(adapter: string, makeWorld: () => StoreWorld | Promise<StoreWorld>): void {
  describe(`${adapter} as a tree store`, () => {
    let world: StoreWorld;
    let store: TreeStore;
    let other: TreeStore;

    beforeEach(async () => {
      world = await makeWorld();
      store = await world.open();
      other = await world.open();
    });
    afterEach(() => world.end());

    describe('records', () => {
      it('creates a record and reads it back, also through another session', async () => {
        expect(await store.create('/a', bytes('hello'))).toBe('/a');
        expect(text((await store.read('/a'))?.data)).toBe('hello');
        await caughtUp(other);
        expect(text((await other.read('/a'))?.data)).toBe('hello');
      });

      it('keeps any bytes, also none and UTF-8', async () => {
        const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
        await store.create('/all', all);
        await store.create('/none', new Uint8Array());
        await store.create('/text', bytes('größer ≠ kleiner'));
        expect([...((await store.read('/all'))?.data ?? [])]).toEqual([...all]);
        expect((await store.read('/none'))?.data).toHaveLength(0);
        expect(text((await store.read('/text'))?.data)).toBe('größer ≠ kleiner');
        await store.write('/all', new Uint8Array());
        expect((await store.read('/all'))?.data).toHaveLength(0);
      });

      it('keeps what was given, not what the caller makes of it later', async () => {
        const data = bytes('before');
        const creating = store.create('/a', data);
        data.fill(0);
        await creating;
        expect(text((await store.read('/a'))?.data)).toBe('before');
      });

      it('keeps part of a larger buffer', async () => {
        await store.create('/a', bytes('xxhelloxx').subarray(2, 7));
        expect(text((await store.read('/a'))?.data)).toBe('hello');
      });

      it('answers undefined for what does not exist', async () => {
        expect(await store.read('/nothing')).toBeUndefined();
        expect(await store.list('/nothing')).toBeUndefined();
        expect(await store.stat('/nothing/at/all')).toBeUndefined();
      });

      it('refuses to create what exists, or below what does not', async () => {
        await store.create('/a', bytes(''));
        await expect(store.create('/a', bytes(''))).rejects.toBeInstanceOf(RecordExistsError);
        await expect(store.create('/b/c', bytes(''))).rejects.toBeInstanceOf(NoRecordError);
        await expect(store.create('/b/c', bytes(''))).rejects.toMatchObject({ path: '/b/c', code: 'NP_NO_RECORD' });
        expect(await store.stat('/b')).toBeUndefined();
      });

      it('creates missing parents when asked to, and accepts those that exist', async () => {
        await store.create('/a', bytes('kept'));
        await store.create('/a/b/c/d', bytes('leaf'), { makeParents: true });
        expect(text((await store.read('/a'))?.data)).toBe('kept');
        expect((await store.read('/a/b'))?.data).toHaveLength(0);
        expect(text((await store.read('/a/b/c/d'))?.data)).toBe('leaf');
        await expect(store.create('/a/b/c/d', bytes(''), { makeParents: true })).rejects.toBeInstanceOf(
          RecordExistsError,
        );
        await store.create('/a/b/c/e', bytes(''), { makeParents: true, ephemeral: true });
        expect((await store.stat('/a/b/c'))?.ephemeral).toBe(false);
        expect((await store.stat('/a/b/c/e'))?.ephemeral).toBe(true);
      });

      it('makes parents for two callers at once', async () => {
        const created = await Promise.all([
          store.create('/p/q/r/one', bytes(''), { makeParents: true }),
          other.create('/p/q/r/two', bytes(''), { makeParents: true }),
          store.create('/p/q/r/three', bytes(''), { makeParents: true }),
        ]);
        expect(created).toEqual(['/p/q/r/one', '/p/q/r/two', '/p/q/r/three']);
      });

      it('rejects malformed paths without touching the tree', async () => {
        for (const path of ['a', '', '/a/', '/a//b', '/a/../b', '/./a']) {
          await expect(store.create(path, bytes('')), path).rejects.toBeInstanceOf(StoreFailureError);
          await expect(store.read(path), path).rejects.toBeInstanceOf(StoreFailureError);
        }
        expect(await store.list('/')).toEqual([]);
      });

      it('writes with the version that was read, and refuses another', async () => {
        await store.create('/a', bytes('0'));
        expect((await store.stat('/a'))?.version).toBe(0);
        const first = await store.write('/a', bytes('1'), 0);
        expect(first.version).toBe(1);
        await expect(other.write('/a', bytes('x'), 0)).rejects.toBeInstanceOf(VersionConflictError);
        expect((await store.write('/a', bytes('2'))).version).toBe(2);
        expect(text((await store.read('/a'))?.data)).toBe('2');
      });

      it('never creates by writing', async () => {
        await expect(store.write('/a', bytes('x'))).rejects.toBeInstanceOf(NoRecordError);
        await expect(store.write('/a', bytes('x'), 0)).rejects.toBeInstanceOf(NoRecordError);
        expect(await store.stat('/a')).toBeUndefined();
      });

      it('removes conditionally, once, and only what has no children', async () => {
        await store.create('/a', bytes(''));
        await store.create('/a/b', bytes(''));
        await expect(store.remove('/a')).rejects.toBeInstanceOf(NotEmptyError);
        await expect(store.remove('/a/b', 7)).rejects.toBeInstanceOf(VersionConflictError);
        expect(await store.remove('/a/b', 0)).toBe(true);
        expect(await store.remove('/a/b')).toBe(false);
        expect(await store.remove('/a/b', 3)).toBe(false);
        expect(await store.remove('/a')).toBe(true);
        expect(await store.list('/')).toEqual([]);
      });

      it('tells times, versions, the number of children and the order of writes', async () => {
        const before = world.clock.now();
        await store.create('/a', bytes(''));
        await world.pass(0.05);
        await store.create('/b', bytes(''));
        await store.write('/a', bytes('x'));
        await store.create('/a/c', bytes(''));
        const a = await store.stat('/a');
        const b = await store.stat('/b');
        expect(a).toMatchObject({ version: 1, ephemeral: false, childCount: 1 });
        expect(a!.createdTime).toBeGreaterThan(before - 5);
        expect(a!.createdTime).toBeLessThan(before + 60);
        expect(a!.modifiedTime).toBeGreaterThan(a!.createdTime);
        expect(a!.modifiedId).toBeGreaterThan(b!.modifiedId);
        expect((await store.read('/a'))?.stat).toEqual(a);
      });

      it('lists children by name only', async () => {
        await store.create('/a', bytes(''));
        await Promise.all(['x', 'y', 'z'].map((name) => store.create(`/a/${name}`, bytes(''))));
        await store.create('/a/x/deep', bytes(''));
        expect([...(await store.list('/a'))!].sort()).toEqual(['x', 'y', 'z']);
        expect(await store.list('/a/y')).toEqual([]);
      });
    });

    describe('sequential records', () => {
      it('[LAUNCHER 7] appends ten digits that count all creations in the parent', async () => {
        await store.create('/nodes', bytes(''));
        expect(await store.create('/nodes/', bytes(''), { sequential: true })).toBe('/nodes/0000000000');
        await store.create('/nodes/lock', bytes(''));
        await store.remove('/nodes/lock');
        expect(await store.create('/nodes/200-', bytes(''), { sequential: true })).toBe('/nodes/200-0000000002');
        await store.remove('/nodes/200-0000000002');
        expect(await other.create('/nodes/x', bytes(''), { sequential: true })).toBe('/nodes/x0000000003');
      });

      it('starts over when the parent was created anew', async () => {
        await store.create('/p', bytes(''));
        const first = await store.create('/p/n', bytes(''), { sequential: true });
        await store.remove(first);
        await store.remove('/p');
        await store.create('/p', bytes(''));
        expect(await store.create('/p/n', bytes(''), { sequential: true })).toBe('/p/n0000000000');
      });
    });

    describe('order', () => {
      it('carries out calls in the order they were made', async () => {
        const results = await Promise.all([
          store.create('/a', bytes('0')),
          store.write('/a', bytes('1'), 0),
          store.read('/a'),
          store.create('/a/b', bytes('')),
          store.list('/a'),
          store.remove('/a/b'),
          store.remove('/a'),
          store.stat('/a'),
        ]);
        expect(text(results[2]?.data)).toBe('1');
        expect(results[4]).toEqual(['b']);
        expect(results.slice(5)).toEqual([true, true, undefined]);
      });

      it('answers calls in the order they were made', async () => {
        const answered: number[] = [];
        await Promise.all(
          Array.from({ length: 50 }, async (_, index) => {
            await (index % 2 === 0 ? store.stat('/') : store.create(`/n${index}`, bytes('')));
            answered.push(index);
          }),
        );
        expect(answered).toEqual(Array.from({ length: 50 }, (_, index) => index));
      });
    });

    describe('watches', () => {
      it('fire once when a record is written', async () => {
        await store.create('/a', bytes('0'));
        let fired = 0;
        await store.read('/a', () => fired++);
        await caughtUp(store);
        expect(fired).toBe(0);
        await other.write('/a', bytes('1'));
        await world.eventually('the watch fired', () => fired === 1);
        await other.write('/a', bytes('2'));
        await caughtUp(other, store);
        expect(fired).toBe(1);
      });

      it('fire when a record is removed: on its data, on its children and on its existence', async () => {
        await store.create('/a', bytes(''));
        const fired: string[] = [];
        await store.read('/a', () => fired.push('data'));
        await store.list('/a', () => fired.push('children'));
        await store.stat('/a', () => fired.push('existence'));
        await other.remove('/a');
        await world.eventually('all fired', () => fired.length === 3);
        expect(fired.sort()).toEqual(['children', 'data', 'existence']);
      });

      it('fire when a child comes or goes, not when it is written', async () => {
        await store.create('/a', bytes(''));
        let fired = 0;
        await store.list('/a', () => fired++);
        await other.create('/a/b', bytes(''));
        await world.eventually('the creation was told', () => fired === 1);
        await store.list('/a', () => fired++);
        await other.write('/a/b', bytes('x'));
        await other.create('/a/b/c', bytes(''));
        await other.remove('/a/b/c');
        await caughtUp(other, store);
        expect(fired).toBe(1);
        await other.remove('/a/b');
        await world.eventually('the removal was told', () => fired === 2);
      });

      it('fire when a missing record is created, if its existence was asked for', async () => {
        const fired: string[] = [];
        expect(await store.stat('/a', () => fired.push('stat'))).toBeUndefined();
        expect(await store.read('/a', () => fired.push('read'))).toBeUndefined();
        expect(await store.list('/a', () => fired.push('list'))).toBeUndefined();
        await other.create('/a', bytes(''));
        await world.eventually('the creation was told', () => fired.includes('stat'));
        await other.write('/a', bytes('x'));
        await other.remove('/a');
        await caughtUp(other, store);
        expect(fired).toEqual(['stat']);
      });

      it('are kept apart per listener, and all fire', async () => {
        await store.create('/a', bytes(''));
        const fired: number[] = [];
        const same = (): void => void fired.push(0);
        await Promise.all([
          store.read('/a', () => fired.push(1)),
          store.read('/a', () => fired.push(2)),
          store.read('/a', same),
          store.read('/a', same),
        ]);
        await other.write('/a', bytes('x'));
        await world.eventually('all fired', () => fired.length === 4);
        expect(fired.sort()).toEqual([0, 0, 1, 2]);
      });

      it('fire for changes of the own session, before the change is answered', async () => {
        await store.create('/a', bytes(''));
        const order: string[] = [];
        await store.read('/a', () => order.push('watch'));
        await store.write('/a', bytes('x'));
        order.push('answer');
        expect(order).toEqual(['watch', 'answer']);
      });

      it('fire when the change is visible', async () => {
        await store.create('/a', bytes('0'));
        const seen = new Promise<string>((resolve, reject) => {
          void store.read('/a', () => {
            store.read('/a').then((record) => resolve(text(record?.data)), reject);
          });
        });
        await caughtUp(store);
        await other.write('/a', bytes('1'));
        expect(await seen).toBe('1');
      });

      it('may be set again from within the listener', async () => {
        await store.create('/a', bytes('0'));
        const seen: string[] = [];
        const follow = async (): Promise<void> => {
          const record = await store.read('/a', () => void follow());
          seen.push(text(record?.data));
        };
        await follow();
        for (const next of ['1', '2', '3']) {
          await other.write('/a', bytes(next));
          await world.eventually(`${next} was seen`, () => seen.at(-1) === next);
        }
        expect(seen).toEqual(['0', '1', '2', '3']);
      });

      it('survive a disconnect and tell what happened meanwhile, once', async () => {
        await store.create('/a', bytes('0'));
        await store.create('/b', bytes('0'));
        const fired: string[] = [];
        await store.read('/a', () => fired.push('/a written'));
        await store.read('/b', () => fired.push('/b removed'));
        await store.list('/', () => fired.push('children'));
        await store.stat('/c', () => fired.push('/c created'));
        await store.create('/d', bytes('0'));
        await world.eventually('the child was told', () => fired.length === 1);
        await store.read('/d', () => fired.push('/d written later'));
        await world.cut(store);
        await other.write('/a', bytes('1'));
        await other.remove('/b');
        await other.create('/c', bytes(''));
        await caughtUp(other);
        expect(fired).toEqual(['children']);
        world.restore(store);
        await entering(world, store, 'connected');
        await world.eventually('all was told', () => fired.length === 4);
        await other.write('/d', bytes('1'));
        await world.eventually('the later write was told', () => fired.length === 5);
        expect(fired.sort()).toEqual(['/a written', '/b removed', '/c created', '/d written later', 'children']);
      });
    });

    describe('ephemeral records', () => {
      it('vanish when their store is closed, at once and with notice', async () => {
        await store.create('/e', bytes(''), { ephemeral: true });
        expect((await other.stat('/e'))?.ephemeral).toBe(true);
        let told = 0;
        await other.stat('/e', () => told++);
        await store.close();
        await world.eventually('the others were told', () => told === 1);
        expect(await other.stat('/e')).toBeUndefined();
      });

      it('cannot have children', async () => {
        await store.create('/e', bytes(''), { ephemeral: true });
        await expect(store.create('/e/child', bytes(''))).rejects.toBeInstanceOf(StoreFailureError);
      });

      it('outlive a disconnect', async () => {
        await store.create('/e', bytes(''), { ephemeral: true });
        await world.cut(store);
        world.restore(store);
        await entering(world, store, 'connected');
        expect(store.session.generation).toBe(1);
        expect((await store.stat('/e'))?.ephemeral).toBe(true);
      });
    });

    describe('sessions', () => {
      it('begin connected, in generation 1', async () => {
        await store.session.connected();
        expect([store.session.state, store.session.generation]).toEqual(['connected', 1]);
      });

      it('are suspended while the connection is down; calls fail and nothing is retried', async () => {
        const events = record(store);
        await store.create('/a', bytes(''));
        await world.cut(store);
        expect(store.session.state).toBe('suspended');
        await expect(store.create('/b', bytes(''))).rejects.toBeInstanceOf(ConnectionLostError);
        await expect(store.read('/a')).rejects.toBeInstanceOf(ConnectionLostError);
        world.restore(store);
        await store.session.connected();
        expect(await store.stat('/b')).toBeUndefined();
        expect(events).toEqual(['suspended 1', 'connected 1']);
      });

      it('are lost when the server ends them, and followed by a new one', async () => {
        const events = record(store);
        await store.create('/e', bytes(''), { ephemeral: true });
        await store.create('/p', bytes(''));
        await world.expire(store);
        await entering(world, store, 'connected', 2);
        expect(events.slice(-2)).toEqual(['lost 1', 'connected 2']);
        expect(await store.stat('/e')).toBeUndefined();
        expect(await store.stat('/p')).toBeDefined();
        await store.create('/e', bytes(''), { ephemeral: true });
        await world.expire(store);
        await entering(world, store, 'connected', 3);
        expect(await store.stat('/e')).toBeUndefined();
      });

      it('are lost when they end during a disconnect', async () => {
        const events = record(store);
        await store.create('/e', bytes(''), { ephemeral: true });
        await world.cut(store);
        await world.expire(store);
        await world.eventually('it vanished for others', async () => (await other.stat('/e')) === undefined);
        expect(store.session.state).toBe('suspended');
        world.restore(store);
        await entering(world, store, 'connected', 2);
        expect(events).toEqual(['suspended 1', 'lost 1', 'connected 2']);
      });

      it('forget their watches when lost', async () => {
        await store.create('/a', bytes(''));
        let fired = 0;
        await store.read('/a', () => fired++);
        await store.list('/', () => fired++);
        await world.cut(store);
        await world.expire(store);
        world.restore(store);
        await entering(world, store, 'connected', 2);
        await other.write('/a', bytes('x'));
        await other.create('/b', bytes(''));
        await caughtUp(other, store);
        expect(fired).toBe(0);
        await store.read('/a', () => fired++);
        await other.write('/a', bytes('y'));
        await world.eventually('watches of the new session fire', () => fired === 1);
      });

      it('refuse calls between the loss and the new session', async () => {
        const refused: Promise<unknown>[] = [];
        store.session.onChange((event) => {
          if (event.state === 'lost') refused.push(store.stat('/').catch((error: unknown) => error));
        });
        await world.expire(store);
        await entering(world, store, 'connected', 2);
        expect(refused).toHaveLength(1);
        expect(await refused[0]).toBeInstanceOf(SessionLostError);
      });

      it('let callers wait for the connection, until they give up', async () => {
        await world.cut(store);
        const stop = new AbortController();
        const reached: string[] = [];
        const first = store.session.connected().then(() => reached.push('connected'));
        const second = store.session.connected(stop.signal).catch((error: unknown) => error);
        stop.abort(new Error('enough'));
        expect(await second).toMatchObject({ message: 'enough' });
        await expect(store.session.connected(stop.signal)).rejects.toThrow('enough');
        expect(reached).toEqual([]);
        world.restore(store);
        await first;
        expect(reached).toEqual(['connected']);
      });

      it('tell every change to every listener, in order, until it unsubscribes', async () => {
        const seen: string[] = [];
        store.session.onChange((event) => seen.push(`first ${event.state}`));
        const unsubscribe = store.session.onChange((event) => seen.push(`second ${event.state}`));
        await world.cut(store);
        unsubscribe();
        world.restore(store);
        await entering(world, store, 'connected');
        expect(seen).toEqual(['first suspended', 'second suspended', 'first connected']);
      });
    });

    describe('[A8] calls that fail for the connection’s sake', () => {
      /** Calls in every turn, several of them, and again from within each failure: what any caller may come to do. */
      const busily = async (trouble: () => Promise<void>): Promise<{ failures: number; lies: string[] }> => {
        const lies: string[] = [];
        let failures = 0;
        let over = false;
        const ask = (depth: number): Promise<unknown> =>
          store.stat('/').catch((error: unknown) => {
            failures += 1;
            const lost = error instanceof ConnectionLostError || error instanceof SessionLostError;
            if (!lost) lies.push(`the error is ${String(error)}`);
            if (store.session.state === 'connected') lies.push(`connected, but ${String(error)}`);
            return depth > 0 ? ask(depth - 1) : undefined;
          });
        const asking: Promise<unknown>[] = [];
        const caller = (async () => {
          while (!over) {
            asking.push(ask(2), ask(0), ask(1));
            await turn();
          }
        })();
        await trouble();
        over = true;
        await caller;
        await Promise.all(asking);
        return { failures, lies };
      };

      it('fail behind the news of it, in a cut', async () => {
        const { failures, lies } = await busily(async () => {
          for (let round = 0; round < 3; round += 1) {
            await world.cut(store);
            await turn();
            world.restore(store);
            await entering(world, store, 'connected');
          }
        });
        expect(failures).toBeGreaterThan(0);
        expect(lies).toEqual([]);
      });

      it('fail behind the news of it, when the session ends', async () => {
        const { lies } = await busily(async () => {
          await world.expire(store);
          await entering(world, store, 'connected', 2);
          await world.expire(store);
          await entering(world, store, 'connected', 3);
        });
        expect(lies).toEqual([]);
      });

      it('fail behind the news of it, when one of them breaks the connection', async () => {
        await store.create('/a', bytes(''));
        const { failures, lies } = await busily(async () => {
          for (let round = 0; round < 3; round += 1) {
            world.loseNextReply(store, 'write');
            const states: string[] = [];
            await store.write('/a', bytes('x')).catch(() => states.push(store.session.state));
            expect(states).not.toContain('connected');
            await entering(world, store, 'connected');
          }
        });
        expect(failures).toBeGreaterThan(0);
        expect(lies).toEqual([]);
      });
    });

    it('[A8] keep a record of a million bytes; a larger one costs the connection at most', async () => {
      await store.create('/a', bytes('x'.repeat(1_000_000)));
      expect((await store.read('/a'))?.data).toHaveLength(1_000_000);
      const states: string[] = [];
      const larger = bytes('x'.repeat(2_000_000));
      for (const attempt of [1, 2, 3]) {
        await store.write('/a', larger).catch((error: unknown) => {
          states.push(store.session.state);
          const expected = [ConnectionLostError, StoreFailureError].some((kind) => error instanceof kind);
          expect(expected, `attempt ${attempt}: ${String(error)}`).toBe(true);
          if (error instanceof ConnectionLostError) expect(store.session.state).not.toBe('connected');
        });
        await entering(world, store, 'connected', 1);
      }
      expect(await store.remove('/a')).toBe(true);
    });

    describe('lost replies', () => {
      it('[LAUNCHER 36] leave a created record behind that the caller does not know of', async () => {
        await store.create('/a', bytes(''));
        world.loseNextReply(store, 'create');
        await expect(store.create('/a/n', bytes(''), { ephemeral: true, sequential: true })).rejects.toBeInstanceOf(
          ConnectionLostError,
        );
        await entering(world, store, 'connected', 1);
        expect(await store.list('/a')).toEqual(['n0000000000']);
      });

      it('of a write leave the new version behind', async () => {
        await store.create('/a', bytes('0'));
        world.loseNextReply(store, 'write');
        await expect(store.write('/a', bytes('1'), 0)).rejects.toBeInstanceOf(ConnectionLostError);
        await entering(world, store, 'connected', 1);
        expect((await store.read('/a'))?.stat.version).toBe(1);
      });

      it('fail every call under way', async () => {
        await store.create('/a', bytes('0'));
        world.loseNextReply(store, 'write');
        const calls = [store.write('/a', bytes('1')), store.read('/a'), store.stat('/nothing'), store.list('/')];
        for (const call of await Promise.allSettled(calls)) {
          expect(call).toMatchObject({ status: 'rejected', reason: { code: 'NP_CONNECTION_LOST' } });
        }
      });
    });

    describe('closing', () => {
      it('is idempotent, refuses later calls and releases those who wait', async () => {
        await world.cut(store);
        const waiting = store.session.connected().catch((error: unknown) => error);
        await Promise.all([store.close(), store.close()]);
        await store.close();
        expect(await waiting).toBeInstanceOf(StoreClosedError);
        await expect(store.session.connected()).rejects.toBeInstanceOf(StoreClosedError);
        await expect(store.read('/')).rejects.toBeInstanceOf(StoreClosedError);
        await expect(store.create('/a', bytes(''))).rejects.toBeInstanceOf(StoreClosedError);
        expect(store.session.state).toBe('lost');
      });

      it('settles the calls under way', async () => {
        const calls = Promise.allSettled([store.create('/a', bytes('')), store.stat('/')]);
        await store.close();
        expect(await calls).toHaveLength(2);
      });

      it('forgets the watches', async () => {
        await store.create('/a', bytes(''));
        let fired = 0;
        await store.read('/a', () => fired++);
        await store.close();
        await other.write('/a', bytes('x'));
        await caughtUp(other);
        expect(fired).toBe(0);
      });
    });
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function record(store: TreeStore): string[] {
  const events: string[] = [];
  store.session.onChange((event: SessionEvent) => events.push(`${event.state} ${event.generation}`));
  return events;
}
