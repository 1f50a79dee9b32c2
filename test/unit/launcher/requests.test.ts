import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

describe('a request', () => {
  it('[LAUNCHER 80, 81] is fulfilled with a complete, ready, unlocked node', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ pool: { nodeAttributes: { zone: 'north' } } }));
    const id = await world.submit({ requestor: 'zuul', tenantName: 't1' });
    const [node = ''] = await world.fulfilled(id);
    expect(world.node(node)).toMatchObject({
      state: 'ready',
      type: ['small'],
      provider: 'cloud',
      pool: 'main',
      allocatedTo: id,
      az: 'az1',
      cloud: 'fake',
      interfaceIp: 'fake',
      connectionType: 'ssh',
      connectionPort: 22,
      username: 'zuul',
      hostKeys: ['ssh-rsa FAKEKEY'],
      attributes: { zone: 'north' },
      resources: { instances: 1, cores: 4, ram: 8192 },
      imageId: '/nodepool/images/image/builds/0000000001/providers/cloud/images/0000000001',
      hostname: `small-cloud-${node}`,
      tenantName: 't1',
      requestor: 'zuul',
    });
    expect(world.node(node)?.externalId).toBeTruthy();
    await world.eventually('it is unlocked', () => !world.client.nodes.view.locked(node), 1);
  });

  it('[LAUNCHER 70] gets its nodes in the order of its labels, duplicates included', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ labels: ['small', 'big', 'arm'] }));
    const labels = ['big', 'small', 'arm', 'big', 'small'];
    const nodes = await world.fulfilled(await world.submit(labels));
    expect(new Set(nodes).size).toBe(5);
    expect(nodes.map((node) => world.node(node)?.type[0])).toEqual(labels);
  });

  it('[LAUNCHER 43] for an unknown label fails and names the decliner', async () => {
    await world.seedImage();
    await world.start(simpleConfig());
    const request = await world.failed(await world.submit(['small', 'unknown']));
    expect(request.declinedBy).toEqual(world.client.launchers.view.pools().map((pool) => pool.id));
    expect(world.nodes).toEqual([]);
  });

  it('[LAUNCHER 73, 75] beyond max-servers waits while it is held, and goes on when a node is gone', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ maxServers: 2 }));
    const held = await world.accept(await world.submit(['small', 'small']));
    const id = await world.submit();
    await world.pending(id);
    await world.steadily('it waits', () => world.request(id)?.state === 'pending' && world.nodes.length === 2);
    await world.giveBack(held.slice(0, 1));
    await world.fulfilled(id);
    await world.giveBack(held.slice(1));
  });

  it('[LAUNCHER 25] makes the pool show as paused while it waits for capacity', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ maxServers: 1 }));
    const paused = (): boolean | undefined => world.client.launchers.view.pools()[0]?.paused;
    expect(paused()).toBe(false);
    const held = await world.accept(await world.submit());
    const id = await world.submit();
    await world.eventually('the pool is paused', () => paused() === true);
    await world.giveBack(held);
    await world.fulfilled(id);
    await world.eventually('the pool is not paused any more', () => paused() === false);
  });

  it('waits with reasons that name the numbers', async () => {
    await world.seedImage();
    const { journal } = await world.start(simpleConfig({ maxServers: 1 }));
    await world.accept(await world.submit());
    const id = await world.submit();
    await world.pending(id);
    await world.clock.advance(1);
    expect(journal.entries('request', id).at(-1)?.decision).toEqual({
      verdict: 'wait',
      because: [{ code: 'QUOTA_POOL', owner: 'cloud/main', resource: 'instances', used: 1, limit: 1, need: 1 }],
    });
  });

  it('[LAUNCHER 65, 67] takes a ready node that nobody owns', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ minReady: 1 }));
    await world.eventually('a node is ready', () =>
      world.nodes.some((node) => node.state === 'ready' && !node.allocatedTo),
    );
    const [ready] = world.nodes;
    const nodes = await world.fulfilled(await world.submit({ tenantName: 't1', requestor: 'zuul' }));
    expect(nodes).toEqual([ready?.id]);
    expect(world.node(nodes[0] ?? '')).toMatchObject({ tenantName: 't1', requestor: 'zuul' });
  });

  it('[LAUNCHER 74, 98] beyond capacity has the oldest unused node of another label deleted', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ labels: ['small', 'big'], maxServers: 2 }));
    for (const id of [await world.submit(['small']), await world.submit(['small'])]) {
      await world.fulfilled(id);
      await world.client.requests.remove(id);
    }
    await world.eventually('both are free', () => world.nodes.filter((node) => !node.allocatedTo).length === 2);
    await world.fulfilled(await world.submit(['big']));
    expect(world.nodes.map((node) => node.type[0]).sort()).toEqual(['big', 'small']);
  });

  it('[LAUNCHER 85, 86] is declined after launch-retries attempts, each undone, and its node is removed', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ pool: { availabilityZones: ['nowhere'] }, provider: { launchRetries: 2 } }));
    const request = await world.failed(await world.submit());
    expect(request.declinedBy).toHaveLength(1);
    expect(request.nodes).toEqual([]);
    await world.noNodes();
    expect(world.cloud.calls.filter((call) => call.kind === 'create')).toHaveLength(2);
  });

  it('[LAUNCHER 93] with one failing node is declined, and its other nodes become free', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ provider: { launchRetries: 1 } }));
    world.cloud.failNext('create');
    const id = await world.submit(['small', 'small']);
    await world.failed(id);
    await world.eventually('one node is left, free', () => {
      const [node, ...others] = world.nodes;
      return node?.state === 'ready' && node.allocatedTo === null && others.length === 0;
    });
  });

  it('[LAUNCHER 94] that is deleted during its launch leaves a free node', async () => {
    await world.seedImage();
    world.cloud.set({ bootTime: 5 });
    await world.start(simpleConfig());
    const id = await world.submit();
    await world.pending(id);
    await world.client.requests.remove(id);
    await world.eventually(
      'its node is free',
      () => world.nodes[0]?.state === 'ready' && world.nodes[0].allocatedTo === null,
    );
    expect(world.tree.stat(`/nodepool/requests/${id}`)).toBeUndefined();
  });

  it("[LAUNCHER 90, 91] hit by the cloud's quota waits, and is served when there is room", async () => {
    await world.seedImage();
    await world.start(simpleConfig({ pool: { ignoreProviderQuota: true } }));
    world.cloud.set({ quota: { instances: 1 } });
    const held = await world.accept(await world.submit());
    const id = await world.submit();
    await world.pending(id);
    await world.clock.advance(20);
    expect(world.request(id)?.state).toBe('pending');
    await world.giveBack(held);
    await world.fulfilled(id);
  });

  it('waits while the limits of the account cannot be learnt, and says why', async () => {
    await world.seedImage();
    world.cloud.failNext('limits', 1, { message: 'the API is away' });
    const { journal } = await world.start(simpleConfig());
    const id = await world.submit();
    const told = (): unknown => journal.entries('request', id).at(-1)?.decision.because[0];
    await world.eventually('it is told', () => JSON.stringify(told() ?? '').includes('the API is away'), 5);
    expect(told()).toMatchObject({ code: 'PROVIDER_NOT_READY', provider: 'cloud' });
    await world.fulfilled(id);
  });

  it('[LAUNCHER 57] that somebody has locked is left alone, and served afterwards', async () => {
    await world.seedImage();
    await world.client.open(['requests']);
    const id = await world.submit();
    const outcome = await world.client.requests.lock(id);
    await world.start(simpleConfig());
    const other = await world.submit();
    await world.fulfilled(other);
    await world.steadily('it stays requested', () => world.request(id)?.state === 'requested', 5);
    if (outcome.kind === 'locked') await outcome.lease.release();
    await world.fulfilled(id);
  });
});

