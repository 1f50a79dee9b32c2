import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodepoolConfig, PoolConfig } from '../../../src/domain/config/config.js';
import type { StaticNodeConfig } from '../../../src/domain/config/static-node.js';
import type { Node } from '../../../src/domain/model/node.js';
import { aConfig, aNode, aPool, aPoolLabel, aProvider, aStaticNode } from '../../support/builders.js';
import { LauncherWorld } from '../../support/launcher-world.js';
import { load } from '../config/config-harness.js';

let world: LauncherWorld;

beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

function poolOf(machines: readonly StaticNodeConfig[], change: Partial<PoolConfig> = {}): PoolConfig {
  const labels = machines.flatMap((node) => node.labels).map((name) => aPoolLabel(name, { image: { kind: 'none' } }));
  return aPool({
    provider: 'lab',
    labels: new Map(labels.map((label) => [label.name, label])),
    settings: { nodes: machines },
    ...change,
  });
}

function lab(...pools: readonly PoolConfig[]): NodepoolConfig {
  const provider = { name: 'lab', driver: 'static', managesImages: false, settings: {} };
  return aConfig({}, aProvider(provider, ...pools));
}

const withMachines = (...machines: readonly StaticNodeConfig[]): NodepoolConfig => lab(poolOf(machines));

function hosts(state: Node['state'] = 'ready'): readonly string[] {
  return world.nodes
    .filter((node) => node.state === state)
    .map((node) => `${node.hostname ?? ''}#${String(node.slot)}`)
    .sort();
}

async function offered(...expected: readonly string[]): Promise<void> {
  const wanted = [...expected].sort().join(' ');
  await world.eventually(
    `${wanted || 'nothing'} is offered, not ${hosts().join(' ')}`,
    () => hosts().join(' ') === wanted,
  );
  await world.clock.advance(3);
  expect(hosts().join(' ')).toBe(wanted);
}

