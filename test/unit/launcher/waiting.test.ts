import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld();
  await world.seedImage();
});
afterEach(() => world.end());

function unlocked(id: string): boolean {
  return !world.locked(`/nodepool/requests-lock/${id}`);
}

describe('a request that waits for capacity', () => {
  it('[LAUNCHER 76] is declined when its label leaves the configuration', async () => {
    const { config } = await world.start(simpleConfig({ labels: ['small', 'big'], maxServers: 1 }));
    const held = await world.accept(await world.submit(['small']));
    const id = await world.submit(['big']);
    await world.pending(id);
    config.set(simpleConfig({ labels: ['small'], maxServers: 1 }));
    const request = await world.failed(id);
    expect(request.declinedBy).toHaveLength(1);
    await world.eventually('it is unlocked', () => unlocked(id), 2);
    await world.giveBack(held);
  });

  it('leaves what it had to others when its client deletes it', async () => {
    await world.start(simpleConfig({ maxServers: 2 }));
    const held = await world.accept(await world.submit());
    const id = await world.submit(['small', 'small']);
    await world.eventually('it has one node', () => world.nodes.some((node) => node.allocatedTo === id));
    await world.eventually('that is ready', () => world.nodes.some((node) => node.state === 'ready'));
    const [node] = world.nodes.filter(({ allocatedTo }) => allocatedTo === id);
    await world.client.requests.remove(id);
    expect(await world.fulfilled(await world.submit())).toEqual([node?.id]);
    expect(unlocked(id)).toBe(true);
    await world.giveBack(held);
  });

  it('[LAUNCHER 71] gets all its nodes in the zone of the first, and no free one of another zone', async () => {
    const { config } = await world.start(simpleConfig({ maxServers: 3, pool: { availabilityZones: ['az2'] } }));
    const old = await world.submit();
    await world.fulfilled(old);
    await world.client.requests.remove(old);
    await world.eventually('it is free', () => world.nodes[0]?.allocatedTo === null);
    config.set(simpleConfig({ maxServers: 3, pool: { availabilityZones: ['az1'] } }));
    const set = await world.fulfilled(await world.submit({ nodeTypes: ['small', 'small'], reuse: false }));
    expect(set.map((node) => world.node(node)?.az)).toEqual(['az1', 'az1']);
  });

  it('is put back when the launcher is told to stop while it asks for the lock', async () => {
    const running = await world.start(simpleConfig());
    let stopping: Promise<void> | undefined;
    const id = await world.submit({ state: 'fulfilled' });
    world.onceLocking(`/nodepool/requests-lock/${id}`, () => {
      stopping = running.launcher.stop();
    });
    world.meddle(`/nodepool/requests/${id}`, { state: 'requested' });
    await world.eventually('it is being stopped', () => stopping !== undefined);
    let stopped = false;
    void stopping?.then(() => (stopped = true));
    await world.eventually('it has stopped', () => stopped, 5);
    expect(world.stored(`/nodepool/requests/${id}`)).toMatchObject({ state: 'requested' });
    expect(unlocked(id)).toBe(true);
  });
});

describe('what clients see of a request', () => {
  it('[LAUNCHER 95, 97] is no nodes while it is pending, and only unlocked ones once it is fulfilled', async () => {
    const wrong: string[] = [];
    const states = new Set<unknown>();
    world.onWrite((path, { state, nodes }) => {
      if (!path.startsWith('/nodepool/requests/')) return;
      states.add(state);
      const named = (nodes ?? []) as readonly string[];
      if (state !== 'fulfilled' && named.length > 0) wrong.push(`${path} is ${String(state)} with nodes`);
      for (const node of named) if (world.locked(`/nodepool/nodes/${node}/lock`)) wrong.push(`${node} is locked`);
    });
    world.cloud.set({ bootTime: { min: 0, max: 10 } });
    const { store } = await world.start(simpleConfig({ maxServers: 8 }));
    const ids = [await world.submit(['small', 'small']), await world.submit(), await world.submit(['small', 'small'])];
    await world.pending(ids[0] ?? '');
    store.expireSession();
    for (const id of ids) await world.giveBack(await world.accept(id));
    expect(states).toEqual(new Set(['requested', 'pending', 'fulfilled']));
    expect(wrong).toEqual([]);
  });
});
