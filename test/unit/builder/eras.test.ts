import { afterEach, describe, expect, it } from 'vitest';
import { aProvider } from '../../support/builders.js';
import { BuilderWorld, DIR, HEX, LOGS } from './builder-world.js';
import type { BuilderNode, WorldPlan } from './builder-world.js';

const FIRST = '0000000001';
const SECOND = '0000000002';
let world: BuilderWorld;
afterEach(() => world.end());

async function given(plan: WorldPlan = {}): Promise<BuilderWorld> {
  world = await new BuilderWorld(plan).open();
  return world;
}

function path(build: string): string {
  return `/nodepool/images/image/builds/${build}`;
}

/** A build as releases up to 8 write it: numbered, with the keys of 3.5. */
async function oldBuild(build: string, change: Record<string, unknown> = {}): Promise<void> {
  const state = { state: 'ready', state_time: world.clock.now(), builder: 'old', builder_id: 'an-old-one' };
  await world.put(path(build), JSON.stringify({ ...state, formats: 'qcow2', username: 'zuul', ...change }));
}

async function oldUpload(build: string, change: Record<string, unknown> = {}): Promise<void> {
  const facts = { external_id: `cloud-${build}`, external_name: 'n', format: 'qcow2', username: 'zuul' };
  const state = { state: 'ready', state_time: world.clock.now() };
  await world.put(`${path(build)}/providers/cloud/images/${FIRST}`, JSON.stringify({ ...state, ...facts, ...change }));
}

async function filesOf(node: BuilderNode, build: string): Promise<void> {
  for (const end of ['qcow2', 'qcow2.md5', 'd']) await node.disk.write(`${DIR}/image-${build}.${end}`, 'x');
}

const gone = (build: string) => () => !world.builds().some((other) => other.build === build);

describe('builds with numbers, of older builders', () => {
  it('count as builds: ours come after them, with an id of 32 hex digits [BUILDER 44]', async () => {
    await given({ providers: [] });
    await oldBuild(FIRST);
    const node = await world.started();
    await world.pass(86_300);
    expect(node.dib.jobs).toEqual([]);
    await world.until('it is old enough', () => world.ready().length === 2, 200);
    expect(world.ready().map((build) => build.build)).toEqual([FIRST, expect.stringMatching(HEX)]);
  });

  it('are uploaded from our directory when we took it over from an older builder [BUILDER 44]', async () => {
    await given();
    const node = world.node();
    await filesOf(node, FIRST);
    await oldBuild(FIRST, { builder_id: await node.disk.builderId(DIR) });
    await node.start();
    await world.until('it is uploaded', () => world.readyUploads().length === 1, 5);
    expect(world.cloud().images[0]).toMatchObject({
      file: `${DIR}/image-${FIRST}.qcow2`,
      properties: { nodepool_build_id: FIRST, nodepool_upload_id: FIRST },
    });
    expect(await world.json(path(FIRST))).toMatchObject({ state: 'ready', formats: 'qcow2' });
  });

  it('of our own directory go with files and record when they are superseded [BUILDER 44, 91]', async () => {
    await given();
    const node = world.node();
    const builder_id = await node.disk.builderId(DIR);
    for (const build of [FIRST, SECOND]) {
      await filesOf(node, build);
      await oldBuild(build, { builder_id });
      await oldUpload(build);
      await world.pass(10);
    }
    await node.disk.write(`${LOGS}/image-${FIRST}.log`, 'x');
    await node.start();
    await world.operator.images.orders.requestBuild('image');
    await world.until('the first is gone', gone(FIRST), 30);
    expect(node.files().filter((name) => name.includes(FIRST))).toEqual([]);
    expect(node.files().filter((name) => name.includes(SECOND))).toHaveLength(3);
    expect(world.readyUploads()).toHaveLength(2);
  });

  it('do not let us remove strangers’ files that look like theirs [BUILDER 44]', async () => {
    await given({ providers: [] });
    const node = world.node();
    await node.disk.write(`${DIR}/backup-1700000000.tar`, 'x');
    await node.disk.write(`${DIR}/image-${SECOND}.qcow2`, 'x');
    await node.start();
    await world.pass(120);
    expect(node.files()).toContain('backup-1700000000.tar');
    expect(node.files()).not.toContain(`image-${SECOND}.qcow2`);
  });

  it('are left to their living owner, who finds its files by the record only [BUILDER 103]', async () => {
    await given({ providers: [] });
    for (const build of [FIRST, SECOND]) {
      await oldBuild(build);
      await world.pass(10);
    }
    const node = await world.started();
    await world.operator.images.orders.requestBuild('image');
    await world.until('it is on its way out', () => world.builds()[0]?.value.state === 'deleting', 30);
    await world.pass(120);
    expect(world.builds()[0]?.build).toBe(FIRST);
    // The owner does its part at its next look, as 3.x does.
    await world.operator.images.builds.remove({ image: 'image', build: FIRST });
    await world.pass(300);
    expect(world.ready().map((build) => build.build)).toContain(SECOND);
    expect(node.dib.jobs).toHaveLength(1);
    expect(world.troubles()).toBe('');
  });

  it('whose owner is gone for good do not stay for ever [BUILDER 104]', async () => {
    await given({ images: [], providers: [aProvider({ diskImages: new Map() })] });
    await oldBuild(FIRST);
    await oldUpload(FIRST);
    await oldBuild(SECOND, { state: 'building' });
    await world.started();
    await world.until('nothing is left', () => world.operator.images.view.images().length === 0, 400);
    expect(world.cloud().count('image-delete').ok).toBe(1);
  });

  it('and builds with hex ids are kept by their age, not by their ids [BUILDER 91]', async () => {
    await given({ providers: [] });
    const ours = 'a'.repeat(32);
    await world.givenBuild(ours, { stateTime: world.clock.now() - 50 });
    await oldBuild(FIRST, { state_time: world.clock.now() - 100 });
    await oldBuild(SECOND);
    await world.started();
    await world.until('the oldest is gone', gone(FIRST), 400);
    expect(world.builds().map((build) => build.build)).toEqual([SECOND, ours]);
  });

  it('being made by an older builder under its lock are respected [BUILDER 49, 96]', async () => {
    await given({ providers: [] });
    const held = await world.operator.images.builds.lockImage('image');
    await oldBuild(FIRST, { state: 'building', formats: undefined });
    const node = await world.started();
    await world.pass(600);
    expect(node.dib.jobs).toEqual([]);
    expect(world.builds()[0]?.value.state).toBe('building');
    await world.operator.images.builds.update({ image: 'image', build: FIRST }, { state: 'ready', formats: ['qcow2'] });
    if ('lease' in held) await held.lease.release();
    await world.pass(600);
    expect(node.dib.jobs).toEqual([]);
    expect(world.ready()).toHaveLength(1);
  });

  it('keep the keys we do not know when their state changes', async () => {
    await given({ providers: [] });
    await oldBuild(FIRST, { arch: 'arm64' });
    await world.givenBuild('a'.repeat(32), { state: 'deleting' });
    await world.operator.images.orders.pause('image');
    await world.started();
    await world.operator.images.builds.update({ image: 'image', build: FIRST }, { state: 'deleting' });
    await world.pass(10);
    expect(await world.json(path(FIRST))).toMatchObject({ state: 'deleting', arch: 'arm64', builder: 'old' });
  });
});