describe('machines that exist by themselves', () => {
  it('[BUILDER 25] are registered as ready nodes, defaults included', async () => {
    const config = await load(`
labels: [{name: bare}, {name: fast}]
providers:
  - name: lab
    driver: static
    pools:
      - name: main
        node-attributes: {rack: '7'}
        nodes:
          - name: one.example.org
            labels: bare fast
          - name: 192.0.2.7
            labels: [bare]
            ssh-port: 2222
            username: root
            connection-type: network_cli
            python-path: /usr/bin/python3
            shell-type: sh
            max-parallel-jobs: 2
`);
    await world.start(config);
    await offered('one.example.org#0', '192.0.2.7#0', '192.0.2.7#1');
    const one = world.nodes.find((node) => node.hostname === 'one.example.org');
    expect(one).toMatchObject({
      state: 'ready',
      provider: 'lab',
      pool: 'main',
      type: ['bare', 'fast'],
      launcher: 'static driver',
      allocatedTo: null,
      externalId: null,
      slot: 0,
      interfaceIp: 'one.example.org',
      username: 'zuul',
      connectionType: 'ssh',
      connectionPort: 22,
      hostKeys: ['ssh-ed25519 KEY-OF-one.example.org'],
      pythonPath: 'auto',
      shellType: null,
      attributes: { rack: '7' },
    });
    expect(one?.createdTime).toBe(one?.stateTime);
    expect(world.nodes.find((node) => node.hostname === '192.0.2.7')).toMatchObject({
      interfaceIp: '192.0.2.7',
      username: 'root',
      connectionType: 'network_cli',
      connectionPort: 2222,
      pythonPath: '/usr/bin/python3',
      shellType: 'sh',
    });
    expect(world.nodes.every((node) => !world.client.nodes.view.locked(node.id))).toBe(true);
  });

  it('are offered with the keys they show; a machine without the configured key is not', async () => {
    world.machines.setKeys('good', ['ssh-rsa A', 'ssh-ed25519 B']);
    await world.start(
      withMachines(
        aStaticNode('good', { hostKeys: ['ssh-ed25519 B'] }),
        aStaticNode('bad', { hostKeys: ['ssh-rsa X'] }),
      ),
    );
    await offered('good#0');
    expect(world.nodes[0]?.hostKeys).toEqual(['ssh-rsa A', 'ssh-ed25519 B']);
    expect(world.logger.messages('warn').join()).toContain('bad:22 cannot be offered');
    world.machines.setKeys('bad', ['ssh-rsa X']);
    await offered('good#0', 'bad#0');
  });

  it('[LAUNCHER 69] serve a request for any of their labels', async () => {
    await world.start(
      withMachines(aStaticNode('one', { labels: ['bare', 'fast'] }), aStaticNode('two', { labels: ['slow'] })),
    );
    for (const label of ['fast', 'bare']) {
      const held = await world.accept(await world.submit([label]));
      expect(held[0]?.current.value).toMatchObject({ hostname: 'one', type: ['bare', 'fast'] });
      await world.giveBack(held);
      await world.eventually('it is used up', () => world.node(held[0]!.id) === undefined);
    }
  });

  it('are registered again under a new id when their node was used and deleted', async () => {
    await world.start(withMachines(aStaticNode('one')));
    const held = await world.accept(await world.submit(['bare']));
    await world.giveBack(held);
    await world.eventually('the old record is gone', () => world.node(held[0]!.id) === undefined);
    await offered('one#0');
    expect(world.nodes[0]?.id).not.toBe(held[0]!.id);
  });

  it('are registered again when an operator deletes the node', async () => {
    await world.start(withMachines(aStaticNode('one')));
    await offered('one#0');
    const [before] = world.nodes;
    const outcome = await world.client.nodes.lock(before!.id);
    if (outcome.kind !== 'locked') throw new Error(outcome.kind);
    await outcome.lease.update({ state: 'deleting' });
    await outcome.lease.release();
    await world.eventually('another record takes its place', () =>
      world.nodes.some(({ id, state }) => id !== before!.id && state === 'ready'),
    );
    expect(world.nodes).toHaveLength(1);
  });

  it('[LAUNCHER 78] all taken: a request stays open and other labels are served meanwhile', async () => {
    await world.start(withMachines(aStaticNode('one'), aStaticNode('two', { labels: ['other'] })));
    const held = await world.accept(await world.submit(['bare']));
    const waiting = await world.submit(['bare']);
    const other = await world.submit(['other'], '300');
    await world.fulfilled(other);
    await world.steadily('it stays requested', () => world.request(waiting)?.state === 'requested');
    expect(world.client.launchers.view.pools()[0]?.paused).toBe(false);
    await world.giveBack(held);
    await world.fulfilled(waiting);
  });

  it('serve several labels of one request with different machines, and never one machine twice', async () => {
    await world.start(withMachines(aStaticNode('one', { labels: ['bare', 'fast'] }), aStaticNode('two')));
    const nodes = await world.fulfilled(await world.submit(['bare', 'fast']));
    const names = nodes.map((id) => world.node(id)?.hostname);
    expect(new Set(names)).toEqual(new Set(['one', 'two']));
    expect(names[1]).toBe('one');
  });

  it('free again serve waiting requests in order of priority', async () => {
    await world.start(withMachines(aStaticNode('one')));
    let held = await world.accept(await world.submit(['bare']));
    const late = await world.submit(['bare'], '300');
    const early = await world.submit(['bare'], '100');
    for (const [next, other] of [
      [early, late],
      [late, early],
    ] as const) {
      await world.giveBack(held);
      await world.fulfilled(next);
      expect(world.request(other)?.state).not.toBe('fulfilled');
      held = await world.accept(next);
    }
  });

  it('of two providers are all used', async () => {
    const other = aProvider(
      { name: 'annex', driver: 'static', managesImages: false, settings: {} },
      poolOf([aStaticNode('two')], { provider: 'annex' }),
    );
    const config = withMachines(aStaticNode('one'));
    await world.start({ ...config, providers: new Map([...config.providers, ['annex', other]]) });
    const ids = [await world.submit(['bare']), await world.submit(['bare'])];
    const nodes = [...(await world.fulfilled(ids[0]!)), ...(await world.fulfilled(ids[1]!))];
    expect(nodes.map((id) => world.node(id)?.provider).sort()).toEqual(['annex', 'lab']);
  });

  it('[LAUNCHER 78] taken by another launcher at the last moment: the request is open again', async () => {
    const config = withMachines(aStaticNode('one'));
    await world.start(config);
    await world.start(config);
    await offered('one#0');
    const ids = await Promise.all([1, 2, 3].map(() => world.submit(['bare'])));
    for (let served = 0; served < ids.length; served += 1) {
      const open = (): readonly string[] => ids.filter((id) => world.request(id)?.state === 'fulfilled');
      await world.eventually('one is served', () => open().length > 0);
      await world.eventually('the others are open', () =>
        ids.every(
          (id) => world.request(id) === undefined || ['fulfilled', 'requested'].includes(world.request(id)!.state),
        ),
      );
      expect(open()).toHaveLength(1);
      await world.giveBack(await world.accept(open()[0]!));
    }
  });
});

