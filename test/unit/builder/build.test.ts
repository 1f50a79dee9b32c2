import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDiskImage, aProvider } from '../../support/builders.js';
import { BuilderWorld, DIR, HEX, LOGS } from './builder-world.js';
import type { WorldPlan } from './builder-world.js';

const noProviders = { providers: [] };
const two = [aDiskImage({ name: 'a' }), aDiskImage({ name: 'b' })];
let world: BuilderWorld;
afterEach(() => world.end());

async function given(plan: WorldPlan = noProviders): Promise<BuilderWorld> {
  world = await new BuilderWorld(plan).open();
  return world;
}

describe('building images', () => {
  beforeEach(() => given());

  it('builds what was never built, and records who did [BUILDER 42, 43]', async () => {
    const node = world.node();
    node.dib.duration = 10;
    await node.start();
    await world.until('a build is under way', () => world.builds()[0]?.value.state === 'building');
    const id = await node.disk.builderId(DIR);
    expect(world.builds()).toHaveLength(1);
    expect(world.builds()[0]).toMatchObject({
      image: 'image',
      build: expect.stringMatching(HEX) as string,
      value: { builder: 'nb01', builderId: id, username: 'zuul', formats: ['qcow2'] },
    });
    await world.until('the build is ready', () => world.ready().length === 1);
    expect(world.builds()[0]?.value).toMatchObject({ formats: ['qcow2'], builder: 'nb01', builderId: id });
    expect(node.disk.text(`${LOGS}/image-${world.builds()[0]!.build}.log`)).toMatch(/Exit code: 0\n$/);
    expect(world.troubles()).toBe('');
  });

  it('builds again when the build has reached rebuild-age [BUILDER 45]', async () => {
    world.edit({ ...noProviders, images: [aDiskImage({ rebuildAge: 600 })] });
    const node = await world.started();
    await world.until('there is a build', () => world.ready().length === 1);
    await world.pass(590);
    expect(node.dib.jobs).toHaveLength(1);
    await world.until('it is rebuilt', () => world.ready().length === 2, 20);
  });

  it('does not build a paused image; a pending order stays [BUILDER 48, 71]', async () => {
    world.edit({ ...noProviders, images: [aDiskImage({ pause: true }), aDiskImage({ name: 'other' })] });
    await world.operator.images.orders.requestBuild('image');
    await world.operator.images.orders.pause('other');
    const node = await world.started();
    await world.pass(100);
    expect(node.dib.jobs).toEqual([]);
    expect(node.journal.codes('image', 'nb01')).toEqual(['IMAGE_PAUSED']);
    expect(world.operator.images.view.buildRequested('image')).toBeDefined();
    await world.operator.images.orders.unpause('other');
    await world.until('the other is built', () => world.ready().some((build) => build.image === 'other'), 1);
  });

  it('does not build while somebody else holds the image’s lock, and does not complain [BUILDER 49]', async () => {
    const held = await world.operator.images.builds.lockImage('image');
    const node = await world.started();
    await world.pass(60);
    expect(node.dib.jobs).toEqual([]);
    expect(node.journal.codes('image', 'nb01')).toEqual(['IN_PROGRESS']);
    expect(world.troubles()).toBe('');
    if ('lease' in held) await held.lease.release();
    await world.until('it is built', () => world.ready().length === 1, 20);
  });

  it('makes one build of an image with two builders [BUILDER 50, 51]', async () => {
    const [one, other] = await Promise.all([world.started('nb01'), world.started('nb02')]);
    await world.pass(300);
    expect(one.dib.jobs.length + other.dib.jobs.length).toBe(1);
    expect(world.builds()).toHaveLength(1);
  });

  it('carries out an order although the image is fresh, and takes it away after success [BUILDER 52]', async () => {
    const node = await world.started();
    await world.until('there is a build', () => world.ready().length === 1);
    await world.pass(5);
    await world.operator.images.orders.requestBuild('image');
    await world.until('there is a second', () => world.ready().length === 2, 1);
    await world.until('the order is gone', () => world.operator.images.view.buildRequested('image') === undefined, 1);
    await world.pass(300);
    expect(node.dib.jobs).toHaveLength(2);
  });

  it('keeps an order whose build failed, and tries again [BUILDER 53]', async () => {
    const node = await world.started();
    await world.until('there is a build', () => world.ready().length === 1);
    node.dib.failNext();
    await world.operator.images.orders.requestBuild('image');
    await world.until('it failed', () => world.builds().some((build) => build.value.state === 'failed'), 5);
    expect(world.operator.images.view.buildRequested('image')).toBeDefined();
    await world.until('it is built', () => world.ready().length === 2, 15);
    await world.pass(1);
    expect(world.operator.images.view.buildRequested('image')).toBeUndefined();
  });

  it('records a failed build, sends its metrics, and holds off longer and longer [BUILDER 59, 69]', async () => {
    const node = world.node();
    node.dib.failNext(100, 127);
    await node.start();
    await world.until('it failed', () => world.builds()[0]?.value.state === 'failed', 1);
    expect(world.builds()[0]?.value.formats).toEqual([]);
    expect(node.metrics.gauges.get('nodepool.dib_image_build.image.status.rc')).toBe(127);
    expect(node.journal.codes('image', 'nb01')).toEqual(['BACKOFF', 'NO_READY_BUILD']);
    await world.pass(11);
    expect(node.dib.jobs).toHaveLength(2);
    await world.pass(3600);
    expect(node.dib.jobs.length).toBeLessThan(12);
    node.dib.stopFailing();
    world.edit({ ...noProviders, images: [aDiskImage({ elements: ['repaired'] })] });
    await world.until('a changed recipe is tried at once', () => world.ready().length === 1, 2);
  });

  it('counts a build without one of its files as failed [BUILDER 68]', async () => {
    world.edit({ ...noProviders, images: [aDiskImage({ formats: ['qcow2', 'raw'] })] });
    const node = world.node();
    node.dib.omit = ['raw'];
    await node.start();
    await world.until('it failed', () => world.builds()[0]?.value.state === 'failed', 5);
    expect(world.troubles()).toContain('wrote no file for raw');
  });

  it('sends sizes, return code, duration and time of a good build, in both families [BUILDER 158, 159]', async () => {
    const node = world.node();
    node.dib.duration = 30;
    await node.start();
    await world.until('it is ready', () => world.ready().length === 1);
    const base = 'nodepool.dib_image_build.image';
    expect(node.metrics.gauges.get(`${base}.qcow2.size`)).toBe(4096);
    expect(node.metrics.gauges.get(`${base}.qcow2.rc`)).toBe(0);
    expect(node.metrics.gauges.get(`${base}.status.rc`)).toBe(0);
    expect(node.metrics.gauges.get(`${base}.status.last_build`)).toBe(1_700_000_030);
    for (const family of ['qcow2', 'status']) {
      expect(node.metrics.timings.get(`${base}.${family}.duration`)).toEqual([30]);
    }
  });

  it('sends no size of a failed build [BUILDER 158]', async () => {
    const node = world.node();
    node.dib.failNext();
    await node.start();
    await world.until('it failed', () => world.builds()[0]?.value.state === 'failed', 5);
    expect(node.metrics.gauges.has('nodepool.dib_image_build.image.qcow2.size')).toBe(false);
  });

  it('calls a build failed whose session was lost, and builds again [BUILDER 66]', async () => {
    const node = world.node();
    node.dib.duration = 100;
    await node.start();
    await world.until('it is building', () => node.dib.jobs.length === 1);
    await world.pass(5);
    const first = world.builds()[0]!.build;
    node.store.expireSession();
    await world.until('another is ready', () => world.ready().length === 1);
    expect(world.ready()[0]?.build).not.toBe(first);
    await world.until('no trace of the first is left', () => world.builds().length === 1);
    expect(node.files().some((name) => name.includes(first))).toBe(false);
  });

  it('sits out a short disconnect during a build', async () => {
    const node = world.node();
    node.dib.duration = 100;
    await node.start();
    await world.until('it is building', () => node.dib.jobs.length === 1);
    await world.pass(95);
    node.store.loseConnection();
    await world.pass(8);
    node.store.restoreConnection();
    await world.until('it is ready', () => world.ready().length === 1, 10);
    expect(node.dib.jobs).toHaveLength(1);
  });

  it('removes its files when the record is gone at the end, and goes on [BUILDER 67]', async () => {
    const node = world.node();
    node.dib.duration = 50;
    await node.start();
    await world.until('it is building', () => world.builds().length === 1);
    const first = world.builds()[0]!;
    await world.operator.images.builds.remove(first);
    await world.until('it is built anew', () => world.ready().length === 1);
    expect(node.files().some((name) => name.includes(first.build))).toBe(false);
  });

  it('starts nothing while the session is suspended, and resumes afterwards [BUILDER 75]', async () => {
    const node = await world.started();
    await world.until('there is a build', () => world.ready().length === 1);
    node.store.loseConnection();
    await world.operator.images.orders.requestBuild('image');
    await world.pass(100);
    expect(node.dib.jobs).toHaveLength(1);
    node.store.restoreConnection();
    await world.until('there is a second', () => world.ready().length === 2, 20);
  });

  it('refuses to start twice, or without an images directory [BUILDER 41]', async () => {
    const node = await world.started();
    await expect(node.builder.start()).rejects.toThrow('Cannot start, already running.');
    const poor = new BuilderWorld({ config: { imagesDir: null } });
    await expect(poor.node().builder.start()).rejects.toThrow('No images-dir specified in config.');
    await poor.end();
  });

  it('waits for the running build when stopped, and starts no other [BUILDER 73]', async () => {
    world.edit({ ...noProviders, images: two });
    const node = world.node();
    node.dib.duration = 100;
    await node.start();
    await world.until('it is building', () => node.dib.jobs.length === 1);
    let stopped = false;
    const stopping = node.builder.stop().then(() => (stopped = true));
    await world.pass(50);
    expect(stopped).toBe(false);
    await world.pass(60);
    expect(stopped).toBe(true);
    await stopping;
    expect(world.ready()).toHaveLength(1);
    expect(node.dib.jobs).toHaveLength(1);
  });

  it('does not build with too little room on the disk', async () => {
    const node = world.node('nb01', { minFreeBytes: 1000 });
    node.disk.free = 999;
    await node.start();
    await world.pass(60);
    expect(node.dib.jobs).toEqual([]);
    expect(node.journal.codes('image', 'nb01')).toEqual(['DISK_FULL']);
    node.disk.free = 1000;
    await world.until('it is built', () => world.ready().length === 1, 15);
  });
});

