import { afterEach, describe, expect, it } from 'vitest';
import type { ProviderConfig, ProviderImageConfig } from '../../../src/domain/config/config.js';
import { aDiskImage, aProvider } from '../../support/builders.js';
import { BuilderWorld, DIR } from './builder-world.js';
import type { WorldPlan } from './builder-world.js';

let world: BuilderWorld;
afterEach(() => world.end());

async function given(plan: WorldPlan = {}): Promise<BuilderWorld> {
  world = await new BuilderWorld(plan).open();
  return world;
}

function inProvider(change: Partial<ProviderImageConfig> = {}): ProviderImageConfig {
  return {
    name: 'image',
    pause: false,
    configDrive: null,
    meta: {},
    connectionType: 'ssh',
    connectionPort: 22,
    ...change,
  };
}

function provider(
  name: string,
  change: Partial<ProviderConfig> = {},
  image?: Partial<ProviderImageConfig>,
): ProviderConfig {
  const diskImages = new Map([['image', inProvider(image)]]);
  return aProvider({ name, settings: { cloud: name }, diskImages, ...change });
}

describe('uploading builds', () => {
  it('uploads a new build to each provider that lists it [BUILDER 76, 160]', async () => {
    await given({
      images: [aDiskImage({ username: 'debian', pythonPath: '/py', shellType: 'cmd' })],
      providers: [provider('one'), provider('two')],
    });
    const node = await world.started();
    await world.until('both have it', () => world.readyUploads().length === 2, 5);
    const [first] = world.readyUploads('one');
    const cloud = world.cloud('one').images[0]!;
    expect(first?.upload).toMatch(/^\d{10}$/);
    expect(first?.value).toMatchObject({
      externalId: cloud.externalId,
      externalName: cloud.name,
      format: 'qcow2',
      username: 'debian',
      pythonPath: '/py',
      shellType: 'cmd',
    });
    expect(cloud.name).toMatch(/^image-\d{10}$/);
    expect(cloud.file).toBe(`${DIR}/image-${first!.build}.qcow2`);
    expect(node.metrics.counters.get('nodepool.image_update.image.one')).toBe(1);
    expect(node.metrics.timings.get('nodepool.image_update.image.one')).toHaveLength(1);
    expect(world.troubles()).toBe('');
  });

  it('uploads only the newest ready build [BUILDER 77]', async () => {
    await given();
    const node = world.node();
    const old = 'a'.repeat(32);
    const recent = 'b'.repeat(32);
    for (const build of [old, recent]) {
      await world.givenBuild(build);
      await node.disk.write(`${DIR}/image-${build}.qcow2`, 'x');
      await world.pass(10);
    }
    await node.start();
    await world.pass(100);
    expect(world.readyUploads().map((upload) => upload.build)).toEqual([recent]);
  });

  it('uploads nothing of which it has no files [BUILDER 78]', async () => {
    await given();
    await world.givenBuild('c'.repeat(32));
    const node = await world.started();
    await world.pass(60);
    expect(world.uploads()).toEqual([]);
    expect(node.journal.codes('image', 'cloud')).toEqual(['NO_LOCAL_FILES']);
  });

  it('respects a pause in one provider, and its end [BUILDER 79]', async () => {
    await given({ providers: [provider('one'), provider('two', {}, { pause: true })] });
    await world.started();
    await world.pass(60);
    expect(world.uploads().map((upload) => upload.provider)).toEqual(['one']);
    world.edit({ providers: [provider('one'), provider('two')] });
    await world.until('the other has it', () => world.readyUploads('two').length === 1, 5);
  });

  it('makes exactly one upload with two builders that share a directory [BUILDER 80]', async () => {
    await given();
    const one = world.node('nb01');
    const other = world.node('nb02', {}, one.disk);
    await Promise.all([one.start(), other.start()]);
    await world.pass(120);
    expect(world.uploads()).toHaveLength(1);
    expect(world.cloud().calls.filter((call) => call.kind === 'image-upload')).toHaveLength(1);
  });

  it('does not upload a build that lacks the provider’s format [BUILDER 81]', async () => {
    await given({ providers: [provider('one', { imageFormat: 'vhd' })] });
    const node = await world.started();
    await world.until('it is built', () => world.ready().length === 1, 5);
    await world.pass(60);
    expect(world.uploads()).toEqual([]);
    expect(node.journal.codes('image', 'one')).toEqual(['FORMAT_MISSING']);
  });

  it('sends merged properties, the configured name and the checksums [BUILDER 82, 83, 84]', async () => {
    await given({
      images: [aDiskImage({ metadata: { a: '1', b: '1' } })],
      providers: [provider('one', { imageNameFormat: '{image_name}_{upload_id}' }, { meta: { b: '2' } })],
    });
    await world.started();
    await world.until('it is uploaded', () => world.readyUploads().length === 1, 5);
    const [upload] = world.readyUploads();
    expect(world.cloud('one').images[0]).toMatchObject({
      name: `image_${upload!.upload}`,
      properties: {
        a: '1',
        b: '2',
        nodepool_build_id: upload!.build,
        nodepool_upload_id: upload!.upload,
        nodepool_provider_name: 'one',
      },
    });
  });

  it('records a failure without ids, and tries again with a new record [BUILDER 86, 160]', async () => {
    await given();
    world.cloud().failNext('image-upload', 2);
    const node = await world.started();
    await world.until('it failed', () => world.uploads()[0]?.value.state === 'failed', 5);
    expect(world.uploads()[0]?.value).toMatchObject({ externalId: null, externalName: null, format: null });
    expect(node.metrics.counters.has('nodepool.image_update.image.cloud')).toBe(false);
    await world.until('it is uploaded', () => world.readyUploads().length === 1, 60);
    expect(world.readyUploads()[0]?.upload).not.toBe('0000000001');
  });

  it('does not let a failing provider keep the others waiting [BUILDER 87]', async () => {
    await given({ providers: [provider('bad'), provider('good')] });
    world.cloud('bad').addFault({ target: 'image-upload' });
    await world.started('nb01', { workers: { upload: 1 } });
    await world.until('the good one has it', () => world.readyUploads('good').length === 1, 2);
    await world.pass(3600);
    expect(world.cloud('bad').calls.filter((call) => call.kind === 'image-upload').length).toBeLessThan(12);
  });

  it('does not let a hanging provider take all workers, and gives it up in the end', async () => {
    const images = ['a', 'b', 'c', 'd'].map((name) => aDiskImage({ name }));
    const diskImages = new Map(images.map(({ name }) => [name, inProvider({ name })]));
    await given({
      images,
      providers: [provider('bad', { diskImages, imageUploadTimeout: 500 }), provider('good', { diskImages })],
    });
    world.cloud('bad').addFault({ target: 'image-upload', effect: 'hang' });
    await world.started('nb01', { workers: { upload: 2 } });
    await world.until('the good one has all', () => world.readyUploads('good').length === 4, 10);
    await world.until(
      'the bad one failed',
      () => world.uploads({ provider: 'bad' }).some((upload) => upload.value.state === 'failed'),
      600,
    );
  });

  it('does not upload a build that is going away [BUILDER 88]', async () => {
    await given({ providers: [] });
    const node = await world.started();
    await world.until('it is built', () => world.ready().length === 1, 5);
    await world.operator.images.orders.pause('image');
    await world.operator.images.builds.update(world.ready()[0]!, { state: 'deleting' });
    world.edit({});
    await world.pass(60);
    expect(world.uploads()).toEqual([]);
    expect(node.files()).toEqual([]);
  });

  it('runs the hook; its failure takes the upload back [BUILDER 89]', async () => {
    await given({ providers: [provider('one', { postUploadHook: '/bin/hook' })] });
    const node = world.node();
    node.processes.outcome = { kind: 'exited', code: 1 };
    await node.start();
    await world.until('it failed', () => world.uploads()[0]?.value.state === 'failed', 5);
    expect(world.cloud('one').images).toEqual([]);
    const [call] = node.processes.calls;
    expect(call?.argv.slice(0, 2)).toEqual(['/bin/hook', 'one']);
    expect(call?.argv[3]).toMatch(/^\/images\/image-.*\.qcow2$/);
    node.processes.outcome = { kind: 'exited', code: 0 };
    await world.until('it is uploaded', () => world.readyUploads().length === 1, 60);
    expect(node.processes.calls.at(-1)?.argv[2]).toBe(world.readyUploads()[0]?.value.externalId);
  });

  it('uploads to a provider added to the configuration [BUILDER 28, 90]', async () => {
    await given({ providers: [provider('one')] });
    await world.started();
    await world.until('it is uploaded', () => world.readyUploads().length === 1, 5);
    world.edit({ providers: [provider('one'), provider('two')] });
    await world.until('there too', () => world.readyUploads('two').length === 1, 5);
  });

  it('uploads again what was deleted by hand', async () => {
    await given();
    await world.started();
    await world.until('it is uploaded', () => world.readyUploads().length === 1, 5);
    const [first] = world.readyUploads();
    await world.operator.images.uploads.update(first!, { state: 'deleting' });
    await world.until('it is there again', () => world.readyUploads().some((up) => up.upload !== first!.upload), 5);
    await world.pass(5);
    expect(world.uploads()).toHaveLength(1);
    expect(world.cloud().images).toHaveLength(1);
  });

  it('takes back an upload whose record was cleaned up meanwhile', async () => {
    await given();
    world.cloud().set({ uploadTime: 50 });
    const node = await world.started('nb01', { workers: { upload: 1 } });
    await world.until('it is uploading', () => world.uploads().length === 1, 5);
    await world.operator.images.uploads.remove(world.uploads()[0]!);
    await world.until('it is uploaded anew', () => world.readyUploads().length === 1, 200);
    expect(world.cloud().images.map((image) => image.externalId)).toEqual([world.readyUploads()[0]?.value.externalId]);
    expect(node.metrics.counters.get('nodepool.image_update.image.cloud')).toBe(1);
  });

  it('does not wait for uploads when stopped; the next builder clears up and uploads [BUILDER 73, 97]', async () => {
    await given();
    world.cloud().set({ uploadTime: 500 });
    const node = await world.started();
    await world.until('it is uploading', () => world.uploads().length === 1, 5);
    await world.pass(10);
    await node.builder.stop();
    expect(world.uploads()[0]?.value.state).toBe('uploading');
    await node.store.close();
    world.cloud().set({ uploadTime: 0 });
    await world.started('nb01', {}, node.disk);
    await world.until('it is uploaded', () => world.readyUploads().length === 1, 120);
    await world.pass(1);
    expect(world.uploads()).toHaveLength(1);
    expect(node.dib.jobs).toHaveLength(1);
  });
});