describe('the life of a node', () => {
  it('[LAUNCHER 98, 99] ends when its user gives it back, not before', async () => {
    await world.seedImage();
    await world.start(simpleConfig());
    const leases = await world.accept(await world.submit(['small', 'small']));
    await world.steadily('they stay in use', () => world.nodes.every((node) => node.state === 'in-use'));
    await world.giveBack(leases);
    await world.noNodes();
    expect(world.cloud.servers).toHaveLength(0);
  });

  it('[LAUNCHER 103] goes on with another request when its client vanishes', async () => {
    await world.seedImage();
    await world.start(simpleConfig());
    const id = await world.submit(['small', 'small']);
    const nodes = await world.fulfilled(id);
    await world.client.requests.remove(id);
    await world.eventually('they are free', () => world.nodes.every((node) => node.allocatedTo === null));
    expect(new Set(await world.fulfilled(await world.submit(['small', 'small'])))).toEqual(new Set(nodes));
  });

  it('[LAUNCHER 106] is tried again when the cloud fails to delete', async () => {
    await world.seedImage();
    await world.start(simpleConfig());
    const leases = await world.accept(await world.submit());
    world.cloud.failNext('delete', 2);
    await world.giveBack(leases);
    await world.eventually('it is marked', () => world.nodes[0]?.state === 'deleting');
    await world.noNodes();
  });

  it('[LAUNCHER 106] is tried again in time although the wall clock was set back', async () => {
    await world.seedImage();
    await world.start(simpleConfig());
    const leases = await world.accept(await world.submit());
    world.cloud.failNext('delete', 1);
    await world.giveBack(leases);
    await world.eventually('it is marked', () => world.nodes[0]?.state === 'deleting');
    world.clock.jump(-3600);
    await world.eventually('it is gone', () => world.nodes.length === 0, 10);
  });

  it('[LAUNCHER 101, 105] on hold ends by its expiry, and nodes of other providers never', async () => {
    await world.seedImage();
    await world.start(simpleConfig());
    const [lease] = await world.accept(await world.submit());
    await lease?.update({ state: 'hold', holdExpiration: 50 });
    await lease?.release();
    await world.steadily('it is held', () => world.nodes.length === 1, 49);
    await world.eventually('it is gone', () => world.nodes.length === 0, 5);
  });
});