describe('building several images', () => {
  it('builds one after the other with one worker, at once with two [BUILDER 74]', async () => {
    await given({ ...noProviders, images: two });
    const node = world.node('nb01', { workers: { build: 2 } });
    node.dib.duration = 10;
    await node.start();
    await world.pass(1);
    expect(node.dib.jobs).toHaveLength(2);
    await world.pass(20);
    const slow = await new BuilderWorld({ ...noProviders, images: two }).open();
    const single = slow.node('nb02');
    single.dib.duration = 10;
    await single.start();
    await slow.pass(9);
    expect(single.dib.jobs).toHaveLength(1);
    await slow.until('both are built', () => slow.ready().length === 2, 15);
    await slow.end();
  });

  it('does not let a failing image block the others [BUILDER 62, 69]', async () => {
    await given({ ...noProviders, images: two });
    const node = world.node();
    node.dib.failNext(1);
    await node.start();
    await world.until('the other is built', () => world.ready().some((build) => build.image === 'b'), 1);
  });

  it('respects a pause that came during a long build [BUILDER 70]', async () => {
    await given({ ...noProviders, images: two });
    const node = world.node();
    node.dib.duration = 100;
    await node.start();
    await world.pass(50);
    world.edit({ ...noProviders, images: [two[0]!, aDiskImage({ name: 'b', pause: true })] });
    await world.pass(300);
    expect(node.dib.jobs.map((job) => job.image.name)).toEqual(['a']);
  });

  it('keeps working with a provider that cannot start', async () => {
    await given({ providers: [aProvider({ driver: 'nonsense' })] });
    const node = await world.started();
    await world.until('it is built', () => world.ready().length === 1, 5);
    await world.pass(1);
    expect(node.journal.codes('image', 'cloud')).toEqual(['PROVIDER_NOT_READY', 'UPLOAD_MISSING']);
  });
});