describe('several launchers with the same machines', () => {
  it('register each slot once', async () => {
    const config = withMachines(aStaticNode('one', { maxParallelJobs: 3 }), aStaticNode('two'));
    await Promise.all([world.start(config, 'a'), world.start(config, 'b'), world.start(config, 'c')]);
    await offered('one#0', 'one#1', 'one#2', 'two#0');
    expect(new Set(world.machines.asked).size).toBe(world.machines.asked.length);
    expect(
      Number(
        world.nodes
          .map(({ id }) => id)
          .sort()
          .at(-1),
      ),
    ).toBeLessThan(4);
  });

  it('go on when the one that did it dies, without a second record of anything', async () => {
    const config = withMachines(aStaticNode('one', { maxParallelJobs: 2 }));
    const first = await world.start(config);
    await offered('one#0', 'one#1');
    const before = world.nodes.map(({ id }) => id);
    await world.start(config);
    await world.kill(first);
    await world.clock.advance(30);
    expect(world.nodes.map(({ id }) => id)).toEqual(before);
    await world.giveBack(await world.accept(await world.submit(['bare'])));
    await world.eventually(
      'both slots are offered',
      () => hosts().length === 2 && world.nodes.some(({ id }) => !before.includes(id)),
    );
    await offered('one#0', 'one#1');
  });

  it('heal a slot that was registered twice all the same: the younger free record goes', async () => {
    const config = withMachines(aStaticNode('one'));
    await world.start(config);
    await offered('one#0');
    const [kept] = world.nodes;
    const twin = await world.client.nodes.create({ ...kept!, stateTime: world.clock.now() });
    await world.eventually('the twin is gone', () => world.node(twin.id) === undefined);
    await world.clock.advance(10);
    expect(world.nodes.map(({ id }) => id)).toEqual([kept!.id]);
  });
});

