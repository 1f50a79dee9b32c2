import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import type { Node, NodeState } from '../../src/domain/model/node.js';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { removeTree } from '../../src/adapters/records/remove-tree.js';
import { LeaseLostError } from '../../src/ports/coordination/lease.js';
import { RecordChangedError, RecordGoneError, type RecordLease } from '../../src/ports/records/record-lease.js';
import { aNode, aRequest } from '../support/builders.js';
import { bytes, entering, text } from '../support/store-world.js';
import type { StoreWorld } from '../support/store-world.js';
import { join, journalOf, locked, type Member } from './records-fixture.js';

const NODES = '/nodepool/nodes';
const REQUESTS = '/nodepool/requests';
const LOCKS = '/nodepool/requests-lock';

/** What the records of nodes and requests promise, on any store. */
export function describeRecords(adapter: string, makeWorld: () => StoreWorld | Promise<StoreWorld>): void {
  describe(`Records on ${adapter}`, () => {
    let world: StoreWorld;
    let ours: Member;
    let theirs: Member;

    beforeEach(async () => {
      world = await makeWorld();
      ours = await join(world, 'nodes', 'requests');
      theirs = await join(world, 'nodes', 'requests');
    });
    afterEach(async () => {
      await Promise.all([ours, theirs].map(({ records }) => records.close()));
      await world.end();
    });

    const raw = async (path: string): Promise<Record<string, unknown>> =>
      JSON.parse(text((await theirs.store.read(path))?.data)) as Record<string, unknown>;
    const theirsShow = (id: string, state: NodeState | undefined): Promise<void> =>
      world.eventually(`they see ${id} ${state}`, () => theirs.records.nodes.view.get(id)?.value.state === state);
    /** Writes as a foreign client does: the whole record, whatever the version. */
    const foreign = async (path: string, change: object): Promise<void> => {
      await theirs.store.write(path, bytes(JSON.stringify({ ...(await raw(path)), ...change })));
    };

    describe('nodes', () => {
      it('[LAUNCHER 7] a new node is persistent, has ten digits, and was created when its state began', async () => {
        const created = await ours.records.nodes.create(aNode({ state: 'init', stateTime: 5.5 }));
        expect(created.id).toMatch(/^\d{10}$/);
        expect(created.value.createdTime).toBe(5.5);
        expect(ours.records.nodes.view.get(created.id)).toEqual(created);
        expect((await theirs.store.stat(`${NODES}/${created.id}`))?.ephemeral).toBe(false);
        await theirsShow(created.id, 'init');
        expect(theirs.records.nodes.view.get(created.id)).toEqual(created);
      });

      it('our own writes show at once, and elsewhere soon, as one change each', async () => {
        const mine = journalOf(ours.records.nodes.view);
        const theirJournal = journalOf(theirs.records.nodes.view);
        const created = await ours.records.nodes.create(aNode({ state: 'init' }));
        const lease = locked(await ours.records.nodes.lockCreated(created));
        await lease.update({ state: 'building' });
        expect(ours.records.nodes.view.get(created.id)?.value.state).toBe('building');
        await lease.update({ externalId: 'server-1' });
        expect(ours.records.nodes.view.get(created.id)).toEqual(lease.current);
        await lease.update({ state: 'ready' });
        await lease.release();
        await theirsShow(created.id, 'ready');
        await world.pass(2);
        expect(mine).toEqual([
          `added ${created.id} init`,
          `locked ${created.id}`,
          `updated ${created.id} init building`,
          `updated ${created.id} building building`,
          `updated ${created.id} building ready`,
          `unlocked ${created.id}`,
        ]);
        expect(theirJournal.filter((line) => line.startsWith('added'))).toHaveLength(1);
        expect(theirs.records.nodes.view.get(created.id)).toEqual(ours.records.nodes.view.get(created.id));
      });

      it('a new state is stamped with the time, the same state is not', async () => {
        const created = await ours.records.nodes.create(aNode({ state: 'init', stateTime: 5 }));
        const lease = locked(await ours.records.nodes.lock(created.id));
        expect((await lease.update({ state: 'init', comment: 'x' })).stateTime).toBe(5);
        expect((await lease.update({ state: 'building' })).stateTime).toBeGreaterThan(1000);
        await lease.release();
      });

      it('[LAUNCHER 14] keys that we do not know survive a change of ours', async () => {
        const { id } = await ours.records.nodes.create(aNode());
        await foreign(`${NODES}/${id}`, { build_id: 'job-7' });
        const lease = locked(await ours.records.nodes.lock(id));
        await lease.update({ state: 'used' });
        await lease.release();
        expect(await raw(`${NODES}/${id}`)).toMatchObject({ build_id: 'job-7', state: 'used' });
      });

      it('[LAUNCHER 19] what a foreign client writes without the lock is taken over, under our change', async () => {
        const { id } = await ours.records.nodes.create(aNode());
        const lease = locked(await ours.records.nodes.lock(id));
        await foreign(`${NODES}/${id}`, { build_id: 'job-7', comment: 'theirs' });
        await lease.update({ allocatedTo: '200-0000000001', comment: 'ours' });
        await lease.release();
        expect(await raw(`${NODES}/${id}`)).toMatchObject({
          build_id: 'job-7',
          allocated_to: '200-0000000001',
          comment: 'ours',
        });
      });

      it('a state that was changed behind the lock is respected', async () => {
        const { id } = await ours.records.nodes.create(aNode());
        const lease = locked(await ours.records.nodes.lock(id));
        await foreign(`${NODES}/${id}`, { state: 'used' });
        await expect(lease.update({ state: 'deleting' })).rejects.toThrow(RecordChangedError);
        expect(ours.records.nodes.view.get(id)?.value.state).toBe('used');
        await lease.release();
        expect((await raw(`${NODES}/${id}`))['state']).toBe('used');
      });

      describe('the last change', () => {
        const two = async (): Promise<readonly [RecordLease<Node>, RecordLease<Node>]> => {
          const ids = [await ours.records.nodes.create(aNode()), await ours.records.nodes.create(aNode())];
          const [first, second] = await Promise.all(ids.map(({ id }) => ours.records.nodes.lock(id)));
          return [locked(first!), locked(second!)];
        };

        it('lets go of its record and of others: whoever sees it finds them all free', async () => {
          const [first, second] = await two();
          const found: unknown[] = [];
          theirs.records.nodes.view.onChange((change) => {
            if (change.kind !== 'updated' || change.after.value.state !== 'used') return;
            for (const { id } of [first, second]) {
              if (id !== first.id || ours.store.transaction)
                void theirs.records.nodes.lock(id).then((got) => found.push(got.kind));
            }
          });
          await theirsShow(second.id, 'ready');
          await theirsShow(first.id, 'ready');
          expect(await first.conclude({ state: 'used' }, [second])).toMatchObject({ state: 'used' });
          expect([first.signal.aborted, second.signal.aborted]).toEqual([true, true]);
          expect([first, second].map(({ id }) => ours.records.nodes.view.locked(id))).toEqual([false, false]);
          await world.eventually('they tried', () => found.length === (ours.store.transaction ? 2 : 1));
          expect(new Set(found)).toEqual(new Set(['locked']));
          await Promise.all([first.release(), second.release()]);
          await expect(first.update({ state: 'deleting' })).rejects.toThrow();
          expect((await raw(`${NODES}/${first.id}`))['state']).toBe('used');
        });

        it('takes over what was written without the lock, and respects a changed state, still holding it', async () => {
          const [first, second] = await two();
          await foreign(`${NODES}/${first.id}`, { build_id: 'job-7' });
          await first.conclude({ comment: 'ours' });
          expect(await raw(`${NODES}/${first.id}`)).toMatchObject({ build_id: 'job-7', comment: 'ours' });
          await foreign(`${NODES}/${second.id}`, { state: 'used' });
          await expect(second.conclude({ state: 'ready', comment: 'ours' })).rejects.toThrow(RecordChangedError);
          expect(second.signal.aborted).toBe(false);
          expect(await theirs.records.nodes.lock(second.id)).toEqual({ kind: 'busy' });
          await second.release();
        });

        it('is written also when somebody has taken a lock from us by force', async () => {
          const [first, second] = await two();
          const leases = new KazooLeases(theirs.store, { clock: world.clock, random: new SeededRandom(1) });
          await leases.forceRelease(`${NODES}/${second.id}/lock`);
          await first.conclude({ state: 'used' }, [second]);
          expect((await raw(`${NODES}/${first.id}`))['state']).toBe('used');
          locked(await theirs.records.nodes.lock(first.id));
        });

        it('re-creates nothing, and is free again, when the record was removed', async () => {
          const [first] = await two();
          await removeTree(theirs.store, `${NODES}/${first.id}`);
          await expect(first.conclude({ state: 'used' })).rejects.toThrow(RecordGoneError);
          await first.release();
          expect(await theirs.store.stat(`${NODES}/${first.id}`)).toBeUndefined();
        });

        it('whose answer is lost leaves nothing locked', async () => {
          const [first, second] = await two();
          world.loseNextReply(ours.store, 'write');
          const unsure = ours.store.write(`${NODES}/${second.id}`, bytes('x')).catch(() => undefined);
          await expect(first.conclude({ state: 'used' }, [second])).rejects.toThrow();
          await unsure;
          await Promise.all([first.release(), second.release()]);
          await entering(world, ours.store, 'connected', 1);
          await world.eventually('the lock is free', async () => {
            const outcome = await theirs.records.nodes.lock(first.id);
            if (outcome.kind === 'locked') await outcome.lease.release();
            return outcome.kind === 'locked';
          });
        });
      });

      it('is refused while somebody holds the lock, and both mirrors know', async () => {
        const { id } = await ours.records.nodes.create(aNode({ state: 'in-use' }));
        await theirsShow(id, 'in-use');
        const lease = locked(await ours.records.nodes.lock(id));
        expect(ours.records.nodes.view.locked(id)).toBe(true);
        expect(await theirs.records.nodes.lock(id)).toEqual({ kind: 'busy' });
        await world.eventually('they see the lock', () => theirs.records.nodes.view.locked(id));
        await lease.release();
        expect(ours.records.nodes.view.locked(id)).toBe(false);
        await world.eventually('they see it go', () => !theirs.records.nodes.view.locked(id));
        locked(await theirs.records.nodes.lock(id));
      });

      it('a node is seen to be unlocked when its holder dies', async () => {
        const { id } = await theirs.records.nodes.create(aNode({ state: 'building' }));
        locked(await theirs.records.nodes.lock(id));
        await world.eventually('we see the lock', () => ours.records.nodes.view.locked(id));
        const journal = journalOf(ours.records.nodes.view);
        await theirs.store.close();
        await world.eventually('it is unlocked', () => journal.includes(`unlocked ${id}`));
      });

      it('[LAUNCHER 37] locking a deleted node answers gone and creates nothing', async () => {
        const { id } = await ours.records.nodes.create(aNode());
        await theirs.store.remove(`${NODES}/${id}`);
        expect(await ours.records.nodes.lock(id)).toEqual({ kind: 'gone' });
        expect(ours.records.nodes.view.get(id)).toBeUndefined();
        expect(await theirs.store.stat(`${NODES}/${id}`)).toBeUndefined();
      });

      it('[LAUNCHER 96] changing a deleted node re-creates nothing', async () => {
        const { id } = await ours.records.nodes.create(aNode());
        const lease = locked(await ours.records.nodes.lock(id));
        await lease.update({ comment: 'once' });
        for (const child of (await theirs.store.list(`${NODES}/${id}/lock`)) ?? []) {
          await theirs.store.remove(`${NODES}/${id}/lock/${child}`);
        }
        await theirs.store.remove(`${NODES}/${id}/lock`);
        await theirs.store.remove(`${NODES}/${id}`);
        await expect(lease.update({ comment: 'twice' })).rejects.toThrow(RecordGoneError);
        await lease.release();
        expect(await theirs.store.stat(`${NODES}/${id}`)).toBeUndefined();
      });

      it('removes a node with its lock, for everybody', async () => {
        const { id } = await ours.records.nodes.create(aNode());
        await theirsShow(id, 'ready');
        const lease = locked(await ours.records.nodes.lock(id));
        await lease.update({ state: 'deleted' });
        expect(await lease.remove()).toBe(true);
        expect(ours.records.nodes.view.get(id)).toBeUndefined();
        expect(await theirs.store.stat(`${NODES}/${id}`)).toBeUndefined();
        await theirsShow(id, undefined);
        await lease.release();
      });

      it('leaves a node that somebody else contends for to the next pass', async () => {
        const { id } = await ours.records.nodes.create(aNode({ state: 'used' }));
        const lease = locked(await ours.records.nodes.lock(id));
        await lease.update({ state: 'deleted' });
        const waiting = theirs.records.nodes.lock(id, { wait: 30 });
        await world.eventually(
          'they contend',
          async () => ((await theirs.store.list(`${NODES}/${id}/lock`))?.length ?? 0) === 2,
        );
        expect(await lease.remove()).toBe(false);
        const successor = locked(await waiting);
        expect(successor.current.value.state).toBe('deleted');
        expect(await successor.remove()).toBe(true);
        expect(await theirs.store.stat(`${NODES}/${id}`)).toBeUndefined();
      });

      it('[LAUNCHER 20] [LAUNCHER 22] damaged records stop nobody and can be removed', async () => {
        await theirs.store.create(`${NODES}/0000001001`, bytes(''), { makeParents: true });
        await theirs.store.create(`${NODES}/0000001002`, bytes('{"build_id": "ghost"}'));
        await theirs.store.create(`${NODES}/0000001003`, bytes('{"state": "dancing", "state_time": 1}'));
        const { id } = await theirs.records.nodes.create(aNode());
        const { nodes } = ours.records;
        await world.eventually('we see the good one', () => nodes.view.get(id) !== undefined);
        await world.eventually('we see the damage', () => nodes.view.damaged().length === 3);
        expect(nodes.view.all().size).toBe(1);
        expect(
          nodes.view
            .damaged()
            .map(({ problem }) => problem)
            .sort(),
        ).toEqual(['empty', 'no-state', 'unknown-state']);
        expect(await nodes.lock('0000001001')).toEqual({ kind: 'gone' });
        expect(await nodes.lock('0000001002')).toEqual({ kind: 'damaged' });
        expect(await nodes.removeDamaged('0000001001')).toBe(true);
        expect(await nodes.removeDamaged('0000001002')).toBe(true);
        expect(await nodes.removeDamaged(id)).toBe(false);
        expect(await nodes.removeDamaged('0000009999')).toBe(true);
        expect(nodes.view.damaged().map((record) => record.id)).toEqual(['0000001003']);
        expect(await theirs.store.stat(`${NODES}/0000001001`)).toBeUndefined();
      });

      it('a damaged record that is mended appears, one that breaks disappears', async () => {
        await theirs.store.create(`${NODES}/0000001001`, bytes('oops'), { makeParents: true });
        await world.eventually('we see it', () => ours.records.nodes.view.damaged().length === 1);
        const journal = journalOf(ours.records.nodes.view);
        await theirs.store.write(`${NODES}/0000001001`, bytes('{"state": "used", "state_time": 1}'));
        await world.eventually('it is mended', () => ours.records.nodes.view.damaged().length === 0);
        await theirs.store.write(`${NODES}/0000001001`, bytes('{"state": '));
        await world.eventually('it is broken', () => ours.records.nodes.view.damaged().length === 1);
        expect(journal.filter((line) => !line.includes('lock'))).toEqual([
          'added 0000001001 used',
          'removed 0000001001',
          'damaged 0000001001',
        ]);
      });
    });

    describe('sessions', () => {
      it('after a new session the view is read again and only what changed is told', async () => {
        const kept = await theirs.records.nodes.create(aNode());
        const changed = await theirs.records.nodes.create(aNode());
        const removed = await theirs.records.nodes.create(aNode());
        const { view } = ours.records.nodes;
        await world.eventually('we see them', () => view.all().size === 3);
        await world.pass(2);
        const journal = journalOf(view);
        await world.cut(ours.store);
        await foreign(`${NODES}/${changed.id}`, { state: 'hold' });
        await theirs.store.remove(`${NODES}/${removed.id}`);
        const added = await theirs.records.nodes.create(aNode({ state: 'init' }));
        await world.expire(ours.store);
        world.restore(ours.store);
        await entering(world, ours.store, 'connected', 2);
        await world.eventually('we are told', () => journal.includes('resynced'));
        expect(view.complete).toBe(true);
        expect(journal.at(-1)).toBe('resynced');
        expect(journal.slice(0, -1).sort()).toEqual([
          `added ${added.id} init`,
          `removed ${removed.id}`,
          `updated ${changed.id} ready hold`,
        ]);
        expect(view.get(kept.id)).toEqual(kept);
      });

      it('changes during a mere disconnection are not missed, and the view stays complete', async () => {
        const { id } = await theirs.records.nodes.create(aNode());
        const { view } = ours.records.nodes;
        await world.eventually('we see it', () => view.get(id) !== undefined);
        await world.cut(ours.store);
        await foreign(`${NODES}/${id}`, { state: 'hold' });
        const added = await theirs.records.nodes.create(aNode());
        world.restore(ours.store);
        await world.eventually('we see the change', () => view.get(id)?.value.state === 'hold');
        await world.eventually('we see the new one', () => view.get(added.id) !== undefined);
        expect(ours.store.session.generation).toBe(1);
        expect(view.complete).toBe(true);
      });

      it('[LAUNCHER 127] a lease of an old session writes nothing', async () => {
        const { id } = await ours.records.nodes.create(aNode());
        const lease = locked(await ours.records.nodes.lock(id));
        await lease.update({ comment: 'before' });
        await world.expire(ours.store);
        await entering(world, ours.store, 'connected', 2);
        expect(lease.signal.aborted).toBe(true);
        await expect(lease.update({ comment: 'after' })).rejects.toThrow(LeaseLostError);
        await expect(lease.remove()).rejects.toThrow(LeaseLostError);
        await lease.release();
        expect((await raw(`${NODES}/${id}`))['comment']).toBe('before');
        await world.eventually('the view is complete', () => ours.records.nodes.view.complete);
        expect(ours.records.nodes.view.locked(id)).toBe(false);
        locked(await ours.records.nodes.lock(id));
      });

      it('a write whose answer is lost shows once the connection is back', async () => {
        const { id } = await ours.records.nodes.create(aNode());
        const lease = locked(await ours.records.nodes.lock(id));
        world.loseNextReply(ours.store, 'write');
        await expect(lease.update({ state: 'deleting' })).rejects.toThrow();
        await lease.release();
        await world.eventually('we see it', () => ours.records.nodes.view.get(id)?.value.state === 'deleting');
      });

      it('the view is incomplete while there is no session', async () => {
        const { view } = ours.records.nodes;
        await world.cut(ours.store);
        await world.expire(ours.store);
        world.restore(ours.store);
        await entering(world, ours.store, 'connected', 2);
        await world.eventually('it is complete again', () => view.complete);
        await view.ready();
      });
    });

    describe('several at once', () => {
      it('two processes that count up one record lose no step', async () => {
        const { id } = await ours.records.nodes.create(aNode({ slot: 0 }));
        const countUp = async ({ records }: Member): Promise<void> => {
          for (let step = 0; step < 10; step++) {
            const lease = locked(await records.nodes.lock(id, { wait: 60 }));
            await lease.update({ slot: (lease.current.value.slot ?? 0) + 1 });
            await lease.release();
          }
        };
        await Promise.all([countUp(ours), countUp(theirs), countUp(ours)]);
        expect((await raw(`${NODES}/${id}`))['slot']).toBe(30);
      });

      it.each([11, 22, 33])('mirrors converge under random doings, seed %i', async (seed) => {
        const random = new SeededRandom(seed);
        const states: readonly NodeState[] = ['ready', 'in-use', 'used', 'hold', 'deleting'];
        const followed = followChanges(ours);
        for (let step = 0; step < 120; step++) {
          const actor = random.next() < 0.5 ? ours : theirs;
          await doSomething(actor, random, states);
          if (step % 40 !== 20) continue;
          const { store } = random.next() < 0.5 ? ours : theirs;
          const next = store.session.generation + 1;
          await world.expire(store);
          await entering(world, store, 'connected', next);
        }
        const truth = await contents(theirs);
        const same = (member: Member): boolean => canonical(shown(member)) === canonical(truth);
        await world.eventually('we see the truth', () => same(ours));
        await world.eventually('they see the truth', () => same(theirs));
        expect(canonical(followed)).toEqual(canonical(truth));
      });

      it('two thousand records are read in one go', async () => {
        const data = bytes('{"state": "ready", "state_time": 1.5, "type": ["small"], "provider": "p"}');
        await theirs.store.create(`${NODES}/first`, data, { makeParents: true });
        for (let block = 0; block < 2000; block += 200) {
          await Promise.all(
            Array.from({ length: 200 }, () => theirs.store.create(`${NODES}/`, data, { sequential: true })),
          );
        }
        const late = await join(world, 'nodes');
        expect(late.records.nodes.view.all().size).toBe(2001);
        await world.eventually('we see them, too', () => ours.records.nodes.view.all().size === 2001);
        await late.records.close();
      });
    });

    describe('requests', () => {
      it('[LAUNCHER 8] our own are ephemeral, of priority and ten digits, with an event id', async () => {
        const created = await ours.records.requests.create('900', aRequest({ stateTime: 7 }));
        expect(created.id).toMatch(/^900-\d{10}$/);
        expect((await theirs.store.stat(`${REQUESTS}/${created.id}`))?.ephemeral).toBe(true);
        expect(await raw(`${REQUESTS}/${created.id}`)).toMatchObject({
          created_time: 7,
          event_id: created.value.eventId,
        });
        expect(created.value.eventId).toMatch(/^[0-9a-f]{32}$/);
        await world.eventually('they see it', () => theirs.records.requests.view.get(created.id) !== undefined);
        await ours.records.requests.remove(created.id);
        await ours.records.requests.remove(created.id);
        expect(ours.records.requests.view.get(created.id)).toBeUndefined();
        await world.eventually('they see it go', () => theirs.records.requests.view.all().size === 0);
      });

      it('[LAUNCHER 18] [LAUNCHER 14] one of 2019 is served, and its other keys remain', async () => {
        const old = '{"node_types": ["small"], "state": "requested", "state_time": 1, "jenkins_label": "x"}';
        const path = await theirs.store.create(`${REQUESTS}/200-`, bytes(old), {
          sequential: true,
          ephemeral: true,
          makeParents: true,
        });
        const id = path.slice(REQUESTS.length + 1);
        const { requests } = ours.records;
        await world.eventually('we see it', () => requests.view.get(id) !== undefined);
        const lease = locked(await requests.lock(id));
        await lease.update({ state: 'pending' });
        await lease.update({ state: 'fulfilled', nodes: ['0000000001'] });
        await lease.release();
        expect(await raw(path)).toMatchObject({ jenkins_label: 'x', nodes: ['0000000001'], requestor_data: null });
      });

      it('[LAUNCHER 21] [LAUNCHER 30b] foreign names are shown as damaged and stop nobody', async () => {
        const data = bytes('{"node_types": ["small"], "state": "requested", "state_time": 1}');
        for (const name of ['nodash', 'a-b-0000000001', '200-12']) {
          await theirs.store.create(`${REQUESTS}/${name}`, data, { makeParents: true });
        }
        const good = await theirs.records.requests.create('200', aRequest());
        const { view } = ours.records.requests;
        await world.eventually('we see all', () => view.damaged().length === 3 && view.all().size === 1);
        expect(view.get(good.id)?.value.nodeTypes).toEqual(['small']);
        expect(new Set(view.damaged().map(({ problem }) => problem))).toEqual(new Set(['bad-id']));
        expect(await ours.records.requests.lock('nodash')).toEqual({ kind: 'damaged' });
        expect(ours.warnings).toHaveLength(3);
      });

      it('[LAUNCHER 96] one that vanished is gone: nothing is re-created and no lock is left', async () => {
        const { id } = await theirs.records.requests.create('200', aRequest());
        const lease = locked(await ours.records.requests.lock(id));
        await theirs.records.requests.remove(id);
        await world.eventually('we see it go', () => ours.records.requests.view.get(id) === undefined);
        await expect(lease.update({ state: 'pending' })).rejects.toThrow(RecordGoneError);
        await lease.release();
        expect(await ours.records.requests.lock(id)).toEqual({ kind: 'gone' });
        expect(await theirs.store.stat(`${REQUESTS}/${id}`)).toBeUndefined();
        expect(await theirs.store.stat(`${LOCKS}/${id}`)).toBeUndefined();
      });

      it('a pending one whose launcher dies is seen to be unlocked', async () => {
        const client = await join(world);
        const { id } = await client.records.requests.create('200', aRequest());
        const lease = locked(await theirs.records.requests.lock(id));
        await lease.update({ state: 'pending' });
        await world.eventually('we see the lock', () => ours.records.requests.view.locked(id));
        await world.expire(theirs.store);
        await world.eventually('we see it go', () => !ours.records.requests.view.locked(id));
        locked(await ours.records.requests.lock(id));
      });

      it('whoever was refused the lock is told when it is free', async () => {
        const { id } = await theirs.records.requests.create('200', aRequest());
        await world.eventually('we see it', () => ours.records.requests.view.get(id) !== undefined);
        const lease = locked(await theirs.records.requests.lock(id));
        const journal = journalOf(ours.records.requests.view);
        expect(await ours.records.requests.lock(id)).toEqual({ kind: 'busy' });
        expect(journal).toEqual([`locked ${id}`]);
        await lease.release();
        await world.eventually('we are told', () => journal.length === 2);
        expect(journal).toEqual([`locked ${id}`, `unlocked ${id}`]);
      });

      it('[LAUNCHER 111] locks of vanished requests are removed when they are old', async () => {
        const { id } = await ours.records.requests.create('200', aRequest());
        await locked(await ours.records.requests.lock(id)).release();
        await theirs.store.create(`${LOCKS}/200-0000009999`, bytes(''));
        expect(await ours.records.requests.removeStaleLocks(3600)).toBe(0);
        await world.pass(0.01);
        expect(await ours.records.requests.removeStaleLocks(0)).toBe(1);
        expect(await theirs.store.list(LOCKS)).toEqual([id]);
      });
    });

    it('what no mirror shows can be locked and changed all the same', async () => {
      const blind = await join(world);
      const { id } = await theirs.records.nodes.create(aNode());
      const lease = locked(await blind.records.nodes.lock(id));
      await lease.update({ state: 'hold', comment: 'by hand' });
      await lease.release();
      expect(blind.records.nodes.view.all().size).toBe(0);
      await theirsShow(id, 'hold');
    });

    it('elects one leader after the other', async () => {
      const leaders: string[] = [];
      const stop = new AbortController();
      const run = (name: string, member: Member): Promise<void> =>
        member.records.elections.run(
          'stats',
          async (leading) => {
            leaders.push(name);
            await new Promise<void>((resolve) => leading.addEventListener('abort', () => resolve(), { once: true }));
          },
          stop.signal,
        );
      const first = run('ours', ours);
      await world.eventually('we lead', () => leaders.length === 1);
      const second = run('theirs', theirs);
      await world.pass(3);
      expect(leaders).toEqual(['ours']);
      await world.expire(ours.store);
      await world.eventually('they lead', () => leaders.length === 2);
      expect(leaders).toEqual(['ours', 'theirs']);
      stop.abort();
      await Promise.all([first, second]);
    });
  });
}

