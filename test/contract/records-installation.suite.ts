import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytes, text } from '../support/store-world.js';
import type { StoreWorld } from '../support/store-world.js';
import { join, type Member } from './records-fixture.js';

const PATH = '/nodepool/installation';

/** What the installation's id promises, on any store. */
export function describeInstallation(adapter: string, makeWorld: () => StoreWorld | Promise<StoreWorld>): void {
  describe(`The installation on ${adapter}`, () => {
    let world: StoreWorld;
    let members: Member[];

    beforeEach(async () => {
      world = await makeWorld();
      members = [await join(world), await join(world), await join(world)];
    });
    afterEach(async () => {
      await Promise.all(members.map(({ records }) => records.close()));
      await world.end();
    });

    async function learnt(who: readonly Member[]): Promise<readonly (string | null)[]> {
      let done = false;
      const all = Promise.all(who.map(({ records }) => records.installation.learn()));
      const end = (): void => void (done = true);
      all.then(end, end);
      await world.eventually('all know it', () => done);
      return all;
    }

    it('gets one id, whoever is there first, and keeps it', async () => {
      const [first, second] = await learnt(members.slice(0, 2));
      expect(first).toMatch(/^[0-9a-f]{32}$/);
      expect(second).toBe(first);
      expect(members.map(({ records }) => records.installation.id)).toEqual([first, first, null]);
      expect(await learnt(members)).toEqual([first, first, first]);
      expect(JSON.parse(text((await members[2]?.store.read(PATH))?.data))).toEqual({ id: first });
    });

    it('is to be learnt again in a new session: until then keys are made of something else', async () => {
      const [one] = members as [Member];
      const { installation, session } = one.records;
      const [id] = await learnt([one]);
      expect(installation.keyId).toBe(id);
      const { generation } = session;
      await world.expire(one.store);
      await world.eventually('there is a new session', () => session.generation > generation);
      expect(installation.id).toBe(id);
      expect(installation.keyId).not.toBe(id);
      await learnt([one]);
      expect(installation.keyId).toBe(id);
      expect([...installation.former]).toEqual([]);
    });

    it('knows the id that it made up although nobody said that it was stored', async () => {
      const [one] = members as [Member];
      world.loseNextReply(one.store, 'create');
      const [id] = await learnt([one]);
      expect(await learnt(members)).toEqual([id, id, id]);
    });

    it.each(['', 'junk', '{"id": ""}', '{"id": "not an id"}', '{"id": 7}'])(
      'has none, and says so, if the record is %j; it is left as it is',
      async (junk) => {
        const [one] = members as [Member];
        await one.store.create(PATH, bytes(junk), { makeParents: true });
        expect(await learnt([one])).toEqual([null]);
        expect(one.warnings.join()).toContain(PATH);
        expect(text((await one.store.read(PATH))?.data)).toBe(junk);
      },
    );

    it('may be given an id by hand, and further keys', async () => {
      const [one] = members as [Member];
      await one.store.create(PATH, bytes('{"id": "site-a.example", "note": "x"}'), { makeParents: true });
      expect(await learnt([one])).toEqual(['site-a.example']);
    });
  });
}
