import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

/** Two installations, each with a store of its own, in one account, under one provider name. */
let ours: LauncherWorld;
let theirs: LauncherWorld;

beforeEach(async () => {
  ours = new LauncherWorld(1, { quota: { instances: 6 } });
  theirs = new LauncherWorld(2, {}, ours);
  for (const world of [ours, theirs]) await world.seedImage();
});
afterEach(async () => {
  await ours.end();
  await theirs.end();
});

const marks = (): readonly (string | undefined)[] =>
  ours.cloud.servers.map(({ metadata }) => metadata['nodepool_installation_id']);

describe('[A9] [CASE two installations, one account, one provider name] they', () => {
  it('leave each other’s servers alone, and count them as used by others', async () => {
    await ours.start(simpleConfig());
    await theirs.start(simpleConfig());
    const here = await ours.accept(await ours.submit(['small', 'small']));
    const there = await theirs.accept(await theirs.submit(['small', 'small', 'small']));
    // The numbers of nodes repeat: nothing else tells them apart.
    expect(there.map(({ id }) => id)).toEqual(expect.arrayContaining(here.map(({ id }) => id)));
    expect(new Set(ours.cloud.servers.map(({ id }) => id)).size).toBe(5);
    expect(new Set(marks()).size).toBe(2);
    await ours.giveBack(here);
    await ours.noNodes();
    // Looks for leaks come every minute, and two in a row would do.
    await ours.clock.advance(600);
    expect(ours.cloud.servers).toHaveLength(3);
    for (const { id } of there) expect(theirs.node(id)?.state).toBe('in-use');
    // Three of six are theirs, whatever the numbers of their nodes are.
    const tooMany = await ours.submit(['small', 'small', 'small', 'small']);
    await ours.steadily('it is not served', () => ours.request(tooMany)?.state !== 'fulfilled', 60);
    expect(ours.request(tooMany)?.state).toBe('requested');
    await ours.fulfilled(await ours.submit(['small', 'small', 'small']));
  });

  it('each delete what they lost themselves', async () => {
    const { launcher } = await ours.start(simpleConfig());
    await theirs.start(simpleConfig());
    await theirs.fulfilled(await theirs.submit());
    const [node = ''] = await ours.fulfilled(await ours.submit());
    ours.tree.remove(`/nodepool/nodes/${node}/lock`);
    ours.tree.remove(`/nodepool/nodes/${node}`);
    await ours.eventually('the lost one is deleted', () => ours.cloud.servers.length === 1, 200);
    expect(ours.cloud.servers[0]?.metadata['nodepool_installation_id']).toBe(
      theirs.stored('/nodepool/installation')['id'],
    );
    expect(launcher.ready).toBe(true);
  });

  it('delete what bears no id as ever: Python beside us sets none', async () => {
    await ours.start(simpleConfig());
    const old = { nodepool_provider_name: 'cloud', nodepool_node_id: '0000000099' };
    ours.cloud.addForeignServer({ instances: 1 }, old);
    await ours.eventually('it is deleted', () => ours.cloud.servers.length === 0, 200);
  });

  it('an id that cannot be read makes nothing of others ours', async () => {
    await ours.clientStore.create('/nodepool/installation', new TextEncoder().encode('junk'));
    await ours.start(simpleConfig());
    const foreign = { nodepool_provider_name: 'cloud', nodepool_node_id: '0000000099', nodepool_installation_id: 'x' };
    ours.cloud.addForeignServer({ instances: 1 }, foreign);
    await ours.fulfilled(await ours.submit());
    await ours.clock.advance(300);
    expect(ours.cloud.servers).toHaveLength(2);
    expect(marks()).toContain(undefined);
  });
});