type Shown = Record<string, { state: string; comment: string | null }>;

/** Replays the changes told to a listener, which must give the same as the view itself. */
function followChanges(member: Member): Shown {
  const known: Shown = {};
  const put = (id: string, { state, comment }: Node): void => void (known[id] = { state, comment });
  member.records.nodes.view.onChange((change) => {
    if (change.kind === 'added' || change.kind === 'updated') put(change.id, change.after.value);
    if (change.kind === 'removed') delete known[change.id];
  });
  return known;
}

function shown(member: Member): Shown {
  const entries = [...member.records.nodes.view.all()];
  return Object.fromEntries(entries.map(([id, { value }]) => [id, { state: value.state, comment: value.comment }]));
}

async function contents({ store }: Member): Promise<Shown> {
  const result: Shown = {};
  for (const id of (await store.list(NODES)) ?? []) {
    const record = await store.read(`${NODES}/${id}`);
    const { state, comment } = JSON.parse(text(record?.data)) as Node;
    result[id] = { state, comment };
  }
  return result;
}

function canonical(records: Shown): string {
  return JSON.stringify(Object.entries(records).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function doSomething({ records }: Member, random: SeededRandom, states: readonly NodeState[]): Promise<void> {
  const ids = [...records.nodes.view.all().keys()];
  const id = ids[Math.floor(random.next() * ids.length)];
  const dice = random.next();
  if (id === undefined || dice < 0.3) {
    await records.nodes.create(aNode({ state: 'init', comment: String(dice) }));
    return;
  }
  const outcome = await records.nodes.lock(id);
  if (outcome.kind !== 'locked') return;
  try {
    const state = states[Math.floor(random.next() * states.length)];
    if (dice < 0.45) await outcome.lease.remove();
    else await outcome.lease.update({ comment: String(dice), ...(state ? { state } : {}) });
  } finally {
    await outcome.lease.release();
  }
}
