import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  BuildNameError,
  ImageNameError,
  ImageNotBuildableError,
  ImagePausedError,
  NodeBusyError,
  NodeDamagedError,
} from '../../../src/ports/administration/errors.js';
import type { Commands } from '../../../src/ports/administration/commands.js';
import { aConfig, aDiskImage, aProvider } from '../../support/builders.js';
import { AdministrationBench } from './administration-bench.js';

let bench: AdministrationBench;
let commands: Commands;

beforeEach(() => {
  bench = new AdministrationBench();
  commands = bench.administration.commands;
});

afterEach(async () => {
  await bench.close();
});

describe('deleting a request', () => {
  test('removes its record, whoever made it and whatever it is called', async () => {
    for (const id of ['200-0000000001', 'ours-by-mistake']) {
      await bench.put(`/nodepool/requests/${id}`, JSON.stringify({ state: 'fulfilled', state_time: 1 }));
      expect(await bench.during(commands.requests.delete(id))).toEqual({ kind: 'done' });
      expect(await bench.store.stat(`/nodepool/requests/${id}`)).toBeUndefined();
    }
  });

  test.each(['200-0000000999', '', '../requests', 'a/b'])('%j is not found', async (id) => {
    expect(await bench.during(commands.requests.delete(id))).toEqual({
      kind: 'refused',
      code: 'REQUEST_NOT_FOUND',
      message: `Node request id ${id} not found`,
    });
  });
});

describe('deleting a node', () => {
  test('marks it whatever its state, and answers its row [BUILDER 123]', async () => {
    for (const state of ['ready', 'in-use', 'hold', 'building'] as const) {
      const id = await bench.node({ state, externalId: 'server' });
      const outcome = await bench.during(commands.nodes.delete(id));
      expect(outcome).toMatchObject({
        kind: 'done',
        node: { id, state: 'deleting', locked: false, serverId: 'server' },
      });
      expect(await bench.json(`/nodepool/nodes/${id}`)).toMatchObject({ state: 'deleting' });
    }
  });

  test.each(['0000000999', '', '../nodes', 'a/b'])('%j is not found [BUILDER 122]', async (id) => {
    expect(await bench.during(commands.nodes.delete(id))).toEqual({
      kind: 'refused',
      code: 'NODE_NOT_FOUND',
      message: `Node id ${id} not found`,
    });
    expect(await bench.store.stat(`/nodepool/nodes/0000000999`)).toBeUndefined();
  });

  test('waits five seconds for its lock [BUILDER 123]', async () => {
    const id = await bench.node();
    const lease = await bench.lockedElsewhere(id);
    const started = bench.clock.now();
    await expect(bench.during(commands.nodes.delete(id))).rejects.toBeInstanceOf(NodeBusyError);
    expect(bench.clock.now() - started).toBeCloseTo(5, 0);
    expect(await bench.json(`/nodepool/nodes/${id}`)).toMatchObject({ state: 'ready' });
    const waiting = commands.nodes.delete(id);
    await bench.clock.advance(2);
    await lease.release();
    expect(await bench.during(waiting)).toMatchObject({ kind: 'done', node: { state: 'deleting' } });
  });

  test('a damaged record is an error', async () => {
    await bench.put('/nodepool/nodes/0000000007', 'no JSON');
    await expect(bench.during(commands.nodes.delete('0000000007'))).rejects.toBeInstanceOf(NodeDamagedError);
  });

  test('the lock is free afterwards', async () => {
    const id = await bench.node();
    await bench.during(commands.nodes.delete(id));
    await (await bench.lockedElsewhere(id)).release();
  });
});

