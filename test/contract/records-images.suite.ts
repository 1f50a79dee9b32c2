import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageBuild, ImageUpload } from '../../src/domain/model/image.js';
import type { AcquireResult, Lease } from '../../src/ports/coordination/lease.js';
import { RecordGoneError } from '../../src/ports/records/record-lease.js';
import { bytes, entering, text } from '../support/store-world.js';
import type { StoreWorld } from '../support/store-world.js';
import { join, type Member } from './records-fixture.js';

const IMAGES = '/nodepool/images';
const KEY = { image: 'img', build: 'b1' };
const PLACE = { ...KEY, provider: 'cloud' };

const BUILD: ImageBuild = {
  state: 'building',
  stateTime: 5,
  builder: 'host',
  builderId: 'builder-1',
  formats: [],
  username: 'zuul',
  pythonPath: 'auto',
  shellType: null,
  extra: {},
};

const UPLOAD: ImageUpload = {
  state: 'uploading',
  stateTime: 6,
  externalId: null,
  externalName: null,
  format: 'qcow2',
  username: 'zuul',
  pythonPath: 'auto',
  shellType: null,
  extra: {},
};

/** What the records of disk images promise, on any store. */
export function describeImageRecords(adapter: string, makeWorld: () => StoreWorld | Promise<StoreWorld>): void {
  describe(`Image records on ${adapter}`, () => {
    let world: StoreWorld;
    let ours: Member;
    let theirs: Member;

    beforeEach(async () => {
      world = await makeWorld();
      ours = await join(world, 'images');
      theirs = await join(world, 'images');
    });
    afterEach(async () => {
      await Promise.all([ours, theirs].map(({ records }) => records.close()));
      await world.end();
    });

    const images = (member = ours): Member['records']['images'] => member.records.images;
    const theySee = (what: string, condition: (view: Member['records']['images']['view']) => boolean): Promise<void> =>
      world.eventually(`they see ${what}`, () => condition(images(theirs).view));

    it('a build shows at once to its builder and soon to others', async () => {
      const told: (string | null)[] = [];
      images().view.onChange((image) => told.push(image));
      await images().builds.create(KEY, BUILD);
      expect(images().view.builds()).toEqual([{ ...KEY, value: BUILD }]);
      expect(images().view.images()).toEqual(['img']);
      await theySee('the build', (view) => view.builds('img').length === 1);
      expect(images(theirs).view.builds()).toEqual([{ ...KEY, value: BUILD }]);
      const ready = await images().builds.update(KEY, { state: 'ready', formats: ['raw', 'qcow2'] });
      expect(ready.stateTime).toBeGreaterThan(5);
      expect(images().view.builds()[0]?.value.state).toBe('ready');
      await theySee('it ready', (view) => view.builds()[0]?.value.state === 'ready');
      expect(images(theirs).view.builds()[0]?.value.formats).toEqual(['qcow2', 'raw']);
      expect(new Set(told)).toEqual(new Set(['img']));
    });

    it('uploads are numbered, and the lock beside them is none', async () => {
      await images().builds.create(KEY, BUILD);
      const lease = granted(await images().uploads.lockProvider(PLACE));
      const first = await images().uploads.create(PLACE, UPLOAD);
      const second = await images().uploads.create(PLACE, UPLOAD);
      expect(first.upload).toMatch(/^\d{10}$/);
      expect(second.upload > first.upload).toBe(true);
      expect(
        images()
          .view.uploads({ provider: 'cloud' })
          .map(({ upload }) => upload),
      ).toEqual([first.upload, second.upload]);
      await images().uploads.update(first, { state: 'ready', externalId: 'id-1' });
      await theySee('both', (view) => view.uploads({ build: 'b1' }).length === 2);
      await theySee('one ready', (view) => view.uploads()[0]?.value.externalId === 'id-1');
      expect(await images(theirs).uploads.list(PLACE)).toEqual(images().view.uploads());
      expect(await images(theirs).uploads.lockProvider(PLACE)).toEqual({ refused: 'busy' });
      await lease.release();
      granted(await images(theirs).uploads.lockProvider(PLACE));
    });

    it('a build has uploads as long as there is a record, or somebody about to make one', async () => {
      await images().builds.create(KEY, BUILD);
      expect(await images(theirs).uploads.anyOf(KEY)).toBe(false);
      const lease = granted(await images().uploads.lockProvider(PLACE));
      expect(await images(theirs).uploads.anyOf(KEY)).toBe(true);
      const upload = await images().uploads.create(PLACE, UPLOAD);
      await lease.release();
      expect(await images(theirs).uploads.anyOf(KEY)).toBe(true);
      await images().uploads.remove(upload);
      expect(await images(theirs).uploads.anyOf(KEY)).toBe(false);
      expect(await images(theirs).uploads.anyOf({ ...KEY, build: 'no-such' })).toBe(false);
    });

    it('an upload number that an import has taken is not used again', async () => {
      await images().builds.create(KEY, BUILD);
      const folder = `${IMAGES}/img/builds/b1/providers/cloud/images`;
      for (const number of ['0000000001', '0000000002', '0000000007']) {
        await theirs.store.create(`${folder}/${number}`, bytes('{"state": "ready"}'), { makeParents: true });
      }
      const made = new Set<string>();
      for (let count = 0; count < 8; count++) made.add((await images().uploads.create(PLACE, UPLOAD)).upload);
      expect(made.size).toBe(8);
      expect(await theirs.store.list(folder)).toHaveLength(11);
    });

    it('nothing below a build that is gone re-creates it', async () => {
      expect(await images().builds.lock(KEY)).toEqual({ refused: 'gone' });
      expect(await images().uploads.lockProvider(PLACE)).toEqual({ refused: 'gone' });
      await expect(images().uploads.create(PLACE, UPLOAD)).rejects.toThrow(RecordGoneError);
      await expect(images().builds.update(KEY, { state: 'deleting' })).rejects.toThrow(RecordGoneError);
      const upload = { ...PLACE, upload: '0000000001' };
      await expect(images().uploads.update(upload, { state: 'ready' })).rejects.toThrow(RecordGoneError);
      expect(await images().uploads.lock(upload)).toEqual({ refused: 'gone' });
      expect(await theirs.store.stat(`${IMAGES}/img`)).toBeUndefined();
    });

    it('two changes at the same time both take effect', async () => {
      await images().builds.create(KEY, BUILD);
      await Promise.all([
        images().builds.update(KEY, { state: 'ready' }),
        images(theirs).builds.update(KEY, { builder: 'other' }),
      ]);
      expect(await images().builds.read(KEY)).toMatchObject({ state: 'ready', builder: 'other' });
    });

    it('keys that we do not know survive', async () => {
      await images().builds.create(KEY, BUILD);
      const path = `${IMAGES}/img/builds/b1`;
      await theirs.store.write(path, bytes('{"state": "ready", "state_time": 1.5, "later": [1]}'));
      await images().builds.update(KEY, { state: 'deleting' });
      expect(JSON.parse(text((await theirs.store.read(path))?.data))).toMatchObject({ state: 'deleting', later: [1] });
    });

    it('a build is removed with everything below it, also by its lock holder', async () => {
      await images().builds.create(KEY, BUILD);
      const upload = await images().uploads.create(PLACE, UPLOAD);
      await granted(await images().uploads.lock(upload)).release();
      const lease = granted(await images().builds.lock(KEY));
      await images().builds.remove(KEY);
      await lease.release();
      expect(images().view.builds()).toEqual([]);
      expect(images().view.uploads()).toEqual([]);
      expect(await theirs.store.list(`${IMAGES}/img/builds`)).toEqual([]);
      await theySee('it go', (view) => view.builds().length === 0 && view.uploads().length === 0);
    });

    it('the image lock says whether an image is being built', async () => {
      expect(await images().builds.imageLocked('img')).toBe(false);
      const lease = granted(await images().builds.lockImage('img'));
      expect(await images(theirs).builds.imageLocked('img')).toBe(true);
      expect(await images(theirs).builds.lockImage('img')).toEqual({ refused: 'busy' });
      await lease.release();
      expect(await images(theirs).builds.imageLocked('img')).toBe(false);
    });

    it('orders are idempotent and seen by all', async () => {
      const { orders } = images();
      for (let twice = 0; twice < 2; twice++) {
        await orders.requestBuild('img');
        await orders.pause('img');
      }
      expect(images().view.paused('img')).toBe(true);
      expect(images().view.buildRequested('img')).toBeGreaterThan(1e9);
      await theySee('the orders', (view) => view.paused('img') && view.buildRequested('img') !== undefined);
      expect(images(theirs).view.buildRequested('img')).toBeGreaterThan(1e9);
      for (let twice = 0; twice < 2; twice++) {
        await orders.removeBuildRequest('img');
        await orders.unpause('img');
      }
      expect(images().view.paused('img')).toBe(false);
      await theySee('them go', (view) => !view.paused('img') && view.buildRequested('img') === undefined);
      await orders.pause('img');
      await theySee('the second pause', (view) => view.paused('img'));
    });

    it('an empty image is removed, one in use is not', async () => {
      const { builds, orders } = images();
      const lease = granted(await builds.lockImage('img'));
      expect(await builds.removeEmptyImage('img')).toBe(false);
      await lease.release();
      await builds.create(KEY, BUILD);
      expect(await builds.removeEmptyImage('img')).toBe(false);
      await builds.remove(KEY);
      await orders.pause('img');
      expect(await builds.removeEmptyImage('img')).toBe(false);
      await orders.unpause('img');
      expect(await builds.removeEmptyImage('img')).toBe(true);
      expect(await builds.removeEmptyImage('img')).toBe(true);
      expect(await theirs.store.stat(`${IMAGES}/img`)).toBeUndefined();
      await theySee('it go', (view) => view.images().length === 0);
      await world.eventually('we see it go', () => images().view.images().length === 0);
    });

    it('damaged records stop nobody', async () => {
      await images().builds.create(KEY, BUILD);
      await theirs.store.create(`${IMAGES}/img/builds/b2`, bytes('oops'));
      await theirs.store.create(`${IMAGES}/img/builds/b3`, bytes(''));
      await world.eventually('we see the damage', () => images().view.damaged().length === 2);
      expect(
        images()
          .view.builds()
          .map(({ build }) => build),
      ).toEqual(['b1']);
      expect(await images().builds.read({ image: 'img', build: 'b2' })).toBeUndefined();
      expect((await images().builds.list('img')).map(({ build }) => build)).toEqual(['b1']);
      await images().builds.remove({ image: 'img', build: 'b2' });
      expect(
        images()
          .view.damaged()
          .map(({ id }) => id),
      ).toEqual(['b3']);
    });

    it('one provider is erased everywhere', async () => {
      for (const build of ['b1', 'b2']) {
        await images().builds.create({ image: 'img', build }, BUILD);
        for (const provider of ['cloud', 'other'])
          await images().uploads.create({ image: 'img', build, provider }, UPLOAD);
      }
      await images().uploads.eraseProvider('cloud');
      expect(images().view.uploads({ provider: 'cloud' })).toEqual([]);
      await theySee('the rest', (view) => view.uploads().length === 2);
      expect(
        images(theirs)
          .view.uploads()
          .every(({ provider }) => provider === 'other'),
      ).toBe(true);
    });

    it('after a new session the view is right again', async () => {
      await images(theirs).builds.create(KEY, BUILD);
      const upload = await images(theirs).uploads.create(PLACE, UPLOAD);
      await world.eventually('we see both', () => images().view.uploads().length === 1);
      await world.cut(ours.store);
      await images(theirs).uploads.remove(upload);
      await images(theirs).builds.update(KEY, { state: 'ready' });
      await images(theirs).builds.create({ image: 'img2', build: 'b9' }, BUILD);
      await world.expire(ours.store);
      let resynced = false;
      images().view.onChange((image) => (resynced ||= image === null));
      world.restore(ours.store);
      await entering(world, ours.store, 'connected', 2);
      await world.eventually('the view is complete', () => images().view.complete && resynced);
      expect(images().view.uploads()).toEqual([]);
      expect(images().view.images()).toEqual(['img', 'img2']);
      expect(images().view.builds('img')[0]?.value.state).toBe('ready');
      await images(theirs).uploads.create(PLACE, UPLOAD);
      await world.eventually('the watches work', () => images().view.uploads().length === 1);
    });
  });
}

function granted(result: AcquireResult): Lease {
  if ('refused' in result) throw new Error(`refused: ${result.refused}`);
  return result.lease;
}
