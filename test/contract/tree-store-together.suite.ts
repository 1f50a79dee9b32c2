import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ConnectionLostError,
  NoRecordError,
  NotEmptyError,
  RecordExistsError,
  StoreClosedError,
  StoreFailureError,
  VersionConflictError,
} from '../../src/ports/coordination/errors.js';
import { together } from '../../src/ports/toolkit/transaction.js';
import type { OperationResult, TreeOperation, TreeStore } from '../../src/ports/coordination/tree-store.js';
import { bytes, caughtUp, entering, text } from '../support/store-world.js';
import type { StoreWorld } from '../support/store-world.js';

/** What every `TreeStore` promises of changes made together. @param atomic - has it transactions? */
export function describeTransactions(
  adapter: string,
  atomic: boolean,
  makeWorld: () => StoreWorld | Promise<StoreWorld>,
): void {
  describe(`${adapter} and changes made together`, () => {
    let world: StoreWorld;
    let store: TreeStore;
    let other: TreeStore;

    beforeEach(async () => {
      world = await makeWorld();
      store = await world.open();
      other = await world.open();
      await store.create('/a', bytes('0'));
    });
    afterEach(() => world.end());

    const put = (path: string, data = ''): TreeOperation => ({ kind: 'create', path, data: bytes(data) });

    it('says by its method whether they come about as one', () => {
      expect(store.transaction !== undefined).toBe(atomic);
    });

    it('makes them in order, each on top of those before, and answers each', async () => {
      const results = await together(store, [
        put('/a/b', 'child'),
        { kind: 'write', path: '/a', data: bytes('1'), version: 0 },
        { kind: 'write', path: '/a', data: bytes('2'), version: 1 },
        { kind: 'create', path: '/a/b/c-', data: bytes(''), ephemeral: true, sequential: true },
        put('/gone'),
        { kind: 'remove', path: '/gone', version: 0 },
      ]);
      expect(results.map(({ path }) => path)).toEqual(['/a/b', '/a', '/a', '/a/b/c-0000000000', '/gone', '/gone']);
      expect(results.map(({ stat }) => stat?.version)).toEqual([undefined, 1, 2, undefined, undefined, undefined]);
      await caughtUp(other);
      const record = await other.read('/a');
      expect([text(record?.data), record?.stat.version, record?.stat.childCount]).toEqual(['2', 2, 1]);
      expect(record?.stat.modifiedId).toBe(results[2]?.stat?.modifiedId);
      expect((await other.stat('/a/b/c-0000000000'))?.ephemeral).toBe(true);
      expect(await other.stat('/gone')).toBeUndefined();
    });

    it('makes nothing of nothing', async () => {
      expect(await together(store, [])).toEqual([]);
    });

    const refused = async (operations: readonly TreeOperation[]): Promise<unknown> =>
      together(store, operations).catch((error: unknown) => error);

    it.each<[string, TreeOperation, new (...rest: never[]) => Error]>([
      ['that exists', put('/a'), RecordExistsError],
      ['below what is not there', put('/x/y'), NoRecordError],
      [
        'below what is ephemeral',
        { kind: 'create', path: '/mine/child', data: bytes(''), ephemeral: false },
        StoreFailureError,
      ],
      ['written that was not there', { kind: 'write', path: '/x', data: bytes('') }, NoRecordError],
      ['written since', { kind: 'write', path: '/a', data: bytes(''), version: 7 }, VersionConflictError],
      ['removed that was not there', { kind: 'remove', path: '/x' }, NoRecordError],
      ['removed in another version', { kind: 'remove', path: '/a', version: 7 }, VersionConflictError],
      ['removed with children', { kind: 'remove', path: '/full' }, NotEmptyError],
    ])('refuses a record %s, and says which', async (_what, operation, problem) => {
      await store.create('/mine', bytes(''), { ephemeral: true });
      await store.create('/full/child', bytes(''), { makeParents: true });
      const error = await refused([put('/before'), operation, put('/after')]);
      expect(error).toBeInstanceOf(problem);
      expect(error).toMatchObject({ path: operation.path });
      expect(await store.stat('/after')).toBeUndefined();
      if (atomic) expect(await store.stat('/before')).toBeUndefined();
    });

    it('refuses a malformed path before anything is sent', async () => {
      expect(await refused([{ kind: 'remove', path: 'no path' }])).toBeInstanceOf(StoreFailureError);
    });

    // Not registered rather than skipped: a test that is skipped is one that is missing.
    if (!atomic) return;
    describe('as one', () => {
      const transaction = (operations: readonly TreeOperation[]): Promise<readonly OperationResult[]> =>
        store.transaction?.(operations) ?? Promise.reject(new Error('it has none'));

      it('leaves no trace of what was refused, counters and watches included', async () => {
        let fired = 0;
        await other.list('/a', () => fired++);
        await other.read('/a', () => fired++);
        const operations: TreeOperation[] = [
          { kind: 'create', path: '/a/n-', data: bytes(''), sequential: true },
          { kind: 'write', path: '/a', data: bytes('never') },
          { kind: 'remove', path: '/nothing' },
        ];
        await expect(transaction(operations)).rejects.toBeInstanceOf(NoRecordError);
        await caughtUp(other);
        expect(fired).toBe(0);
        expect(text((await store.read('/a'))?.data)).toBe('0');
        expect(await store.create('/a/n-', bytes(''), { sequential: true })).toBe('/a/n-0000000000');
      });

      it('shows all of it to whoever hears of any of it', async () => {
        const seen: unknown[] = [];
        await other.list('/a', () => {
          void Promise.all([other.read('/a'), other.list('/a')]).then(([record, names]) =>
            seen.push([text(record?.data), names?.length]),
          );
        });
        await transaction([put('/a/1'), put('/a/2'), { kind: 'write', path: '/a', data: bytes('both') }]);
        await world.eventually('it was told', () => seen.length === 1);
        expect(seen).toEqual([['both', 2]]);
      });

      it('comes in its turn among other calls', async () => {
        const results = await Promise.all([
          store.create('/a/1', bytes('')),
          transaction([{ kind: 'remove', path: '/a/1' }, put('/a/2')]),
          store.list('/a'),
        ]);
        expect(results[2]).toEqual(['2']);
      });

      it('keeps what was given, not what the caller makes of it later', async () => {
        const data = bytes('before');
        const done = transaction([{ kind: 'write', path: '/a', data }]);
        data.fill(0);
        await done;
        expect(text((await store.read('/a'))?.data)).toBe('before');
      });

      it('fails with the connection, all or nothing, and is refused without one', async () => {
        world.loseNextReply(store, 'write');
        const calls = [store.write('/a', bytes('1')), transaction([put('/a/1'), put('/a/2')])];
        for (const call of await Promise.allSettled(calls))
          expect(call).toMatchObject({ status: 'rejected', reason: { code: 'NP_CONNECTION_LOST' } });
        await entering(world, store, 'connected', 1);
        expect([0, 2]).toContain((await store.list('/a'))?.length);
        await world.cut(store);
        await expect(transaction([put('/never')])).rejects.toBeInstanceOf(ConnectionLostError);
        await store.close();
        await expect(transaction([put('/never')])).rejects.toBeInstanceOf(StoreClosedError);
      });

      it('takes ephemeral records away with the session', async () => {
        await transaction([put('/a/lock'), { kind: 'create', path: '/a/lock/me', data: bytes(''), ephemeral: true }]);
        await store.close();
        await world.eventually('it is gone', async () => (await other.list('/a/lock'))?.length === 0);
      });
    });
  });
}