describe('deleting a node now [BUILDER 124]', () => {
  test('removes the machine and the record', async () => {
    const cloud = bench.clouds.cloud('cloud');
    const server = cloud.addForeignServer({ instances: 1 });
    const id = await bench.node({ externalId: server });
    expect(await bench.during(commands.nodes.delete(id, { now: true }))).toEqual({ kind: 'done', node: null });
    expect(cloud.servers).toEqual([]);
    expect(await bench.store.stat(`/nodepool/nodes/${id}`)).toBeUndefined();
  });

  test('a node without a machine just goes', async () => {
    const id = await bench.node({ externalId: null });
    expect(await bench.during(commands.nodes.delete(id, { now: true }))).toEqual({ kind: 'done', node: null });
  });

  test('refuses when the provider is not configured, and changes nothing', async () => {
    const id = await bench.node({ provider: 'elsewhere' });
    expect(await bench.during(commands.nodes.delete(id, { now: true }))).toEqual({
      kind: 'refused',
      code: 'PROVIDER_NOT_CONFIGURED',
      message: `Provider elsewhere for node ${id} not defined on this launcher`,
    });
    expect(await bench.json(`/nodepool/nodes/${id}`)).toMatchObject({ state: 'ready' });
    await (await bench.lockedElsewhere(id)).release();
  });

  test('a cloud that refuses is logged; the node stays marked', async () => {
    bench.clouds.cloud('cloud').failNext('delete');
    const id = await bench.node({ externalId: 'server' });
    expect(await bench.during(commands.nodes.delete(id, { now: true }))).toMatchObject({ node: { state: 'deleting' } });
    expect(bench.logger.lines.filter(({ level }) => level === 'error')).toMatchObject([{ fields: { node: id } }]);
  });

  test('a cloud that never answers is given up after ten minutes', async () => {
    bench.clouds.cloud('cloud').hangNext('delete');
    const id = await bench.node({ externalId: 'server' });
    const started = bench.clock.now();
    expect(await bench.during(commands.nodes.delete(id, { now: true }))).toMatchObject({ node: { state: 'deleting' } });
    expect(bench.clock.now() - started).toBeCloseTo(600, -1);
  });

  test('can be cancelled', async () => {
    bench.clouds.cloud('cloud').hangNext('delete');
    const id = await bench.node({ externalId: 'server' });
    const controller = new AbortController();
    const deleting = commands.nodes.delete(id, { now: true }, controller.signal);
    await bench.clock.advance(5);
    controller.abort(new Error('enough'));
    await expect(bench.during(deleting)).rejects.toThrow('enough');
    await (await bench.lockedElsewhere(id)).release();
  });
});

describe('holding a node', () => {
  test('sets the state and answers the row [BUILDER 136]', async () => {
    const id = await bench.node({ state: 'in-use' });
    expect(await bench.during(commands.nodes.hold(id))).toMatchObject({ kind: 'done', node: { id, state: 'hold' } });
    expect(await bench.json(`/nodepool/nodes/${id}`)).toMatchObject({ state: 'hold' });
  });

  test('keeps the reason as the comment, for everybody to see [C18]', async () => {
    const id = await bench.node({ state: 'ready', comment: 'as made' });
    await bench.during(commands.nodes.hold(id, { reason: 'ann looks at the disk' }));
    expect(await bench.json(`/nodepool/nodes/${id}`)).toMatchObject({
      state: 'hold',
      comment: 'ann looks at the disk',
    });
    await bench.during(commands.nodes.hold(id));
    expect(await bench.json(`/nodepool/nodes/${id}`)).toMatchObject({ comment: 'ann looks at the disk' });
  });

  test('an unknown node is not found', async () => {
    expect(await bench.during(commands.nodes.hold('1'))).toMatchObject({ kind: 'refused', code: 'NODE_NOT_FOUND' });
  });
});

const BUILD = '/nodepool/images/a-b/builds/0000000001';
const UPLOAD = `${BUILD}/providers/p/images/0000000002`;

describe('ordering a build [BUILDER 121]', () => {
  test('leaves a request, twice is fine', async () => {
    await bench.during(commands.images.build('image'));
    await bench.during(commands.images.build('image'));
    expect(await bench.text('/nodepool/images/image/request-build')).toBe('');
  });

  test('an image that is not configured', async () => {
    await expect(commands.images.build('other')).rejects.toThrow(
      'Trying to build a non disk-image-builder image: other',
    );
    await expect(commands.images.build('other')).rejects.toBeInstanceOf(ImageNotBuildableError);
    expect(await bench.store.stat('/nodepool/images/other')).toBeUndefined();
  });

  test('an image paused in the configuration', async () => {
    bench.config = aConfig({ diskImages: new Map([['image', aDiskImage({ pause: true })]]) });
    await expect(commands.images.build('image')).rejects.toThrow('Skipping build request for image image; paused');
    await expect(commands.images.build('image')).rejects.toBeInstanceOf(ImagePausedError);
  });

  test('a pause from the command line does not matter', async () => {
    await bench.during(commands.images.pause('image'));
    await bench.during(commands.images.build('image'));
    expect(await bench.text('/nodepool/images/image/request-build')).toBe('');
  });
});

