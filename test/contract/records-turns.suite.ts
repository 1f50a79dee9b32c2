import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WantedTurn } from '../../src/ports/records/turns.js';
import { aNode } from '../support/builders.js';
import { entering } from '../support/store-world.js';
import type { StoreWorld } from '../support/store-world.js';
import { join, locked, type Member } from './records-fixture.js';

const TURNS = '/nodepool/turns';

/** What turns promise, on any store. */
export function describeTurns(adapter: string, makeWorld: () => StoreWorld | Promise<StoreWorld>): void {
  describe(`Turns on ${adapter}`, () => {
    let world: StoreWorld;
    let ours: Member;
    let theirs: Member;
    const never = new AbortController().signal;
    const shared = (name: string): WantedTurn => ({ name, alone: () => false });
    const kept = (name: string): WantedTurn => ({ name, alone: () => true });

    beforeEach(async () => {
      world = await makeWorld();
      ours = await join(world, 'nodes', 'launchers');
      theirs = await join(world, 'nodes', 'launchers');
    });
    afterEach(async () => {
      await Promise.all([ours, theirs].map(({ records }) => records.close()));
      await world.end();
    });

    /** Work that lasts until told to end. */
    function gate(): { readonly work: () => Promise<void>; readonly open: () => void; readonly begun: () => boolean } {
      let open = (): void => undefined;
      let begun = false;
      const opened = new Promise<void>((resolve) => (open = resolve));
      return { work: () => ((begun = true), opened), open: () => open(), begun: () => begun };
    }
    const contenders = async (turn: string): Promise<number> =>
      (await ours.store.list(`${TURNS}/${encodeURIComponent(turn)}`))?.length ?? 0;
    const done = async <T>(what: string, promise: Promise<T>): Promise<T> => {
      let settled = false;
      const end = (): void => void (settled = true);
      promise.then(end, end);
      await world.eventually(what, () => settled);
      return promise;
    };

    it('[A2] one process after the other has it', async () => {
      const first = gate();
      const second = gate();
      const one = ours.records.turns.take([shared('pool:a:b')], first.work, never);
      await world.eventually('the first works', first.begun);
      const two = theirs.records.turns.take([shared('pool:a:b')], second.work, never);
      await world.eventually('the second stands for it', async () => (await contenders('pool:a:b')) === 2);
      expect(second.begun()).toBe(false);
      first.open();
      await done('the first is done', one);
      await world.eventually('the second works', second.begun);
      second.open();
      await done('the second is done', two);
      await world.eventually('nobody has it', async () => (await contenders('pool:a:b')) === 0);
    });

    it('[A2] whoever gets it sees at once what was made and changed under it before', async () => {
      const free = await ours.records.nodes.create(aNode({ state: 'ready' }));
      await world.eventually('they see it', () => theirs.records.nodes.view.get(free.id) !== undefined);
      const made = await done(
        'they work',
        theirs.records.turns.take(
          [shared('turn')],
          async () => {
            const lease = locked(await theirs.records.nodes.lock(free.id));
            await lease.update({ tenantName: 'acme' });
            await lease.release();
            return theirs.records.nodes.create(aNode({ state: 'init', tenantName: 'acme' }));
          },
          never,
        ),
      );
      const seen = ours.records.turns.take(
        [shared('turn')],
        () =>
          Promise.resolve(
            [made.id, free.id].map((id) => ours.records.nodes.view.get(id)?.value.tenantName ?? 'nobody'),
          ),
        never,
      );
      expect(await done('we work', seen)).toEqual(['acme', 'acme']);
    });

    it('[A2] one that is kept goes to whoever wants it, when the work under way is done', async () => {
      await done(
        'we have it',
        ours.records.turns.take([kept('turn')], () => Promise.resolve(), never),
      );
      expect(await contenders('turn')).toBe(1);
      const last = gate();
      const one = ours.records.turns.take([kept('turn')], last.work, never);
      await world.eventually('we work again', last.begun);
      const next = gate();
      const two = theirs.records.turns.take([kept('turn')], next.work, never);
      await world.eventually('they stand for it', async () => (await contenders('turn')) === 2);
      expect(next.begun()).toBe(false);
      last.open();
      await done('we are done', one);
      await world.eventually('they work', next.begun);
      next.open();
      await done('they are done', two);
      expect(await contenders('turn')).toBe(1);
    });

    it('[A2] several are had together, whatever the order in which they are named', async () => {
      const turns = ['pool:a:a', 'pool:b:b', 'tenant:c'].map(shared);
      const all = [1, 2, 3, 4].flatMap(() => [
        ours.records.turns.take(turns, () => Promise.resolve(), never),
        theirs.records.turns.take([...turns].reverse(), () => Promise.resolve(), never),
      ]);
      await done('all are done', Promise.all(all));
      for (const { name } of turns) await world.eventually('it is free', async () => (await contenders(name)) === 0);
    });

    it('[A2] nothing that is sent after the session is over comes about', async () => {
      let create: Promise<unknown> = Promise.resolve();
      const expired = gate();
      const one = ours.records.turns.take(
        [kept('turn')],
        async () => {
          await expired.work();
          create = ours.records.nodes.create(aNode({ state: 'init' }));
          await create;
        },
        never,
      );
      one.catch(() => undefined);
      await world.eventually('we work', expired.begun);
      await world.cut(ours.store);
      await world.expire(ours.store);
      const two = theirs.records.turns.take([kept('turn')], () => Promise.resolve('theirs'), never);
      expect(await done('they work although we are not done', two)).toBe('theirs');
      expired.open();
      await expect(done('our work ends', one)).rejects.toThrow();
      expect((await theirs.store.list('/nodepool/nodes')) ?? []).toEqual([]);
      world.restore(ours.store);
      await entering(world, ours.store, 'connected');
    });

    it('[A2] whoever gives up waiting leaves nothing behind', async () => {
      const busy = gate();
      const one = ours.records.turns.take([shared('turn')], busy.work, never);
      await world.eventually('we work', busy.begun);
      const controller = new AbortController();
      const two = theirs.records.turns.take([shared('turn')], () => Promise.resolve(), controller.signal);
      two.catch(() => undefined);
      await world.eventually('they stand for it', async () => (await contenders('turn')) === 2);
      controller.abort(new Error('not wanted any more'));
      await expect(done('they end', two)).rejects.toThrow('not wanted any more');
      await world.eventually('they do not stand any more', async () => (await contenders('turn')) === 1);
      busy.open();
      await done('we are done', one);
    });

    it('[A2] what is kept is let go in the end, and may be had again', async () => {
      await done(
        'we have it',
        ours.records.turns.take([kept('turn')], () => Promise.resolve(), never),
      );
      await done('it is let go', ours.records.turns.letGo());
      expect(await contenders('turn')).toBe(0);
      await done(
        'we have it again',
        ours.records.turns.take([kept('turn')], () => Promise.resolve(), never),
      );
      expect(await contenders('turn')).toBe(1);
    });

    it('[A2] after a lost connection it is stood for again', async () => {
      await done(
        'we have it',
        ours.records.turns.take([kept('turn')], () => Promise.resolve(), never),
      );
      await world.cut(ours.store);
      world.restore(ours.store);
      await entering(world, ours.store, 'connected');
      await done(
        'we have it again',
        ours.records.turns.take([kept('turn')], () => Promise.resolve(), never),
      );
      await world.eventually('one contender is left', async () => (await contenders('turn')) === 1);
    });
  });
}
