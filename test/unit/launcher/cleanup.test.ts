import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import { aConfig, aNode, aPool, aProvider } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld();
  await world.seedImage('image', ['cloud', 'other']);
});
afterEach(() => world.end());

/** Two providers on two clouds, with a label each. */
function twoClouds(): NodepoolConfig {
  const cloud = aProvider({ settings: { cloud: 'fake' } }, aPool({ availabilityZones: ['az1'] }));
  const pool = aPool({ provider: 'other', labelNames: ['big'], availabilityZones: ['az1'] });
  return aConfig({}, cloud, aProvider({ name: 'other', settings: { cloud: 'other' } }, pool));
}

/** An instance in the cloud that says that it is node `node` of `provider`. */
function stray(provider: string, node: string, cloud = world.cloud): string {
  return cloud.addForeignServer({ instances: 1 }, { nodepool_provider_name: provider, nodepool_node_id: node });
}

function exists(server: string): boolean {
  return world.cloud.servers.some(({ id }) => id === server);
}

describe('deleting a node', () => {
  it('[LAUNCHER 107] whose instance is gone already removes its record', async () => {
    await world.start(simpleConfig());
    const held = await world.accept(await world.submit());
    world.cloud.removeServer(held[0]?.current.value.externalId ?? '');
    await world.giveBack(held);
    await world.noNodes();
  });

  it('[LAUNCHER 108] for more than 600 s lets go of it and tries again', async () => {
    await world.start(simpleConfig());
    const held = await world.accept(await world.submit());
    const [node] = world.nodes;
    const lock = `/nodepool/nodes/${node?.id ?? ''}/lock`;
    world.cloud.hangNext('delete');
    await world.giveBack(held);
    await world.eventually('it is being deleted', () => world.nodes[0]?.state === 'deleting' && world.locked(lock));
    await world.steadily('it is locked meanwhile', () => world.locked(lock), 599);
    await world.eventually('it is unlocked', () => !world.locked(lock) && world.nodes[0]?.state === 'deleting', 2);
    await world.eventually('it is gone', () => world.nodes.length === 0, 10);
    expect(world.cloud.servers).toEqual([]);
  });

  it('does not keep the launcher from ending, and is taken up by the next', async () => {
    const running = await world.start(simpleConfig());
    const held = await world.accept(await world.submit());
    world.cloud.hangNext('delete');
    await world.giveBack(held);
    await world.eventually('it is being deleted', () => world.cloud.count('delete').started === 1);
    await world.stop(running);
    expect(world.nodes[0]?.state).toBe('deleting');
    await world.start(simpleConfig());
    await world.noNodes();
  });

  it('[LAUNCHER 106] that fails is tried again after longer and longer pauses, however many launchers there are', async () => {
    const running = [await world.start(simpleConfig()), await world.start(simpleConfig())];
    const held = await world.accept(await world.submit());
    world.cloud.addFault({ target: 'delete' });
    await world.giveBack(held);
    const tries = (): number => world.cloud.count('delete').started;
    await world.eventually('it is tried', () => tries() > 0);
    await world.clock.advance(600);
    // After 0, 5, 15, 35 and 75 s, and each minute from then on.
    expect(tries()).toBeGreaterThanOrEqual(13);
    expect(tries()).toBeLessThanOrEqual(2 * 14);
    expect(world.nodes).toMatchObject([{ state: 'deleting' }]);
    world.cloud.clearFaults();
    running[1]?.config.set(simpleConfig());
    await world.eventually(
      'a change of the configuration, which may mend it, ends the pause',
      () => !world.nodes.length,
      2,
    );
  });

  it('[LAUNCHER 115] in a cloud that fails or hangs holds up no other provider', async () => {
    await world.start(twoClouds());
    const bad = world.clouds.cloud('other');
    const held = [...(await world.accept(await world.submit(['big']))), ...(await world.accept(await world.submit()))];
    bad.addFault({ target: 'delete' });
    bad.addFault({ target: 'list', effect: 'hang' });
    const leaked = stray('cloud', '0000000999');
    await world.giveBack(held);
    await world.eventually('the other nodes are gone', () => world.nodes.every((node) => node.provider === 'other'), 5);
    await world.eventually('the other leaks are gone', () => !exists(leaked), 200);
    expect(world.nodes).toHaveLength(1);
    bad.clearFaults();
    await world.noNodes();
  });
});