describe('deleting an upload [BUILDER 125]', () => {
  const key = { image: 'a-b', build: '0000000001', provider: 'p', upload: '0000000002' };

  test.each(['ready', 'failed', 'deleting'])('%s becomes deleting, unknown keys stay', async (state) => {
    await bench.put(UPLOAD, JSON.stringify({ state, state_time: 1, external_id: 'x', foreign: [1] }));
    expect(await bench.during(commands.images.deleteUpload(key))).toEqual({ kind: 'done' });
    expect(await bench.json(UPLOAD)).toMatchObject({ state: 'deleting', external_id: 'x', foreign: [1] });
  });

  test('an upload in progress is left alone', async () => {
    await bench.put(UPLOAD, JSON.stringify({ state: 'uploading', state_time: 1 }));
    expect(await bench.during(commands.images.deleteUpload(key))).toMatchObject({
      code: 'UPLOAD_IN_PROGRESS',
      message: 'Cannot delete because image upload in progress',
    });
    expect(await bench.json(UPLOAD)).toMatchObject({ state: 'uploading' });
  });

  test.each([{ upload: '0000000009' }, { upload: 'lock' }, { image: '' }, { provider: 'p/../q' }])(
    '%j is not found',
    async (change) => {
      await bench.put(UPLOAD, JSON.stringify({ state: 'ready', state_time: 1 }));
      await bench.put(`${BUILD}/providers/p/images/lock`);
      expect(await bench.during(commands.images.deleteUpload({ ...key, ...change }))).toEqual({
        kind: 'refused',
        code: 'UPLOAD_NOT_FOUND',
        message: 'Image upload not found',
      });
    },
  );
});

describe('deleting a build [BUILDER 126]', () => {
  test('the id is cut at the last dash', async () => {
    await bench.put(BUILD, JSON.stringify({ state: 'ready', state_time: 1, formats: 'qcow2' }));
    expect(await bench.during(commands.images.deleteBuild('a-b-0000000001'))).toEqual({ kind: 'done' });
    expect(await bench.json(BUILD)).toMatchObject({ state: 'deleting', formats: 'qcow2' });
  });

  test('a build in progress is left alone', async () => {
    await bench.put(BUILD, JSON.stringify({ state: 'building', state_time: 1 }));
    expect(await bench.during(commands.images.deleteBuild('a-b-0000000001'))).toMatchObject({
      code: 'BUILD_IN_PROGRESS',
      message: 'Cannot delete a build in progress',
    });
  });

  test.each(['a-b-0000000002', 'a-0000000001', '-0000000001', 'a-b-', 'a-b-lock'])('%s is not found', async (id) => {
    await bench.put(BUILD, JSON.stringify({ state: 'ready', state_time: 1 }));
    expect(await bench.during(commands.images.deleteBuild(id))).toMatchObject({ message: `Build ${id} not found` });
  });

  test('an id without a dash is an error', async () => {
    await expect(commands.images.deleteBuild('nonsense')).rejects.toBeInstanceOf(BuildNameError);
  });
});

describe('pausing [BUILDER 134]', () => {
  test('and unpausing may be repeated, and need no image in the store', async () => {
    bench.config = aConfig({ diskImages: new Map([['new', aDiskImage({ name: 'new' })]]) });
    for (let times = 0; times < 2; times += 1) await bench.during(commands.images.pause('new'));
    expect(await bench.text('/nodepool/images/new/pause')).toBe('');
    for (let times = 0; times < 2; times += 1) await bench.during(commands.images.unpause('new'));
    expect(await bench.text('/nodepool/images/new/pause')).toBeUndefined();
  });

  test('an image that is not configured any more, but has records', async () => {
    await bench.open(['images']);
    await bench.put('/nodepool/images/old/builds/0000000001', JSON.stringify({ state: 'ready', state_time: 1 }));
    await bench.clock.settle();
    await bench.during(commands.images.pause('old'));
    expect(await bench.text('/nodepool/images/old/pause')).toBe('');
  });

  test('an image that nobody knows is an error that says so, and nothing is made [C20] [CASE image-pause nosuch]', async () => {
    bench.config = aConfig({ diskImages: new Map([['debian-stable', aDiskImage({ name: 'debian-stable' })]]) });
    for (const order of ['pause', 'unpause'] as const) {
      await expect(commands.images[order]('nosuch')).rejects.toThrow('There is no image nosuch');
      await expect(commands.images[order]('debian-stabel')).rejects.toThrow('did you mean debian-stable?');
    }
    expect((await bench.store.list('/nodepool/images')) ?? []).toEqual([]);
  });

  test('a name that cannot be one', async () => {
    await expect(commands.images.pause('../nodes')).rejects.toBeInstanceOf(ImageNameError);
    await expect(commands.images.unpause('')).rejects.toBeInstanceOf(ImageNameError);
  });
});

