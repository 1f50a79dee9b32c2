import { afterEach, describe, expect, it } from 'vitest';
import type { ProviderConfig } from '../../../src/domain/config/config.js';
import { aDiskImage, aProvider } from '../../support/builders.js';
import { BuilderWorld, DIR, LOGS } from './builder-world.js';
import type { BuilderNode, WorldPlan } from './builder-world.js';

let world: BuilderWorld;
afterEach(() => world.end());

async function given(plan: WorldPlan = {}): Promise<BuilderWorld> {
  world = await new BuilderWorld(plan).open();
  return world;
}

function provider(name: string, change: Partial<ProviderConfig> = {}): ProviderConfig {
  return aProvider({ name, settings: { cloud: name }, ...change });
}

async function built(node: BuilderNode, count = 1): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const before = node.dib.jobs.length;
    if (before > 0) await world.operator.images.orders.requestBuild('image');
    await world.until('a build is made and uploaded', () => {
      const newest = node.dib.jobs.at(-1)?.buildId;
      return node.dib.jobs.length > before && world.readyUploads().some((upload) => upload.build === newest);
    });
    await world.pass(10);
  }
}

const gone = (build: string) => () => !world.builds().some((other) => other.build === build);

describe('cleaning up', () => {
  it('keeps the two newest builds in the store, on disk and in the clouds [BUILDER 91]', async () => {
    await given({ providers: [provider('one'), provider('two')] });
    const node = await world.started();
    await built(node, 3);
    const [first, ...newest] = node.dib.jobs.map((job) => job.buildId);
    await world.pass(10);
    expect(
      world
        .builds()
        .map((build) => build.build)
        .sort(),
    ).toEqual([...newest].sort());
    expect(node.files().some((name) => name.includes(first!))).toBe(false);
    expect(node.files()).toHaveLength(8);
    for (const cloud of ['one', 'two']) {
      const inCloud = world.cloud(cloud).images.map((image) => image.properties['nodepool_build_id']);
      expect(inCloud.sort()).toEqual([...newest].sort());
    }
    expect(node.disk.names(LOGS)).toHaveLength(3);
    expect(world.troubles()).toBe('');
  });

  it('keeps an old build that is still among the two newest of a provider [BUILDER 92]', async () => {
    await given();
    const node = await world.started();
    await built(node);
    world.cloud().addFault({ target: 'image-upload' });
    for (let n = 0; n < 2; n += 1) {
      await world.operator.images.orders.requestBuild('image');
      await world.until('it is built', () => world.ready().length === n + 2);
    }
    await world.pass(300);
    expect(world.ready()).toHaveLength(3);
  });

  it('removes the uploads of an image taken out of one provider [BUILDER 93, 95]', async () => {
    await given({ providers: [provider('one'), provider('two')] });
    const node = await world.started();
    await built(node);
    await world.until('both have it', () => world.readyUploads().length === 2);
    world.edit({ providers: [provider('one'), provider('two', { diskImages: new Map() })] });
    await world.until('it is gone there', () => world.uploads({ provider: 'two' }).length === 0, 10);
    await world.pass(60);
    expect(world.cloud('two').images).toEqual([]);
    expect(world.readyUploads('one')).toHaveLength(1);
    expect(world.ready()).toHaveLength(1);
  });

  it('removes everything of an image taken out of the configuration, but logs [BUILDER 94]', async () => {
    await given();
    const node = await world.started();
    await built(node);
    world.edit({ images: [], providers: [aProvider({ diskImages: new Map() })] });
    await world.until('its folder is gone', () => world.operator.images.view.images().length === 0, 30);
    expect(world.builds()).toEqual([]);
    expect(world.cloud().images).toEqual([]);
    expect(node.files()).toEqual([]);
    expect(node.disk.names(LOGS)).toHaveLength(1);
  });

  it('leaves uploads of a provider dropped from the configuration, which pin their builds [BUILDER 95, 102]', async () => {
    await given();
    const node = await world.started();
    await built(node);
    world.edit({ images: [], providers: [] });
    await world.pass(300);
    expect(world.readyUploads()).toHaveLength(1);
    expect(world.builds()).toHaveLength(1);
  });

  it('reaps a build whose builder died, not one under way [BUILDER 96]', async () => {
    await given({ providers: [] });
    const victim = world.node('nb01');
    victim.dib.duration = 1000;
    await victim.start();
    await world.until('it is building', () => world.builds().length === 1);
    const survivor = await world.started('nb02');
    await world.pass(200);
    expect(world.builds()[0]?.value.state).toBe('building');
    const dead = world.builds()[0]!.build;
    await victim.die();
    await world.until('the survivor builds', () => world.ready().length === 1, 60);
    await world.until('the dead build is gone', gone(dead), 120);
    expect(survivor.dib.jobs).toHaveLength(1);
  });

  it('forgets an upload nobody works on, without asking the cloud [BUILDER 97, 100]', async () => {
    await given();
    const node = await world.started();
    await built(node);
    const build = world.ready()[0]!.build;
    await world.givenUpload(build, { state: 'uploading', externalId: null });
    await world.until('it is gone', () => world.uploads().length === 1, 5);
    await world.givenUpload(build, { state: 'deleting', externalId: null });
    await world.until('that too', () => world.uploads().length === 1, 5);
    expect(world.cloud().calls.filter((call) => call.kind === 'image-delete')).toEqual([]);
  });

  it('[LAUNCHER 113] finds what a dead upload left in the cloud, by build and upload id, and nothing else', async () => {
    await given();
    const node = await world.started();
    await built(node);
    const build = world.ready()[0]!.build;
    const orphan = await world.givenUpload(build, { state: 'uploading', externalId: null });
    const signal = new AbortController().signal;
    const spec = { name: 'half', file: '/x', format: 'qcow2', md5: null, sha256: null };
    const properties = { nodepool_build_id: build, nodepool_upload_id: orphan.upload, nodepool_provider_name: 'cloud' };
    await world.cloud().uploadImage({ ...spec, properties }, signal);
    const others = [
      { ...properties, nodepool_build_id: 'f'.repeat(32) },
      { ...properties, nodepool_build_id: '0000000001' },
      { ...properties, nodepool_provider_name: 'somebody' },
      {},
    ];
    for (const strange of others) await world.cloud().uploadImage({ ...spec, properties: strange }, signal);
    expect(world.cloud().images).toHaveLength(6);
    await world.pass(200);
    expect(world.cloud().images).toHaveLength(5);
    await world.pass(3000);
    expect(
      world
        .cloud()
        .images.slice(1)
        .map((image) => image.properties),
    ).toEqual(others);
  });

  it('finds leftovers of an upload whose record was removed by somebody who died then, in two looks', async () => {
    await given();
    const node = await world.started();
    await built(node);
    const spec = { name: 'half', file: '/x', format: 'qcow2', md5: null, sha256: null };
    const half = {
      nodepool_build_id: world.ready()[0]!.build,
      nodepool_upload_id: '77',
      nodepool_provider_name: 'cloud',
    };
    await world.cloud().uploadImage({ ...spec, properties: half }, new AbortController().signal);
    world.cloud().failNext('image-list', 1);
    await world.until('it was looked at', () => world.cloud().count('image-list').ok > 0, 2000);
    expect(world.cloud().images).toHaveLength(2);
    await world.until('it is gone', () => world.cloud().images.length === 1, 120);
    const looks = world.cloud().count('image-list').ok;
    await world.pass(600);
    expect(world.cloud().count('image-list').ok - looks).toBeLessThanOrEqual(1);
  });

  /** What reached the cloud of an upload that was cut off before it could be recorded. */
  async function givenHalfUpload(upload: string): Promise<string> {
    const spec = { name: 'half', file: '/x', format: 'qcow2', md5: null, sha256: null };
    const ids = { nodepool_build_id: world.ready()[0]!.build, nodepool_upload_id: upload };
    const properties = { ...ids, nodepool_provider_name: 'cloud' };
    return world.cloud().uploadImage({ ...spec, properties }, new AbortController().signal);
  }

  const inCloud = (): string[] => world.cloud().images.map((image) => image.externalId);
  const uploading = { state: 'uploading', externalId: null } as const;

  it('finds leftovers of an upload although the answer to the removal of its record was lost', async () => {
    await given();
    const node = await world.started();
    await built(node);
    const { upload } = await world.givenUpload(world.ready()[0]!.build, uploading);
    const half = await givenHalfUpload(upload);
    node.store.loseNextReply('remove');
    await world.pass(200);
    expect(world.uploads()).toHaveLength(1);
    expect(inCloud()).not.toContain(half);
  });

  it('keeps the image of an upload that turned out to be ready when its record could not be removed', async () => {
    await given();
    const node = await world.started();
    await built(node);
    const key = await world.givenUpload(world.ready()[0]!.build, uploading);
    const externalId = await givenHalfUpload(key.upload);
    node.store.loseNextCall('remove');
    const failed = (): boolean => node.logger.lines.some((line) => line.message.includes('Cleaning up failed'));
    await world.until('it was tried', failed, 30);
    await world.operator.images.uploads.update(key, { state: 'ready', externalId });
    await world.pass(200);
    expect(world.readyUploads()).toHaveLength(2);
    expect(inCloud()).toContain(externalId);
  });

  it('finds leftovers of a build that is removed', async () => {
    await given();
    const node = await world.started();
    await built(node);
    const { build } = world.ready()[0]!;
    const half = await givenHalfUpload('77');
    await world.operator.images.orders.pause('image');
    await world.operator.images.builds.update({ image: 'image', build }, { state: 'deleting' });
    await world.until('the build is gone', gone(build), 200);
    expect(inCloud()).toEqual([half]);
    await world.until('so are its images', () => inCloud().length === 0, 120);
  });

  it('leaves images of another installation alone, whatever they say', async () => {
    await given();
    const node = await world.started();
    await built(node);
    const spec = { name: 'theirs', file: '/x', format: 'qcow2', md5: null, sha256: null };
    const properties = {
      nodepool_build_id: world.ready()[0]!.build,
      nodepool_upload_id: '77',
      nodepool_provider_name: 'cloud',
    };
    const mark = world.cloud().images[0]?.properties['nodepool_installation_id'];
    expect(mark).toMatch(/^[0-9a-f]{32}$/);
    const upload = (id: string): Promise<string> =>
      world
        .cloud()
        .uploadImage(
          { ...spec, properties: { ...properties, nodepool_installation_id: id } },
          new AbortController().signal,
        );
    await upload('somebody-else');
    await upload(mark ?? '');
    await world.until('ours is gone', () => world.cloud().images.length === 2, 8000);
    await world.pass(4000);
    expect(world.cloud().images.map(({ properties: found }) => found['nodepool_installation_id'])).toEqual([
      mark,
      'somebody-else',
    ]);
  });

  it('skips empty and damaged records, and says so once [BUILDER 111]', async () => {
    await given();
    const node = await world.started();
    await built(node, 2);
    const empty = `/nodepool/images/image/builds/${'b'.repeat(32)}`;
    const damaged = `/nodepool/images/image/builds/${'c'.repeat(32)}`;
    const upload = `/nodepool/images/image/builds/${world.ready()[0]!.build}/providers/cloud/images/0000000099`;
    const said = node.logger.lines.length;
    await world.put(empty, '');
    await world.put(damaged, '{"state": ');
    await world.put(upload, '');
    await node.disk.write(`${DIR}/image-${'c'.repeat(32)}.qcow2`, 'x');
    await built(node);
    await world.pass(300);
    expect(world.readyUploads()).toHaveLength(2);
    expect(world.ready()).toHaveLength(2);
    expect(node.files()).toContain(`image-${'c'.repeat(32)}.qcow2`);
    const lines = node.logger.lines.slice(said).filter((line) => JSON.stringify(line.fields).includes('c'.repeat(32)));
    expect(lines.map((line) => line.level)).toEqual(['warn']);
  });

  it('shows failed builds for a cleanup interval, then removes them [BUILDER 98]', async () => {
    await given({ providers: [] });
    const node = world.node();
    node.dib.failNext();
    await node.start();
    await world.until('it failed', () => world.builds()[0]?.value.state === 'failed', 5);
    const failed = world.builds()[0]!.build;
    await world.pass(50);
    expect(gone(failed)()).toBe(false);
    await world.until('it is gone', gone(failed), 15);
  });

  it('tries a failing cloud deletion again each interval and keeps the id meanwhile [BUILDER 99, 105]', async () => {
    await given();
    const node = await world.started();
    await built(node);
    await world.operator.images.orders.pause('image');
    world.cloud().failNext('image-delete', 3);
    const { build } = world.ready()[0]!;
    const [upload] = world.readyUploads();
    await world.operator.images.builds.update({ image: 'image', build }, { state: 'deleting' });
    await world.pass(1);
    expect(world.uploads()[0]?.value).toMatchObject({ state: 'deleting', externalId: upload?.value.externalId });
    expect(node.files()).toEqual([]);
    await world.pass(125);
    expect(world.uploads()).toHaveLength(1);
    await world.until('all is gone', gone(build), 120);
    expect(world.cloud().images).toEqual([]);
  });

  it('removes a build ordered away although it is the newest, and makes a new one [BUILDER 101]', async () => {
    await given();
    const node = await world.started();
    await built(node);
    const first = world.ready()[0]!;
    await world.operator.images.builds.update(first, { state: 'deleting' });
    await world.until('it is gone', gone(first.build), 10);
    await world.until('a new one is uploaded', () => world.readyUploads().length === 1, 10);
    expect(node.files().some((name) => name.includes(first.build))).toBe(false);
  });

  it('leaves the files of another builder alone; their owner removes them when it is back [BUILDER 103, 104]', async () => {
    await given();
    const owner = await world.started('nb01');
    await built(owner);
    const first = world.ready()[0]!;
    await owner.die();
    await world.operator.images.builds.update(first, { state: 'deleting' });
    await world.started('nb02');
    await world.until('the record is gone', gone(first.build), 60);
    expect(owner.files()).toHaveLength(4);
    const back = await world.started('nb01', {}, owner.disk);
    await world.until('the files are gone', () => !back.files().some((name) => name.includes(first.build)), 60);
  });

  it('removes stray manifests and checksums of failed builds [BUILDER 106]', async () => {
    await given({ providers: [] });
    const node = world.node();
    node.dib.omit = ['qcow2'];
    await node.start();
    await world.until('it failed', () => world.builds()[0]?.value.state === 'failed', 5);
    const failed = world.builds()[0]!.build;
    const left = (): readonly string[] => node.files().filter((name) => name.includes(failed));
    await world.until('its files are gone at once, for they may fill the disk', () => left().length === 0, 1);
    // Something of the build may have outlived it.
    for (const end of ['d', 'qcow2.md5']) await node.disk.write(`${DIR}/image-${failed}.${end}`, 'x');
    await world.until('nothing is left', () => left().length === 0, 120);
  });

  it('leaves strangers’ files in the directory alone', async () => {
    await given({ providers: [] });
    const node = world.node();
    const strange = ['backup-1700000000.tar', 'notes', `image-${'a'.repeat(31)}.qcow2`, 'image-12.qcow2'];
    for (const name of strange) await node.disk.write(`${DIR}/${name}`, 'x');
    const orphan = `image-${'e'.repeat(32)}.qcow2`;
    await node.disk.write(`${DIR}/${orphan}`, 'x');
    await node.start();
    await world.pass(120);
    expect(node.files()).toEqual(expect.arrayContaining(strange));
    expect(node.files()).not.toContain(orphan);
  });

  it('does not delete what other builders have not uploaded yet [BUILDER 107]', async () => {
    await given({ providers: [provider('one')] });
    const ids = ['a', 'b'].map((letter) => letter.repeat(32));
    for (const build of ids) await world.givenBuild(build);
    await world.started();
    await world.pass(300);
    expect(world.builds().map((build) => build.build)).toEqual(ids);
  });

  it('with delete-after-upload keeps only what is still needed [BUILDER 109]', async () => {
    const image = aDiskImage({ formats: ['qcow2', 'raw', 'vhd'], deleteAfterUpload: true, keepFormats: ['vhd'] });
    await given({
      images: [image],
      providers: [provider('one'), provider('two', { imageFormat: 'raw' }), provider('three', { imageFormat: 'vhd' })],
    });
    world.cloud('two').failNext('image-upload', 1);
    const node = await world.started();
    await world.until('the first is uploaded', () => world.readyUploads('one').length === 1, 5);
    await world.pass(2);
    const base = `image-${world.ready()[0]!.build}`;
    expect(node.files()).toEqual(expect.arrayContaining([`${base}.raw`, `${base}.vhd`, `${base}.d`]));
    expect(node.files()).not.toContain(`${base}.qcow2`);
    await world.until('all are uploaded', () => world.readyUploads().length === 3, 60);
    await world.pass(2);
    expect(node.files()).toEqual([`${base}.d`, `${base}.vhd`, `${base}.vhd.md5`, `${base}.vhd.sha256`]);
  });

  it('is not stopped by one provider that hangs [BUILDER 110]', async () => {
    await given({ providers: [provider('one'), provider('two')] });
    const node = await world.started();
    await built(node);
    await world.until('both have it', () => world.readyUploads().length === 2);
    world.cloud('one').addFault({ target: 'image-delete', effect: 'hang' });
    const none = { diskImages: new Map() };
    world.edit({ providers: [provider('one', none), provider('two', none)] });
    await world.until('the other is done', () => world.uploads({ provider: 'two' }).length === 0, 10);
    expect(world.uploads({ provider: 'one' })).toHaveLength(1);
  });

  it('does nothing with the interval 0 [BUILDER 112]', async () => {
    await given({ providers: [] });
    await world.givenBuild('f'.repeat(32), { state: 'deleting' });
    await world.started('nb01', { intervals: { cleanup: 0 } });
    await world.pass(300);
    expect(world.builds().some((build) => build.value.state === 'deleting')).toBe(true);
  });

  it('comes to rest: nothing is written when nothing happens', async () => {
    await given();
    const node = await world.started();
    await built(node, 3);
    await world.pass(300);
    const before = JSON.stringify([world.builds(), world.uploads()]);
    const lines = node.logger.lines.length;
    await world.pass(3000);
    expect(JSON.stringify([world.builds(), world.uploads()])).toBe(before);
    expect(node.logger.lines.slice(lines).map((line) => line.message)).toEqual([]);
  });
});

describe('the gauges', () => {
  it('show orders, pauses and what is going on [BUILDER 162]', async () => {
    await given({ providers: [] });
    const node = world.node();
    node.dib.duration = 100;
    await node.start();
    await world.pass(1);
    const gauge = (name: string): number | undefined => node.metrics.gauges.get(`nodepool.${name}`);
    expect(gauge('builder.nb01.image.image.build.state')).toBe(1);
    expect(gauge('builder.nb01.current_builds')).toBe(1);
    await world.until('it is built', () => world.ready().length === 1);
    await world.pass(1);
    expect(gauge('builder.nb01.image.image.build.state')).toBe(0);
    await world.operator.images.orders.pause('image');
    await world.operator.images.orders.requestBuild('image');
    await world.pass(1);
    expect(gauge('image_build_requests')).toBe(1);
    expect(gauge('image.image.image_build_requests')).toBe(1);
    expect(gauge('builder.nb01.image.image.build.state')).toBe(3);
  });
});