describe('min-ready', () => {
  it('[LAUNCHER 117, 118, 119] is reached once, and its requests vanish', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ minReady: 3 }));
    await world.eventually(
      'three are free',
      () => world.nodes.filter((node) => node.state === 'ready' && !node.allocatedTo).length === 3,
    );
    await world.steadily('it stays three', () => world.nodes.length === 3);
    expect(world.client.requests.view.all().size).toBe(0);
  });

  it('[LAUNCHER 120] waits for an image', async () => {
    await world.start(simpleConfig({ minReady: 1 }));
    await world.steadily('nothing is asked for', () => world.client.requests.view.all().size === 0);
    await world.seedImage();
    await world.eventually('a node is ready', () => world.nodes[0]?.state === 'ready');
  });

  it('[LAUNCHER 121] is reached once by two launchers, and kept when the owner dies', async () => {
    await world.seedImage();
    const config = simpleConfig({ minReady: 2 });
    const first = await world.start(config);
    await world.start(config);
    await world.eventually(
      'two are free',
      () => world.nodes.filter((node) => node.state === 'ready' && !node.allocatedTo).length === 2,
    );
    await world.steadily('it stays two', () => world.nodes.length === 2);
    await world.kill(first);
    const leases = await world.accept(await world.submit());
    await world.eventually(
      'two are free again',
      () => world.nodes.filter((node) => node.state === 'ready' && !node.allocatedTo).length === 2,
    );
    await world.giveBack(leases);
  });

  it('stops at max-servers without a storm of requests', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ minReady: 4, maxServers: 2 }));
    await world.eventually('two are free', () => world.nodes.filter((node) => node.state === 'ready').length === 2);
    const before = world.logger.messages('info').filter((message) => message.startsWith('No room')).length;
    await world.clock.advance(600);
    const after = world.logger.messages('info').filter((message) => message.startsWith('No room')).length;
    expect(world.nodes).toHaveLength(2);
    expect(after - before).toBeLessThan(20);
  });
});

describe('several launchers', () => {
  it('serve every request exactly once', async () => {
    await world.seedImage();
    await world.start(simpleConfig({ maxServers: 14 }));
    await world.start(simpleConfig({ maxServers: 14 }));
    const ids = [];
    for (let count = 0; count < 8; count += 1) ids.push(await world.submit(count % 2 ? ['small', 'small'] : ['small']));
    const nodes = [];
    for (const id of ids) nodes.push(...(await world.fulfilled(id)));
    expect(nodes).toHaveLength(12);
    expect(new Set(nodes).size).toBe(12);
    await world.steadily('no more nodes appear', () => world.nodes.length === 12, 5);
  });

  it('[LAUNCHER 109] take over a pending request of one that died', async () => {
    await world.seedImage();
    const first = await world.start(simpleConfig({ maxServers: 2 }));
    const held = await world.accept(await world.submit(['small', 'small']));
    const id = await world.submit();
    await world.pending(id);
    await world.start(simpleConfig({ maxServers: 2 }));
    await world.kill(first);
    await world.giveBack(held);
    await world.fulfilled(id);
  });

  it('[LAUNCHER 27, 127] write nothing more under a lost session, and register again', async () => {
    await world.seedImage();
    world.cloud.set({ bootTime: 30 });
    const { store } = await world.start(simpleConfig());
    const id = await world.submit();
    await world.eventually('it is being launched', () => world.nodes[0]?.state === 'building');
    const [old] = world.nodes;
    store.expireSession();
    await world.fulfilled(id);
    expect(world.request(id)?.nodes).not.toContain(old?.id);
    await world.eventually('the old node is gone', () => world.node(old?.id ?? '') === undefined);
    expect(world.client.launchers.view.pools()).toHaveLength(1);
  });

  it('[LAUNCHER 79] put a waiting request back when they are stopped', async () => {
    await world.seedImage();
    const { launcher } = await world.start(simpleConfig({ maxServers: 2 }));
    const held = await world.accept(await world.submit());
    const id = await world.submit(['small', 'small']);
    await world.eventually('it has one of its nodes', () =>
      world.nodes.some((node) => node.allocatedTo === id && node.state === 'ready'),
    );
    const stopping = launcher.stop();
    await world.clock.advance(1);
    await stopping;
    expect(world.request(id)?.state).toBe('requested');
    expect(world.nodes.filter((node) => node.allocatedTo === id)).toEqual([]);
    await world.giveBack(held);
  });
});
