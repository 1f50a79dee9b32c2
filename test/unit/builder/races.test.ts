import { afterEach, describe, expect, it } from 'vitest';
import { aProvider } from '../../support/builders.js';
import { BuilderWorld, DIR } from './builder-world.js';
import type { WorldPlan } from './builder-world.js';

const OTHER = 'd'.repeat(32);
const noCleanup = { intervals: { cleanup: 0 } };
let world: BuilderWorld;
afterEach(() => world.end());

async function given(plan: WorldPlan = {}): Promise<BuilderWorld> {
  world = await new BuilderWorld(plan).open();
  return world;
}

/** The method, with something happening right before its next call, as it may between a decision and its lock. */
function onceAfter<Args extends unknown[], Result>(
  happening: () => Promise<unknown>,
  method: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  let pending = true;
  return async (...args) => {
    if (pending) {
      pending = false;
      await happening();
    }
    return method(...args);
  };
}

describe('between the decision and the lock', () => {
  it('a build by somebody else makes ours unnecessary [BUILDER 51]', async () => {
    await given({ providers: [] });
    const node = world.node();
    const { builds } = node.records.images;
    builds.lockImage = onceAfter(() => world.givenBuild(OTHER), builds.lockImage.bind(builds));
    await node.start();
    await world.pass(60);
    expect(node.dib.jobs).toEqual([]);
    expect(world.builds().map((build) => build.build)).toEqual([OTHER]);
  });

  it('an upload by somebody else makes ours unnecessary [BUILDER 80]', async () => {
    await given();
    const node = world.node();
    const { uploads } = node.records.images;
    const other = () => world.givenUpload(world.ready()[0]!.build);
    uploads.lockProvider = onceAfter(other, uploads.lockProvider.bind(uploads));
    await node.start();
    await world.pass(60);
    expect(world.uploads()).toHaveLength(1);
    expect(world.cloud().images).toEqual([]);
  });

  it('a build on its way out is not uploaded any more [BUILDER 88]', async () => {
    await given();
    const node = world.node('nb01', noCleanup);
    const { uploads } = node.records.images;
    const order = async (): Promise<void> => {
      await world.operator.images.orders.pause('image');
      await world.operator.images.builds.update(world.ready()[0]!, { state: 'deleting' });
    };
    uploads.lockProvider = onceAfter(order, uploads.lockProvider.bind(uploads));
    await node.start();
    await world.pass(60);
    expect(world.uploads()).toEqual([]);
  });

  it('a record that came up saves its files', async () => {
    await given({ providers: [] });
    const node = world.node();
    await world.givenBuild('e'.repeat(32));
    await node.disk.write(`${DIR}/image-${OTHER}.qcow2`, 'x');
    const { builds } = node.records.images;
    builds.read = onceAfter(() => world.givenBuild(OTHER), builds.read.bind(builds));
    await node.start();
    await world.pass(120);
    expect(node.files()).toEqual([`image-${OTHER}.qcow2`]);
  });
});

describe('a builder taken for dead', () => {
  it('does not bring back a build that is being deleted, and removes its own files [BUILDER 67]', async () => {
    await given({ providers: [] });
    const node = world.node('nb01', noCleanup);
    node.dib.duration = 50;
    await node.start();
    await world.until('it is building', () => world.builds().length === 1);
    const { build } = world.builds()[0]!;
    await world.operator.images.builds.update({ image: 'image', build }, { state: 'deleting' });
    await world.pass(51);
    expect(world.builds()[0]?.value.state).toBe('deleting');
    expect(node.files().filter((name) => name.includes(build))).toEqual([]);
  });

  it('does not bring back an upload that is being deleted, and takes the image back', async () => {
    await given();
    world.cloud().set({ uploadTime: 50 });
    await world.started('nb01', noCleanup);
    await world.until('it is uploading', () => world.uploads().length === 1);
    await world.operator.images.uploads.update(world.uploads()[0]!, { state: 'deleting' });
    await world.pass(51);
    expect(world.uploads()[0]?.value.state).toBe('deleting');
    expect(world.cloud().images).toEqual([]);
  });
});

describe('work of others under way', () => {
  it('is not disturbed, whatever the configuration says', async () => {
    await given({ providers: [aProvider({ diskImages: new Map() })] });
    await world.givenBuild(OTHER);
    const subject = { image: 'image', build: OTHER, provider: 'cloud' };
    await world.givenUpload(OTHER, { state: 'uploading', externalId: null });
    const held = await world.operator.images.uploads.lockProvider(subject);
    await world.started();
    await world.pass(300);
    expect(world.uploads()[0]?.value.state).toBe('uploading');
    if ('lease' in held) await held.lease.release();
    await world.until('it is removed', () => world.uploads().length === 0, 70);
  });

  it('of ourselves neither', async () => {
    await given();
    world.cloud().set({ uploadTime: 300 });
    await world.started();
    await world.until('it is uploading', () => world.uploads().length === 1);
    await world.pass(1);
    world.edit({ providers: [aProvider({ diskImages: new Map() })] });
    await world.pass(250);
    expect(world.uploads()[0]?.value.state).toBe('uploading');
    await world.until('it is removed after it is done', () => world.uploads().length === 0, 300);
    expect(world.cloud().images).toEqual([]);
  });
});
