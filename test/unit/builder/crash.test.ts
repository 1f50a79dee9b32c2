import { afterEach, describe, expect, it } from 'vitest';
import type { ProviderConfig } from '../../../src/domain/config/config.js';
import { aDiskImage, aProvider } from '../../support/builders.js';
import { BuilderWorld } from './builder-world.js';
import type { BuilderNode } from './builder-world.js';

const NAMES = ['one', 'two'] as const;
/** Long enough for every retry, cleanup and patrol of the clouds. */
const QUIET = 1500;
let world: BuilderWorld;
afterEach(() => world.end());

function provider(name: string, change: Partial<ProviderConfig> = {}): ProviderConfig {
  return aProvider({ name, settings: { cloud: name }, imageFormat: name === 'one' ? 'qcow2' : 'raw', ...change });
}

async function given(): Promise<void> {
  const images = [aDiskImage({ formats: ['qcow2', 'raw'] })];
  world = await new BuilderWorld({ images, providers: NAMES.map((name) => provider(name)) }).open();
  for (const name of NAMES) world.cloud(name).set({ uploadTime: 20 });
}

/** A builder that has built and uploaded twice and was stopped properly; a third build is ordered. */
async function givenTwoGenerations(): Promise<BuilderNode> {
  await given();
  const node = await world.started('nb01');
  await world.until('both have the first', () => world.readyUploads().length === 2);
  await world.pass(10);
  await world.operator.images.orders.requestBuild('image');
  await world.until('both have the second', () => world.readyUploads().length === 4);
  await node.builder.stop();
  await node.store.close();
  await world.operator.images.orders.requestBuild('image');
  return node;
}

/** Lets time pass second by second and checks what must hold at any time. */
async function passCarefully(seconds: number, until: () => boolean = () => false): Promise<void> {
  for (let second = 0; second < seconds && !until(); second += 1) {
    await world.pass(1);
    for (const name of NAMES) expect(world.readyUploads(name).length, `ready uploads in ${name}`).toBeGreaterThan(0);
    expect(world.ready().length, 'ready builds').toBeGreaterThanOrEqual(2);
  }
}

/** What must hold when nothing has happened for long. */
function expectTidy(...nodes: readonly BuilderNode[]): void {
  const builds = world.builds();
  expect(builds.map(({ value }) => value.state)).toEqual(['ready', 'ready']);
  const uploads = world.uploads();
  expect(new Set(uploads.map(({ value }) => value.state))).toEqual(new Set(['ready']));
  const newest = [...builds].sort((a, b) => b.value.stateTime - a.value.stateTime)[0]!;
  for (const name of NAMES) {
    const ids = uploads.filter((upload) => upload.provider === name).map(({ value }) => value.externalId);
    expect(
      world
        .cloud(name)
        .images.map(({ externalId }) => externalId)
        .sort(),
      `images in ${name}`,
    ).toEqual(ids.sort());
    expect(
      world.readyUploads(name).map(({ build }) => build),
      `uploads in ${name}`,
    ).toContain(newest.build);
  }
  const known = builds.map(({ build }) => build);
  for (const node of nodes) {
    const strays = node.files().filter((file) => !known.some((build) => file.includes(build)));
    expect(strays, `files of ${node.hostname}`).toEqual([]);
  }
  expect(world.mostBuildsAtOnce).toBe(1);
}

/** The process dies with its nth change of the store, right before or right after it takes effect. */
function dieAtChange(node: BuilderNode, nth: number, when: 'before' | 'after'): void {
  const { store } = node;
  let changes = 0;
  const deadly =
    <Args extends unknown[], Result>(change: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      changes += 1;
      const mine = changes === nth;
      if (mine && when === 'before') node.crash();
      try {
        return await change(...args);
      } finally {
        if (mine) node.crash();
      }
    };
  store.create = deadly(store.create.bind(store));
  store.write = deadly(store.write.bind(store));
  store.remove = deadly(store.remove.bind(store));
}

const CHANGES = Array.from({ length: 36 }, (_, index) => index + 1);

