import { afterEach, describe, expect, it } from 'vitest';
import type { Administration } from '../../../src/apps/administration/administration.js';
import { currentUpload } from '../../../src/domain/decide/current-image.js';
import { aDiskImage, aProvider } from '../../support/builders.js';
import { BuilderWorld } from './builder-world.js';
import type { BuilderNode, WorldPlan } from './builder-world.js';

let world: BuilderWorld;
let nodepool: Administration;
let node: BuilderNode;
afterEach(() => world.end());

/** A builder that has built and uploaded twice, and an operator at the command line beside it. */
async function given(plan: WorldPlan = {}): Promise<void> {
  world = await new BuilderWorld(plan).open();
  nodepool = world.administration();
  node = await world.started();
  await uploaded(1);
  await world.pass(10);
  await nodepool.commands.images.build('image');
  await uploaded(2);
  await world.pass(10);
}

function uploaded(count: number): Promise<void> {
  return world.until(`${count} are uploaded`, () => world.readyUploads().length === count, 60);
}

/** The build that launchers make nodes from now. */
function inUse(): string | undefined {
  return currentUpload(world.uploads(), 'cloud')?.build;
}

function paused(): WorldPlan {
  const [image] = aProvider().diskImages.values();
  return { providers: [aProvider({ diskImages: new Map([['image', { ...image!, pause: true }]]) })] };
}

const made = (which: number): string => node.dib.jobs[which]!.buildId;

describe('an operator who finds the newest image broken', () => {
  it('deletes its upload: the previous one is used, until it is uploaded again [BUILDER 125, 127]', async () => {
    await given();
    expect(inUse()).toBe(made(1));
    const upload = currentUpload(world.uploads(), 'cloud')!;
    world.cloud().set({ uploadTime: 30 });
    expect(await nodepool.commands.images.deleteUpload(upload)).toEqual({ kind: 'done' });
    await world.pass(1);
    expect(inUse()).toBe(made(0));
    await world.until('the newest is there again', () => inUse() === made(1), 60);
    expect(world.readyUploads().find(({ build }) => build === made(1))?.upload).not.toBe(upload.upload);
    expect(node.dib.jobs).toHaveLength(2);
    await world.pass(10);
    expect(world.cloud().images).toHaveLength(2);
  });

  it('and has paused it in the provider: the previous one stays in use [BUILDER 127]', async () => {
    await given();
    world.edit(paused());
    await world.pass(2);
    await nodepool.commands.images.deleteUpload(currentUpload(world.uploads(), 'cloud')!);
    await world.pass(3000);
    expect(inUse()).toBe(made(0));
    expect(world.uploads()).toHaveLength(1);
    expect(world.cloud().images).toHaveLength(1);
    world.edit({});
    await world.until('it is uploaded when the pause ends', () => inUse() === made(1), 20);
  });

  it('deletes the build: it goes everywhere, and a new one is built [BUILDER 126]', async () => {
    await given({ images: [aDiskImage({ rebuildAge: 3600 })] });
    await world.pass(3_200);
    expect(await nodepool.commands.images.deleteBuild(`image-${made(1)}`)).toEqual({ kind: 'done' });
    await world.pass(10);
    // The previous build is fresh enough: nothing is built before it has reached rebuild-age.
    expect(inUse()).toBe(made(0));
    expect(node.dib.jobs).toHaveLength(2);
    await world.pass(400);
    await world.until('a new one is in use', () => inUse() === made(2), 60);
    await world.pass(10);
    expect(
      world
        .builds()
        .map(({ build }) => build)
        .sort(),
    ).toEqual([made(0), made(2)].sort());
    expect(node.files().filter((name) => name.includes(made(1)))).toEqual([]);
    expect(world.cloud().images.map((image) => image.properties['nodepool_build_id'])).toEqual([made(0), made(2)]);
  });

  it('and has paused the image: nothing is built until the pause ends [BUILDER 126, 134]', async () => {
    await given();
    await nodepool.commands.images.pause('image');
    await nodepool.commands.images.pause('image');
    for (const which of [0, 1]) await nodepool.commands.images.deleteBuild(`image-${made(which)}`);
    await world.pass(3000);
    expect(world.builds()).toEqual([]);
    expect(world.cloud().images).toEqual([]);
    expect(node.files()).toEqual([]);
    expect(node.dib.jobs).toHaveLength(2);
    await nodepool.commands.images.unpause('image');
    await nodepool.commands.images.unpause('image');
    await world.until('it is built and uploaded', () => inUse() === made(2), 10);
  });

  it('deletes the older build: that alone goes, and nothing is built', async () => {
    await given();
    await nodepool.commands.images.deleteBuild(`image-${made(0)}`);
    await world.pass(600);
    expect(world.ready().map(({ build }) => build)).toEqual([made(1)]);
    expect(world.cloud().images).toHaveLength(1);
    expect(node.dib.jobs).toHaveLength(2);
  });
});

