/** [CASE the store is lost with everything in it while launchers run] Numbers of nodes begin anew, servers do not. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { aNode } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld();
  await world.seedImage();
});
afterEach(() => world.end());

/** All records are gone, and all sessions with them. */
async function wipe(): Promise<void> {
  const paths = [...world.tree.walk()].map(([path]) => path).filter((path) => path !== '/');
  for (const path of paths.reverse()) world.tree.remove(path);
  world.expireAll();
  await world.clock.advance(5);
  await world.seedImage();
}

it('a node of the new store gets no server of the old one, and those are deleted', async () => {
  const { launcher } = await world.start(simpleConfig());
  const [before = ''] = await world.fulfilled(await world.submit());
  const old = world.node(before)?.externalId;
  await wipe();
  // Of another priority: the log is to tell it from the first one.
  const [after = ''] = await world.fulfilled(await world.submit(['small'], '100'));
  expect(after).toBe(before);
  expect(world.node(after)?.externalId).not.toBe(old);
  await world.eventually('the old server is deleted', () => world.cloud.servers.length === 1, 300);
  await world.steadily('the new one stays', () => world.cloud.servers.length === 1, 300);
  expect(world.cloud.servers[0]?.id).toBe(world.node(after)?.externalId);
  expect(launcher.ready).toBe(true);
});

it('a record of the new store that nobody understands keeps no other server of the old one', async () => {
  await world.start(simpleConfig());
  await world.fulfilled(await world.submit());
  await wipe();
  await world.clientStore.create('/nodepool/nodes/stranger', new TextEncoder().encode('[]'), { makeParents: true });
  await world.fulfilled(await world.submit(['small'], '100'));
  await world.eventually('the old server is deleted', () => world.cloud.servers.length === 1, 300);
});

it('a machine of the new store that exists by itself keeps no server of the old one that had its number', async () => {
  await world.start(simpleConfig());
  const [old = ''] = await world.fulfilled(await world.submit());
  await wipe();
  const machine = await world.client.nodes.create(aNode({ state: 'ready', provider: 'elsewhere', externalId: null }));
  expect(machine.id).toBe(old);
  await world.eventually('the old server is deleted', () => world.cloud.servers.length === 0, 300);
});

it('who loses its session only is who it was', async () => {
  await world.start(simpleConfig());
  const id = world.stored('/nodepool/installation')['id'];
  await world.fulfilled(await world.submit());
  world.expireAll();
  await world.clock.advance(5);
  await world.fulfilled(await world.submit());
  const { servers } = world.cloud;
  expect(servers.every(({ metadata }) => metadata['nodepool_installation_id'] === id)).toBe(true);
  await world.steadily('nothing is deleted', () => world.cloud.servers.length === servers.length, 300);
});