describe('dead machines', () => {
  it('are tried again with back-off and offered when they answer', async () => {
    world.machines.takeAway('one');
    await world.start(withMachines(aStaticNode('one')));
    await world.clock.advance(300);
    expect(world.nodes).toEqual([]);
    const asked = world.machines.asked.length;
    expect(asked).toBeGreaterThanOrEqual(5);
    expect(asked).toBeLessThanOrEqual(9);
    world.machines.bringBack('one');
    await offered('one#0');
  });

  it('never delay the others, and are not all asked at once', async () => {
    const dead = Array.from({ length: 200 }, (_, number) => aStaticNode(`dead-${number}`, { timeout: 60 }));
    world.machines.takeAway(...dead.map(({ name }) => name));
    await world.start(withMachines(aStaticNode('one'), ...dead));
    await offered('one#0');
    await world.clock.advance(400);
    expect(world.machines.busiest).toBeLessThanOrEqual(75);
    await world.giveBack(await world.accept(await world.submit(['bare'])));
    const since = world.clock.now();
    await world.eventually('it is offered again', () => hosts().length === 1 && world.nodes[0]!.stateTime >= since, 10);
  });

  it('are noticed before they are handed out, and the request gets another', async () => {
    await world.start(withMachines(aStaticNode('one'), aStaticNode('two')));
    await offered('one#0', 'two#0');
    const oldest = world.nodes.map((node) => node.hostname)[0]!;
    world.machines.takeAway(oldest);
    const nodes = await world.fulfilled(await world.submit(['bare']));
    expect(world.node(nodes[0]!)?.hostname).not.toBe(oldest);
    await world.eventually('it is not offered', () => world.nodes.length === 1);
    world.machines.bringBack(oldest);
    await world.eventually('it is offered again', () => hosts().includes(`${oldest}#0`));
  });

  it('are not offered any more when they fail the check of a new launcher', async () => {
    const config = withMachines(aStaticNode('one'));
    const first = await world.start(config);
    await offered('one#0');
    await world.kill(first);
    world.machines.takeAway('one');
    await world.start(config);
    await offered();
    world.machines.bringBack('one');
    await offered('one#0');
  });
});

