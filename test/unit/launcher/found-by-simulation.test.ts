/** Defects that the simulation has found, each as the shortest story that shows it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIN_READY_REQUESTOR } from '../../../src/domain/model/request.js';
import { aConfig, aPool, aProvider } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

const free = (): number => world.nodes.filter((node) => node.state === 'ready' && node.allocatedTo === null).length;

describe('min-ready', () => {
  it('leaves no request behind when it becomes 0 while nodes are being launched', async () => {
    await world.seedImage();
    world.cloud.set({ bootTime: 20 });
    const { config } = await world.start(simpleConfig({ minReady: 2 }));
    await world.eventually('both are being launched', () => world.nodes.length === 2);
    config.set(simpleConfig({ minReady: 0 }));
    await world.eventually('both are free', () => free() === 2);
    await world.eventually('the requests are gone', () => world.client.requests.view.all().size === 0);
  });

  it('is kept by a launcher that can launch the label, not by whoever was there first', async () => {
    await world.seedImage('image', ['cloud']);
    const labels = simpleConfig({ minReady: 1 }).labels;
    await world.start(aConfig({ labels }, aProvider({ name: 'other' }, aPool({ provider: 'other' }))));
    await world.start(simpleConfig({ minReady: 1 }));
    await world.eventually('a node is free', () => free() === 1);
    expect(world.nodes[0]?.provider).toBe('cloud');
  });

  it('goes over to another launcher when the first cannot launch the label any more', async () => {
    await world.seedImage('image', ['cloud']);
    const first = await world.start(simpleConfig({ minReady: 1 }));
    await world.start(simpleConfig({ minReady: 1 }));
    await world.eventually('a node is free', () => free() === 1);
    first.config.set(simpleConfig({ minReady: 1, maxServers: 0 }));
    const held = await world.accept(await world.submit());
    await world.eventually('another is free', () => free() === 1);
    await world.giveBack(held);
  });

  it('requests of other launchers are left to them', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ minReady: 1 }));
    await world.eventually('a node is free', () => free() === 1);
    const id = await world.submit({ nodeTypes: ['small'], requestor: MIN_READY_REQUESTOR, reuse: false }, '900');
    await world.fulfilled(id);
    await world.steadily('it stays', () => world.request(id)?.state === 'fulfilled');
  });
});

describe('a request that everybody has declined but a pool that is going away', () => {
  it('fails when that pool is gone', async () => {
    await world.seedImage();
    const store = world.open();
    const record = { id: 'other', provider_name: 'elsewhere', supported_labels: ['rare'] };
    const data = new TextEncoder().encode(JSON.stringify(record));
    await store.create('/nodepool/launchers/other', data, { ephemeral: true, makeParents: true });
    await world.start(simpleConfig({ maxServers: 0 }));
    const id = await world.submit();
    await world.eventually('we have declined', () => world.request(id)?.declinedBy.length === 1);
    await world.steadily('it waits for the other', () => world.request(id)?.state === 'requested');
    await store.close();
    await world.failed(id);
  });
});