describe('a builder that crashes', () => {
  it.each(CHANGES)('with change %d of the store leaves nothing that is not cleared up', async (nth) => {
    const before = await givenTwoGenerations();
    const victim = world.node('nb01', {}, before.disk);
    victim.dib.duration = 20;
    dieAtChange(victim, nth, nth % 2 === 0 ? 'before' : 'after');
    await victim.start().catch(() => undefined);
    const other = await world.started('nb02');
    await passCarefully(120, () => victim.dead);
    expect(victim.dead, 'the story has so many changes').toBe(true);
    await victim.die();
    await passCarefully(5);
    const back = await world.started('nb01', {}, before.disk);
    await passCarefully(QUIET);
    expectTidy(back, other);
  });

  it.each([1, 10, 19.9, 20, 25, 39.9, 40, 45])('after %d seconds likewise', async (seconds) => {
    const before = await givenTwoGenerations();
    const victim = world.node('nb01', {}, before.disk);
    victim.dib.duration = 20;
    await victim.start();
    await world.pass(seconds);
    await victim.die();
    const back = await world.started('nb01', {}, before.disk);
    const other = await world.started('nb02');
    await passCarefully(QUIET);
    expectTidy(back, other);
  });

  it('when the cloud has the image and has not said so leaves no image behind', async () => {
    const before = await givenTwoGenerations();
    world.cloud('one').addFault({ target: 'image-upload', effect: 'hang-after', times: 1 });
    const victim = await world.started('nb01', {}, before.disk);
    await world.until('the image is in the cloud', () => world.cloud('one').images.length === 3, 60);
    await victim.die();
    const back = await world.started('nb01', {}, before.disk);
    await passCarefully(QUIET);
    expectTidy(back);
  });

  it('and never comes back: another builder clears up its records and makes new images', async () => {
    await givenTwoGenerations();
    const victim = world.node('nb01');
    victim.dib.duration = 20;
    await victim.start();
    await world.pass(10);
    await victim.die();
    const other = await world.started('nb02');
    await passCarefully(QUIET);
    expectTidy(other);
    expect(other.dib.jobs).toHaveLength(1);
  });
});

describe('a builder whose session is lost', () => {
  it.each([5, 19.9, 20, 30, 39.9, 40])('after %d seconds starts over and leaves nothing', async (seconds) => {
    const before = await givenTwoGenerations();
    const node = world.node('nb01', {}, before.disk);
    node.dib.duration = 20;
    await node.start();
    const other = await world.started('nb02');
    await world.pass(seconds);
    node.store.expireSession();
    await passCarefully(QUIET);
    expectTidy(node, other);
  });

  it('for long while another builder cleans up', async () => {
    const before = await givenTwoGenerations();
    const node = world.node('nb01', {}, before.disk);
    node.dib.duration = 60;
    await node.start();
    await world.pass(10);
    node.store.loseConnection();
    const other = await world.started('nb02');
    await passCarefully(200);
    node.store.restoreConnection();
    await passCarefully(QUIET);
    // Cut off, the first could not know that its lock was gone; its build did not count.
    expect(world.mostBuildsAtOnce).toBe(2);
    world.mostBuildsAtOnce = 1;
    expectTidy(node, other);
  });

  it.each(['create', 'write', 'remove'] as const)('or only the answer to a %s', async (call) => {
    const before = await givenTwoGenerations();
    const node = world.node('nb01', {}, before.disk);
    await node.start();
    for (let second = 0; second < 100; second += 1) {
      if (second % 7 === 0) node.store.loseNextReply(call);
      await passCarefully(1);
    }
    await passCarefully(QUIET);
    expectTidy(node);
  });
});

describe('clouds that are slow or fail', () => {
  it('to delete keep nobody else from anything, and are clean in the end', async () => {
    const before = await givenTwoGenerations();
    world.cloud('one').addFault({ target: 'image-delete', times: 5 });
    world.cloud('two').addFault({ target: 'image-delete', effect: 'hang', times: 3 });
    const node = await world.started('nb01', {}, before.disk);
    const other = await world.started('nb02');
    await passCarefully(QUIET);
    expectTidy(node, other);
  });

  it('to upload, in every way, leave nothing behind', async () => {
    const before = await givenTwoGenerations();
    for (const effect of ['fail', 'lose-reply', 'hang', 'hang-after'] as const) {
      world.cloud('one').addFault({ target: 'image-upload', effect, times: 1 });
    }
    const short = NAMES.map((name) => provider(name, { imageUploadTimeout: 100 }));
    world.edit({ images: [aDiskImage({ formats: ['qcow2', 'raw'] })], providers: short });
    const node = await world.started('nb01', {}, before.disk);
    await passCarefully(QUIET);
    expectTidy(node);
  });
});