describe('instances without a node', () => {
  it('[LAUNCHER 112] [BUILDER 181] are deleted once seen twice in a row; those of other providers never', async () => {
    const { metrics } = await world.start(simpleConfig());
    const leaked = stray('cloud', '0000000999');
    const foreign = stray('elsewhere', '0000000999');
    const unmarked = world.cloud.addForeignServer({ instances: 1 });
    const nameless = world.cloud.addForeignServer({ instances: 1 }, { nodepool_provider_name: 'cloud' });
    await world.steadily('it stays after one look', () => exists(leaked), 59);
    world.cloud.hideFromLists(({ id }) => id === leaked);
    await world.steadily('it is not seen', () => exists(leaked), 60);
    world.cloud.hideFromLists(() => false);
    await world.steadily('it was not seen twice in a row', () => exists(leaked), 60);
    await world.eventually('it is deleted', () => !exists(leaked), 61);
    await world.steadily('the others stay', () => [foreign, unmarked, nameless].every(exists), 600);
    expect(metrics.counters.get('nodepool.provider.cloud.leaked.instances')).toBe(1);
  });
});

describe('a request that waits for the room of a leaked instance', () => {
  it('gets it as soon as that is deleted, not when the account is looked at the next time', async () => {
    world.cloud.set({ quota: { instances: 2 } });
    const leaked = stray('cloud', '0000000999');
    await world.start(simpleConfig());
    const held = await world.accept(await world.submit());
    const waiting = await world.submit();
    await world.steadily('it waits', () => world.request(waiting)?.state !== 'fulfilled', 30);
    await world.eventually('the leaked instance is deleted', () => !exists(leaked), 130);
    await world.eventually('it is served', () => world.request(waiting)?.state === 'fulfilled', 5);
    await world.giveBack(held);
  });
});

describe('what others left behind', () => {
  it('[LAUNCHER 110] in a lost request comes free, although somebody holds one of its nodes', async () => {
    const id = await world.submit({ nodeTypes: ['small', 'small'], state: 'pending' });
    const common = { allocatedTo: id, stateTime: world.clock.now(), az: 'az1' };
    const held = await world.client.nodes.create(aNode(common));
    const other = await world.client.nodes.create(aNode(common));
    const init = await world.client.nodes.create(aNode({ ...common, state: 'init' }));
    const outcome = await world.client.nodes.lock(held.id);
    await world.start(simpleConfig());
    const nodes = await world.fulfilled(id);
    expect(nodes).toContain(other.id);
    expect(nodes).not.toContain(held.id);
    await world.eventually('the unborn one is gone', () => world.node(init.id) === undefined);
    if (outcome.kind === 'locked') await outcome.lease.release();
  });

  it('[LAUNCHER 116] without a provider or a state is removed, unless somebody holds it', async () => {
    await world.client.open(['nodes']);
    const now = world.clock.now();
    const node = await world.client.nodes.create(aNode({ provider: null, stateTime: now }));
    const held = await world.client.nodes.create(aNode({ provider: null, stateTime: now }));
    const outcome = await world.client.nodes.lock(held.id);
    const text = new TextEncoder().encode('{"build_id": "7"}');
    const stateless = await world.clientStore.create('/nodepool/nodes/', text, { sequential: true });
    await world.start(simpleConfig());
    await world.eventually('they are gone', () => !world.node(node.id) && !world.tree.stat(stateless), 200);
    expect(world.node(held.id)).toBeDefined();
    if (outcome.kind === 'locked') await outcome.lease.release();
    await world.noNodes();
  });
});
