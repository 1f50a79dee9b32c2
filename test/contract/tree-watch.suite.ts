import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionLostError, StoreClosedError } from '../../src/ports/coordination/errors.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import type { TreeEvent, TreeWatch } from '../../src/ports/coordination/tree-watch.js';
import { bytes, caughtUp, entering } from '../support/store-world.js';
import type { StoreWorld } from '../support/store-world.js';

/** What every `TreeStore` that watches parts of the tree promises of it. */
export function describeTreeWatches(adapter: string, makeWorld: () => StoreWorld | Promise<StoreWorld>): void {
  describe(`${adapter} and watches on a part of the tree`, () => {
    let world: StoreWorld;
    let store: TreeStore;
    let other: TreeStore;
    let told: string[];

    beforeEach(async () => {
      world = await makeWorld();
      store = await world.open();
      other = await world.open();
      told = [];
    });
    afterEach(() => world.end());

    const note = (event: TreeEvent): void => {
      told.push('path' in event ? `${event.kind} ${event.path}` : event.kind);
    };
    const watch = async (path: string, listener = note): Promise<TreeWatch> => {
      const set = await store.watchTree?.(path, listener);
      if (!set) throw new Error('it cannot watch a part of the tree');
      return set;
    };
    const make = (path: string): Promise<string> => other.create(path, bytes(''));

    it('tell of every change at the path and below, again and again, and of nothing else', async () => {
      await make('/a');
      await make('/ab');
      await watch('/a');
      await make('/a/x');
      await make('/a/x/y');
      await other.write('/a/x/y', bytes('1'));
      await other.write('/a/x/y', bytes('2'));
      await other.write('/a', bytes('1'));
      await other.write('/ab', bytes('1'));
      await make('/b');
      await other.remove('/a/x/y');
      await other.remove('/a/x');
      await other.remove('/a');
      await make('/a');
      const all = [
        'created /a/x',
        'created /a/x/y',
        'written /a/x/y',
        'written /a/x/y',
        'written /a',
        'removed /a/x/y',
        'removed /a/x',
        'removed /a',
        'created /a',
      ];
      await world.eventually('all was told', () => told.length >= all.length);
      await caughtUp(other, store);
      expect(told).toEqual(all);
    });

    it('tell of own changes before these are answered', async () => {
      await watch('/');
      await store.create('/a', bytes(''));
      expect(told).toEqual(['created /a']);
      await store.write('/a', bytes('x'));
      expect(told).toEqual(['created /a', 'written /a']);
      await store.transaction?.([
        { kind: 'create', path: '/a/b', data: bytes('') },
        { kind: 'remove', path: '/a/b' },
      ]);
      expect(told.slice(2)).toEqual(['created /a/b', 'removed /a/b']);
    });

    it('tell when the change shows', async () => {
      await make('/a');
      const seen: (number | undefined)[] = [];
      await watch('/a', () => void store.stat('/a').then((stat) => seen.push(stat?.version)));
      await other.write('/a', bytes('x'));
      await world.eventually('it was read', () => seen.length === 1);
      expect(seen).toEqual([1]);
    });

    it('tell of what vanishes with a session', async () => {
      await make('/a');
      const third = await world.open();
      await third.create('/a/mine', bytes(''), { ephemeral: true });
      await watch('/a');
      await third.close();
      await world.eventually('it was told', () => told.includes('removed /a/mine'));
    });

    it('take effect behind the calls before and before the calls behind', async () => {
      const calls = [store.create('/a', bytes('')), watch('/a'), store.create('/a/b', bytes(''))];
      await Promise.all(calls);
      expect(told).toEqual(['created /a/b']);
    });

    it('go on beside other watches of the same paths, all of which fire', async () => {
      await make('/a');
      await make('/a/b');
      const fired: string[] = [];
      await store.list('/a', () => fired.push('before'));
      await watch('/a');
      await store.list('/a', () => fired.push('children'));
      await store.read('/a', () => fired.push('data'));
      await store.read('/a/b', () => fired.push('below'));
      await store.stat('/a/c', () => fired.push('coming'));
      await make('/a/c');
      await other.write('/a', bytes('x'));
      await other.write('/a/b', bytes('x'));
      await world.eventually('all was told', () => told.length >= 3 && fired.length >= 5);
      expect(told).toEqual(['created /a/c', 'written /a', 'written /a/b']);
      expect(fired.sort()).toEqual(['before', 'below', 'children', 'coming', 'data']);
      await other.write('/a', bytes('y'));
      await world.eventually('it goes on', () => told.length >= 4);
    });

    it('end when they are stopped, each for itself', async () => {
      await make('/a');
      const also: TreeEvent[] = [];
      const [first, second] = [await watch('/a'), await watch('/a', (event) => also.push(event))];
      await first.stop();
      await first.stop();
      await other.write('/a', bytes('1'));
      await world.eventually('the other one was told', () => also.length === 1);
      await second.stop();
      await other.write('/a', bytes('2'));
      await caughtUp(other, store);
      expect([told.length, also.length]).toEqual([0, 1]);
      await watch('/a');
      await other.write('/a', bytes('3'));
      await world.eventually('a new one is told', () => told.length === 1);
    });

    it('stay when another one of the path is stopped while they are asked for', async () => {
      await make('/a');
      const first = await watch('/a', () => undefined);
      await Promise.all([watch('/a'), first.stop()]);
      await other.write('/a', bytes('1'));
      await world.eventually('it was told', () => told.length === 1);
    });

    it('leave a watch that was set meanwhile on the same path alone, or let it fire', async () => {
      await make('/a');
      const set = await watch('/a');
      let fired = 0;
      await store.read('/a', () => fired++);
      await set.stop();
      await other.write('/a', bytes('1'));
      await world.eventually('it has fired', () => fired === 1);
    });

    it('survive a cut, which they tell of, and go on', async () => {
      await make('/a');
      await watch('/a');
      await world.cut(store);
      await make('/a/meanwhile');
      world.restore(store);
      await entering(world, store, 'connected', 1);
      await world.eventually('the gap was told', () => told.includes('missed'));
      await caughtUp(store);
      await make('/a/later');
      await world.eventually('it goes on', () => told.includes('created /a/later'));
      expect(told.indexOf('missed')).toBeLessThan(told.indexOf('created /a/later'));
    });

    it('are forgotten with the session, without a word', async () => {
      await make('/a');
      await watch('/a');
      await world.expire(store);
      await entering(world, store, 'connected', 2);
      await other.write('/a', bytes('x'));
      await caughtUp(other, store);
      expect(told).toEqual([]);
    });

    it('are refused without a connection; stopping needs none', async () => {
      await make('/a');
      const set = await watch('/a');
      await world.cut(store);
      await expect(watch('/a')).rejects.toBeInstanceOf(ConnectionLostError);
      await set.stop();
      world.restore(store);
      await entering(world, store, 'connected', 1);
      await other.write('/a', bytes('x'));
      await caughtUp(other, store);
      expect(told).toEqual([]);
      await store.close();
      await expect(watch('/a')).rejects.toBeInstanceOf(StoreClosedError);
    });
  });
}