describe('a changed configuration', () => {
  it('adds machines and slots', async () => {
    const { config } = await world.start(withMachines(aStaticNode('one')));
    await offered('one#0');
    const [before] = world.nodes;
    config.set(withMachines(aStaticNode('one', { maxParallelJobs: 2 }), aStaticNode('two')));
    await offered('one#0', 'one#1', 'two#0');
    expect(world.node(before!.id)).toBeDefined();
  });

  it('removes machines and slots nobody uses', async () => {
    const { config } = await world.start(withMachines(aStaticNode('one', { maxParallelJobs: 3 }), aStaticNode('two')));
    await offered('one#0', 'one#1', 'one#2', 'two#0');
    config.set(withMachines(aStaticNode('one', { maxParallelJobs: 2 })));
    await offered('one#0', 'one#1');
    expect(world.nodes).toHaveLength(2);
  });

  it('leaves used and allocated nodes alone until they are given back', async () => {
    const { config } = await world.start(withMachines(aStaticNode('one'), aStaticNode('two'), aStaticNode('three')));
    await offered('one#0', 'two#0', 'three#0');
    const held = await world.accept(await world.submit(['bare']));
    const [allocated] = await world.fulfilled(await world.submit(['bare']));
    const kept = [held[0]!.current.value.hostname, world.node(allocated!)?.hostname];
    config.set(withMachines(aStaticNode('four', { labels: ['bare'] })));
    await world.eventually('the free one is replaced', () => world.nodes.length === 3 && hosts().includes('four#0'));
    await world.clock.advance(30);
    expect(kept.every((name) => world.nodes.some((node) => node.hostname === name))).toBe(true);
    await world.giveBack(held);
    await world.eventually('it is gone', () => world.node(held[0]!.id) === undefined);
    await world.clock.advance(10);
    expect(world.nodes).toHaveLength(2);
  });

  it('with fewer slots while some are used never lets more jobs on the machine', async () => {
    const { config } = await world.start(withMachines(aStaticNode('one', { maxParallelJobs: 3 })));
    await offered('one#0', 'one#1', 'one#2');
    const held = await world.accept(await world.submit(['bare']));
    config.set(withMachines(aStaticNode('one')));
    await world.eventually('the free ones are gone', () => world.nodes.length === 1);
    await world.clock.advance(10);
    expect(world.nodes[0]?.state).toBe('in-use');
    await world.giveBack(held);
    await offered('one#0');
    expect(world.nodes).toHaveLength(1);
  });

  it('of labels and connection shows in the free nodes, which keep their ids, and only in those', async () => {
    const { config } = await world.start(withMachines(aStaticNode('one'), aStaticNode('two')));
    await offered('one#0', 'two#0');
    const held = await world.accept(await world.submit(['bare']));
    const free = world.nodes.find((node) => node.state === 'ready')!;
    const change = { labels: ['bare', 'new'], pythonPath: '/opt/python', shellType: 'cmd', hostKeyChecking: false };
    config.set(withMachines(aStaticNode('one', change), aStaticNode('two', change)));
    await world.eventually('it follows', () => world.node(free.id)?.type.includes('new') === true);
    expect(world.node(free.id)).toMatchObject({ pythonPath: '/opt/python', shellType: 'cmd', hostKeys: [] });
    expect(world.node(held[0]!.id)).toMatchObject({ type: ['bare'], pythonPath: 'auto' });
    await world.giveBack(held);
    await world.eventually(
      'both are offered with it',
      () => world.nodes.filter(({ type }) => type.includes('new')).length === 2,
    );
  });

  it('that moves a machine to another pool moves its node', async () => {
    const { config } = await world.start(
      lab(poolOf([aStaticNode('one')]), poolOf([aStaticNode('two')], { name: 'second' })),
    );
    await offered('one#0', 'two#0');
    config.set(lab(poolOf([]), poolOf([aStaticNode('one'), aStaticNode('two')], { name: 'second' })));
    await world.eventually('it is there', () => world.nodes.every((node) => node.pool === 'second'));
    expect(world.nodes).toHaveLength(2);
  });

  it('without the provider withdraws its free nodes; the others go when they are given back', async () => {
    const { config } = await world.start(withMachines(aStaticNode('one'), aStaticNode('two')));
    await offered('one#0', 'two#0');
    const held = await world.accept(await world.submit(['bare']));
    config.set(aConfig());
    await world.eventually('the free one is gone', () => world.nodes.length === 1);
    await world.steadily('the used one stays', () => world.node(held[0]!.id)?.state === 'in-use');
    await world.giveBack(held);
    await world.noNodes();
  });

  it('without the provider in one launcher leaves its nodes to the others', async () => {
    const both = withMachines(aStaticNode('one'));
    const { config } = await world.start(both);
    await world.start(both);
    await offered('one#0');
    const [before] = world.nodes;
    config.set(aConfig());
    await world.steadily('it stays', () => world.node(before!.id)?.state === 'ready');
    await world.giveBack(await world.accept(await world.submit(['bare'])));
    await world.eventually('it is registered again', () => hosts().length === 1 && world.nodes[0]?.id !== before!.id);
  });
});

describe('nodes of others', () => {
  it('that a 3.x launcher registered without slot numbers are adopted', async () => {
    await world.client.open(['nodes']);
    const old = aNode({
      provider: 'lab',
      type: ['bare'],
      hostname: 'one',
      interfaceIp: 'one',
      launcher: 'static driver',
      username: 'zuul',
      connectionType: 'ssh',
      hostKeys: ['ssh-ed25519 KEY-OF-one'],
    });
    const ids = [(await world.client.nodes.create(old)).id, (await world.client.nodes.create(old)).id];
    await world.start(withMachines(aStaticNode('one', { maxParallelJobs: 2 })));
    await offered('one#0', 'one#1');
    expect(world.nodes.map(({ id }) => id).sort()).toEqual(ids);
  });

  it('of a cloud provider that had the same name are not taken for machines', async () => {
    await world.client.open(['nodes']);
    const { id } = await world.client.nodes.create(aNode({ provider: 'lab', externalId: 'server-1', hostname: 'x' }));
    await world.start(withMachines(aStaticNode('one')));
    await world.eventually('the machine is offered', () => hosts().includes('one#0'));
    await world.steadily('the other stays', () => world.node(id)?.state === 'ready');
  });
});