describe('an operator', () => {
  it('sees builds being built and uploads being uploaded, and cannot delete them [BUILDER 120, 125, 126]', async () => {
    await given();
    node.dib.duration = 100;
    world.cloud().set({ uploadTime: 100 });
    await nodepool.commands.images.build('image');
    await nodepool.commands.images.build('image');
    await world.pass(50);
    const building = nodepool.queries.builds().find(({ state }) => state === 'building')!;
    expect(building.build).toBe(made(2));
    expect(nodepool.queries.imageStatus()).toMatchObject([{ image: 'image', buildRequest: 'building' }]);
    expect(await nodepool.commands.images.deleteBuild(`image-${building.build}`)).toMatchObject({
      message: 'Cannot delete a build in progress',
    });
    await world.pass(60);
    const uploading = nodepool.queries.uploads().find(({ state }) => state === 'uploading')!;
    expect(uploading).toMatchObject({ build: made(2), provider: 'cloud', externalId: null });
    expect(await nodepool.commands.images.deleteUpload(uploading)).toMatchObject({
      message: 'Cannot delete because image upload in progress',
    });
    await world.until('it is in use', () => inUse() === made(2), 120);
    expect(node.dib.jobs).toHaveLength(3);
    expect(nodepool.queries.imageStatus()).toMatchObject([{ image: 'image', buildRequest: null }]);
  });

  it('orders while the builders’ disk is full: the order waits [BUILDER 121]', async () => {
    world = await new BuilderWorld({ providers: [] }).open();
    nodepool = world.administration();
    node = world.node('nb01', { minFreeBytes: 10 });
    node.disk.free = 1;
    await node.start();
    await nodepool.commands.images.build('image');
    await world.pass(60);
    expect(nodepool.queries.imageStatus()).toMatchObject([{ buildRequest: 'pending' }]);
    node.disk.free = 100;
    await world.until('it is carried out', () => nodepool.queries.imageStatus()[0]?.buildRequest === null, 30);
  });

  it('takes an image out of use: uploads, builds and files go, another image stays', async () => {
    const images = [aDiskImage(), aDiskImage({ name: 'other' })];
    const [inProvider] = aProvider().diskImages.values();
    const both = new Map(images.map(({ name }) => [name, { ...inProvider!, name }]));
    world = await new BuilderWorld({ images, providers: [aProvider({ diskImages: both })] }).open();
    node = await world.started();
    await uploaded(2);
    const other = new Map([['other', both.get('other')!]]);
    world.edit({ images: [images[1]!], providers: [aProvider({ diskImages: other })] });
    await world.until('it is gone', () => world.operator.images.view.images().join() === 'other', 60);
    expect(world.cloud().images).toHaveLength(1);
    expect(node.files().every((name) => name.startsWith('other-'))).toBe(true);
  });

  it('exports and imports the records while everything is stopped; the builder goes on from there [BUILDER 135]', async () => {
    await given();
    const before = inUse();
    await node.builder.stop();
    const data = await nodepool.commands.data.exportImages();
    for (const build of world.builds()) await world.operator.images.builds.remove(build);
    expect(inUse()).toBeUndefined();
    await nodepool.commands.data.importImages(data);
    const back = await world.started('nb01', {}, node.disk);
    await world.pass(100);
    expect(inUse()).toBe(before);
    expect(back.dib.jobs).toEqual([]);
    expect(back.files().filter((name) => name.endsWith('.qcow2'))).toHaveLength(2);
    await nodepool.commands.images.deleteUpload(currentUpload(world.uploads(), 'cloud')!);
    await world.until('it is uploaded under a new number', () => inUse() === before, 20);
    expect(currentUpload(world.uploads(), 'cloud')?.upload).toBe('0000000003');
  });
});