describe('erasing a provider [BUILDER 132]', () => {
  test('removes its uploads and nodes only, whoever holds their locks', async () => {
    const other = `${BUILD}/providers/q/images/0000000001`;
    await bench.put(BUILD, JSON.stringify({ state: 'ready', state_time: 1 }));
    await bench.put(UPLOAD, JSON.stringify({ state: 'uploading', state_time: 1 }));
    await bench.put(`${BUILD}/providers/p/images/lock/x__lock__0000000000`);
    await bench.put(other, JSON.stringify({ state: 'ready', state_time: 1 }));
    const mine = await bench.node({ provider: 'p', state: 'in-use' });
    const theirs = await bench.node({ provider: 'q' });
    await bench.lockedElsewhere(mine);
    await bench.open();

    await bench.during(commands.data.eraseUploads('p'));
    await bench.during(commands.data.eraseNodes('p'));

    expect(await bench.store.stat(`${BUILD}/providers/p`)).toBeUndefined();
    expect(await bench.json(other)).toMatchObject({ state: 'ready' });
    expect(await bench.json(BUILD)).toMatchObject({ state: 'ready' });
    expect(await bench.store.list('/nodepool/nodes')).toEqual([theirs]);
  });

  test('a provider without data, or with an impossible name, changes nothing', async () => {
    await bench.node({ provider: 'p' });
    await bench.put(UPLOAD, JSON.stringify({ state: 'ready', state_time: 1 }));
    await bench.open();
    for (const provider of ['nine', '', '..', 'p/images']) {
      await bench.during(commands.data.eraseUploads(provider));
      await bench.during(commands.data.eraseNodes(provider));
    }
    expect(await bench.json(UPLOAD)).toMatchObject({ state: 'ready' });
    expect(await bench.store.list('/nodepool/nodes')).toHaveLength(1);
  });
});

describe('alien images [BUILDER 128, 129]', () => {
  const properties = { nodepool_build_id: '0000000001' };

  async function uploaded(cloud: string, name: string, marked = true): Promise<string> {
    const spec = { name, file: '/f', format: 'raw', md5: null, sha256: null, properties: marked ? properties : {} };
    return bench.during(bench.clouds.cloud(cloud).uploadImage(spec, new AbortController().signal));
  }

  beforeEach(() => {
    bench.config = aConfig(
      {},
      aProvider({ name: 'one', settings: { cloud: 'one' } }),
      aProvider({ name: 'two', settings: { cloud: 'two' } }),
      aProvider({ name: 'fixed', driver: 'static', managesImages: false }),
    );
  });

  test('are those marked by a Nodepool that no record knows', async () => {
    const known = await uploaded('one', 'known');
    await bench.put(
      '/nodepool/images/i/builds/1/providers/one/images/0000000000',
      JSON.stringify({ state: 'deleting', state_time: 1, external_id: known }),
    );
    await bench.put('/nodepool/images/i/builds/1', '').catch(() => undefined);
    const alien = await uploaded('one', 'alien');
    await uploaded('one', 'private', false);
    const second = await uploaded('two', 'second');
    await bench.open();
    expect(await bench.during(bench.administration.aliens.find())).toEqual([
      { provider: 'one', name: 'alien', externalId: alien },
      { provider: 'two', name: 'second', externalId: second },
    ]);
    expect(await bench.during(bench.administration.aliens.find('two'))).toHaveLength(1);
    expect(await bench.during(bench.administration.aliens.find('nine'))).toEqual([]);
    expect(await bench.during(bench.administration.aliens.find('fixed'))).toEqual([]);
  });

  test('are not those that another provider of the same account has put there', async () => {
    bench.config = aConfig(
      {},
      aProvider({ name: 'one', settings: { cloud: 'one' } }),
      aProvider({ name: 'two', settings: { cloud: 'one' } }),
    );
    const ofTwo = await uploaded('one', 'of two');
    await bench.put(
      '/nodepool/images/i/builds/1/providers/two/images/0000000000',
      JSON.stringify({ state: 'ready', state_time: 1, external_id: ofTwo }),
    );
    const alien = await uploaded('one', 'alien');
    await bench.open();
    expect(await bench.during(bench.administration.aliens.find('one'))).toEqual([
      { provider: 'one', name: 'alien', externalId: alien },
    ]);
  });

  test('a cloud that fails only warns', async () => {
    bench.clouds.cloud('one').failNext('image-list', 1, { message: 'no service' });
    await uploaded('two', 'second');
    await bench.open();
    expect(await bench.during(bench.administration.aliens.find())).toHaveLength(1);
    expect(bench.logger.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'Exception listing alien images for one: no service' },
    ]);
  });
});
