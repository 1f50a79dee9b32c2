import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PoolAnnouncement } from '../../src/ports/records/launchers.js';
import { bytes, entering, text } from '../support/store-world.js';
import type { StoreWorld } from '../support/store-world.js';
import { join, type Member } from './records-fixture.js';

const LAUNCHERS = '/nodepool/launchers';
const POOLS = '/nodepool/components/pool';

const POOL: PoolAnnouncement = {
  id: 'host.example-PoolWorker.cloud-main-1',
  hostname: 'host',
  version: '1.0',
  providerName: 'cloud',
  poolName: 'main',
  supportedLabels: ['small', 'large'],
  priority: 90,
  paused: false,
  state: 'running',
};

/** What the registry of launchers promises, on any store. */
export function describeLauncherRecords(adapter: string, makeWorld: () => StoreWorld | Promise<StoreWorld>): void {
  describe(`Registered launchers on ${adapter}`, () => {
    let world: StoreWorld;
    let ours: Member;
    let theirs: Member;

    beforeEach(async () => {
      world = await makeWorld();
      ours = await join(world, 'launchers');
      theirs = await join(world, 'launchers');
    });
    afterEach(async () => {
      await Promise.all([ours, theirs].map(({ records }) => records.close()));
      await world.end();
    });

    const raw = async (path: string): Promise<unknown> => JSON.parse(text((await theirs.store.read(path))?.data));
    const components = async (): Promise<readonly string[]> => (await theirs.store.list(POOLS)) ?? [];
    const old = async (): Promise<readonly string[]> => (await theirs.store.list(LAUNCHERS)) ?? [];
    const theySee = (count: number): Promise<void> =>
      world.eventually(`they see ${count}`, () => theirs.records.launchers.view.pools().length === count);

    it('[LAUNCHER 23] [LAUNCHER 24] a pool stands in both registries under one id', async () => {
      await ours.records.launchers.announcePool(POOL);
      expect(await raw(`${LAUNCHERS}/${POOL.id}`)).toEqual({
        id: POOL.id,
        provider_name: 'cloud',
        supported_labels: ['large', 'small'],
      });
      const [name] = await components();
      expect(name).toMatch(/^host\d{10}$/);
      expect((await theirs.store.stat(`${POOLS}/${name}`))?.ephemeral).toBe(true);
      expect(await raw(`${POOLS}/${name}`)).toEqual({
        hostname: 'host',
        id: POOL.id,
        kind: 'pool',
        model_api: 0,
        name: 'main',
        paused: false,
        priority: 90,
        provider_name: 'cloud',
        state: 'running',
        supported_labels: ['large', 'small'],
        version: '1.0',
      });
      await theySee(1);
      expect(theirs.records.launchers.view.pools()).toEqual([
        {
          id: POOL.id,
          providerName: 'cloud',
          supportedLabels: ['large', 'small'],
          priority: 90,
          paused: false,
          process: { hostname: 'host', version: '1.0', state: 'running' },
          poolName: 'main',
        },
      ]);
    });

    it('[LAUNCHER 25] a change is written once, no change not at all', async () => {
      const announcement = await ours.records.launchers.announcePool(POOL);
      const path = `${POOLS}/${(await components())[0]}`;
      await announcement.update({ paused: true });
      await announcement.update({ paused: true });
      expect((await theirs.store.stat(path))?.version).toBe(1);
      expect((await theirs.store.stat(`${LAUNCHERS}/${POOL.id}`))?.version).toBe(0);
      await world.eventually('they see the pause', () => theirs.records.launchers.view.pools()[0]?.paused === true);
      await announcement.update({ paused: false, supportedLabels: ['small'] });
      await world.eventually('they see its end', () => theirs.records.launchers.view.pools()[0]?.paused === false);
      expect(await raw(`${LAUNCHERS}/${POOL.id}`)).toMatchObject({ supported_labels: ['small'] });
    });

    it('[LAUNCHER 26] a pool taken back leaves both registries', async () => {
      const announcement = await ours.records.launchers.announcePool(POOL);
      await theySee(1);
      await announcement.withdraw();
      await announcement.withdraw();
      expect([await old(), await components()]).toEqual([[], []]);
      await theySee(0);
      await world.expire(ours.store);
      await entering(world, ours.store, 'connected', 2);
      await world.pass(2);
      expect([await old(), await components()]).toEqual([[], []]);
    });

    it('the processes of one kind can be told, damaged ones left out', async () => {
      expect(await theirs.records.launchers.processes('launcher')).toEqual([]);
      const running = { version: '1', state: 'running' } as const;
      for (const hostname of ['one', 'two']) {
        await ours.records.launchers.announceProcess({ kind: 'launcher', hostname, ...running });
      }
      const builder = await ours.records.launchers.announceProcess({ kind: 'builder', hostname: 'three', ...running });
      await ours.store.create('/nodepool/components/launcher/damaged', bytes('{'));
      expect(await theirs.records.launchers.processes('launcher')).toEqual([{ hostname: 'one' }, { hostname: 'two' }]);
      expect(await theirs.records.launchers.processes('builder')).toEqual([{ hostname: 'three' }]);
      await builder.withdraw();
      expect(await theirs.records.launchers.processes('builder')).toEqual([]);
    });

    it('what builders cannot do is seen by all, as long as they live', async () => {
      await theirs.records.open(['builders']);
      const { view } = theirs.records.builders;
      const problem = {
        image: 'a',
        provider: null,
        code: 'BACKOFF',
        failures: 2,
        problem: 'no',
        nextTry: 1.5,
      } as const;
      const builder = { kind: 'builder', hostname: 'nb01', version: '1', state: 'running' } as const;
      const announcement = await ours.records.launchers.announceProcess(builder);
      expect(view.problems()).toEqual([]);
      await announcement.update({ imageProblems: [problem] });
      await world.eventually('they see it', () => view.problems().length === 1);
      expect(view.problems()).toEqual([{ ...problem, builder: 'nb01' }]);
      await announcement.update({ imageProblems: [] });
      await world.eventually('they see that it is over', () => view.problems().length === 0);
      await announcement.update({ imageProblems: Array.from({ length: 500 }, () => problem) });
      await world.eventually('they see the first hundred', () => view.problems().length === 100);
      await world.expire(ours.store);
      await world.eventually('they see it anew', () => view.problems().length === 100);
      await announcement.withdraw();
      await world.eventually('they see the end', () => view.problems().length === 0);
    });

    it('[LAUNCHER 27] a pool stands there again after a new session, with what was changed meanwhile', async () => {
      const announcement = await ours.records.launchers.announcePool(POOL);
      await ours.records.launchers.announceProcess({
        kind: 'launcher',
        hostname: 'host',
        version: '1',
        state: 'running',
      });
      await theySee(1);
      await world.cut(ours.store);
      await announcement.update({ priority: 7 });
      await world.expire(ours.store);
      await theySee(0);
      world.restore(ours.store);
      await entering(world, ours.store, 'connected', 2);
      await world.eventually('they see it anew', () => theirs.records.launchers.view.pools()[0]?.priority === 7);
      expect(await old()).toEqual([POOL.id]);
      expect(await components()).toHaveLength(1);
      await world.eventually(
        'the process is back',
        async () => (await theirs.store.list('/nodepool/components/launcher'))?.length === 1,
      );
    });

    it('[A8] a pool stands there again after somebody has removed it, and not once it is taken back', async () => {
      const announcement = await ours.records.launchers.announcePool(POOL);
      await theySee(1);
      for (const round of [1, 2]) {
        const [name] = await components();
        await theirs.store.remove(`${POOLS}/${name}`);
        await theirs.store.remove(`${LAUNCHERS}/${POOL.id}`);
        await world.eventually(
          `both are there again, the ${round}. time`,
          async () => (await old()).length === 1 && (await components()).filter((each) => each !== name).length === 1,
        );
      }
      await announcement.update({ paused: true });
      const [name] = await components();
      expect(await raw(`${POOLS}/${name}`)).toMatchObject({ paused: true });
      await announcement.withdraw();
      await world.pass(1);
      expect([await old(), await components()]).toEqual([[], []]);
    });

    it('a registration whose answer is lost is not made twice', async () => {
      await ours.records.launchers.announcePool({ ...POOL, id: 'another' });
      world.loseNextReply(ours.store, 'create');
      const announced = ours.records.launchers.announcePool(POOL);
      let done = false;
      announced.then(
        () => (done = true),
        () => (done = true),
      );
      await world.eventually('it is announced', () => done);
      await (await announced).update({ paused: true });
      expect(await components()).toHaveLength(2);
      expect(await old()).toHaveLength(2);
      await theySee(2);
    });

    it('registrations of both eras are united by id; nonsense is ignored', async () => {
      const make = { makeParents: true };
      await theirs.store.create(
        `${LAUNCHERS}/both`,
        bytes('{"provider_name": "old", "supported_labels": ["a"]}'),
        make,
      );
      await theirs.store.create(`${LAUNCHERS}/old`, bytes('{"provider_name": "old", "supported_labels": ["a"]}'), make);
      await theirs.store.create(`${LAUNCHERS}/empty`, bytes(''), make);
      await theirs.store.create(`${POOLS}/x1`, bytes('{"id": "both", "provider_name": "new", "priority": 5}'), make);
      await theirs.store.create(`${POOLS}/x2`, bytes('{"state": "running"}'), make);
      const late = await join(world, 'launchers');
      expect(late.records.launchers.view.complete).toBe(true);
      expect(late.records.launchers.view.pools()).toMatchObject([
        { id: 'both', providerName: 'new', priority: 5 },
        { id: 'old', providerName: 'old', priority: 100, poolName: null },
      ]);
      await late.records.close();
    });

    it('[LAUNCHER 61] the view is incomplete until the registry was read under the present session', async () => {
      await theirs.records.launchers.announcePool(POOL);
      await world.eventually('we see it', () => ours.records.launchers.view.pools().length === 1);
      const seen: boolean[] = [];
      // A mere suspension changes nothing; it may come before the loss.
      ours.store.session.onChange(({ state }) => {
        if (state !== 'suspended') seen.push(ours.records.launchers.view.complete);
      });
      await world.expire(ours.store);
      await entering(world, ours.store, 'connected', 2);
      expect(seen).toEqual([false, false]);
      await world.eventually('it is complete', () => ours.records.launchers.view.complete);
      expect(ours.records.launchers.view.pools()).toHaveLength(1);
    });
  });
}
