/** Limits over several launchers (ADR 0006): judged at every change of the tree, not by looking now and then. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LimitGuard } from '../../../src/apps/launcher/limit-guard.js';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import type { Resources } from '../../../src/domain/model/quota.js';
import { aConfig, aNode, aPool, aProvider } from '../../support/builders.js';
import type { RunningLauncher } from '../../support/launcher-world.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld(7, { bootTime: 3, deleteTime: 1, quota: {} });
  await world.seedImage('image', ['cloud', 'two']);
});
afterEach(() => world.end());

interface Use {
  readonly nodes: number;
  readonly servers: number;
  readonly resources: Resources;
}

/** The most of everything that there ever was at once, of all nodes or of one tenant's. */
function watchUse(tenant?: string): { nodes: number; servers: number; cores: number; ram: number } {
  const most = { nodes: 0, servers: 0, cores: 0, ram: 0 };
  world.onWrite((path) => {
    if (!path.startsWith('/nodepool/nodes/')) return;
    const { nodes, servers, resources } = useNow(tenant);
    most.nodes = Math.max(most.nodes, nodes);
    most.servers = Math.max(most.servers, servers);
    most.cores = Math.max(most.cores, resources['cores'] ?? 0);
    most.ram = Math.max(most.ram, resources['ram'] ?? 0);
  });
  return most;
}

function useNow(tenant: string | undefined): Use {
  const sum = { instances: 0, cores: 0, ram: 0 };
  for (const id of world.tree.list('/nodepool/nodes') ?? []) {
    const record = world.stored(`/nodepool/nodes/${id}`);
    if (tenant !== undefined && record['tenant_name'] !== tenant) continue;
    const resources = (record['resources'] ?? { instances: 1 }) as Record<string, number>;
    for (const key of ['instances', 'cores', 'ram'] as const) sum[key] += resources[key] ?? 0;
  }
  const servers = world.clouds.all.flatMap((cloud) => cloud.servers).length;
  return { nodes: sum.instances, servers, resources: sum };
}

async function startAll(count: number, config: NodepoolConfig): Promise<readonly RunningLauncher[]> {
  const all: RunningLauncher[] = [];
  for (let at = 0; at < count; at += 1) all.push(await world.start(config));
  return all;
}

/** Submits all at once, and uses and gives back what comes, until each has been served. */
async function serveAll(requests: number, change: Parameters<LauncherWorld['submit']>[0] = {}): Promise<void> {
  const ids = await Promise.all(Array.from({ length: requests }, () => world.submit(change)));
  for (let left = new Set(ids); left.size > 0;) {
    await world.eventually('one more is fulfilled', () =>
      [...left].some((id) => world.request(id)?.state === 'fulfilled'),
    );
    for (const id of [...left]) {
      if (world.request(id)?.state !== 'fulfilled') continue;
      left.delete(id);
      await world.giveBack(await world.accept(id));
    }
    left = new Set(left);
  }
  await world.noNodes();
}

describe.each([1, 2, 3])('[CASE 20 requests at once, %i launchers]', (launchers) => {
  it('never more than max-servers 5 nodes and servers', async () => {
    const most = watchUse();
    await startAll(launchers, simpleConfig({ maxServers: 5 }));
    await serveAll(20);
    expect(most).toMatchObject({ nodes: 5, servers: 5 });
  });

  it('never more than max-cores and max-ram', async () => {
    const most = watchUse();
    await startAll(launchers, simpleConfig({ pool: { limits: { instances: 8, cores: 12, ram: 5 * 8192 } } }));
    await serveAll(20);
    expect(most).toMatchObject({ nodes: 3, cores: 12, servers: 3 });
  });

  it('never more than a limit of the tenant, over all providers', async () => {
    const most = watchUse('acme');
    const two = aProvider({ name: 'two', settings: { cloud: 'two' } }, aPool({ provider: 'two', maxServers: 8 }));
    const one = aProvider({}, aPool({ maxServers: 8 }));
    await startAll(launchers, aConfig({ tenantLimits: new Map([['acme', { instances: 2 }]]) }, one, two));
    await serveAll(20, { tenantName: 'acme' });
    expect(most.nodes).toBe(2);
  });

  it('never more for a tenant when it gets nodes that are ready', async () => {
    const most = watchUse('acme');
    const tenantLimits = new Map([['acme', { instances: 1 }]]);
    await startAll(launchers, simpleConfig({ minReady: 4, top: { tenantLimits } }));
    await world.eventually('four are ready', () => world.nodes.filter((node) => node.state === 'ready').length === 4);
    const ids = await Promise.all([1, 2, 3, 4].map(() => world.submit({ tenantName: 'acme' })));
    for (let served = 0; served < ids.length; served += 1) {
      const open = (): string | undefined => ids.find((id) => world.request(id)?.state === 'fulfilled');
      await world.eventually('one is fulfilled', () => open() !== undefined);
      await world.giveBack(await world.accept(open() ?? ''));
    }
    expect(most.nodes).toBe(1);
  });
});

describe('[A2] a launcher that is alone', () => {
  it('has its turn once and pays nothing for it from then on', async () => {
    const touched = touchedTurns();
    await startAll(1, simpleConfig({ maxServers: 2, top: { tenantLimits: new Map([['acme', { instances: 2 }]]) } }));
    await serveAll(3, { tenantName: 'acme' });
    expect(touched.splice(0).length).toBeGreaterThan(0);
    await serveAll(5, { tenantName: 'acme' });
    expect(touched).toEqual([]);
  });

  it('gives its turn to one that comes, and has it again when that one is gone', async () => {
    const config = simpleConfig({ maxServers: 2 });
    await startAll(1, config);
    await serveAll(2);
    const [second] = await startAll(1, config);
    await serveAll(6);
    if (second) await world.stop(second);
    await serveAll(2);
    const touched = touchedTurns();
    await serveAll(4);
    expect(touched).toEqual([]);
  });

  it('takes no turn where there is no limit', async () => {
    const touched = touchedTurns();
    await startAll(2, simpleConfig({ pool: { maxServers: Infinity, limits: {} } }));
    await serveAll(5, { tenantName: 'acme' });
    expect(touched).toEqual([]);
  });
});

describe('[A8] a guard of the limits that says no to what was decided', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is not asked again and again within one turn', async () => {
    const asked = vi.spyOn(LimitGuard.prototype, 'add').mockImplementation(() => {
      // A test that never gets to its next line could not fail.
      if (asked.mock.calls.length > 5000) throw new Error('asked without end');
      return Promise.resolve({ kind: 'over', because: [] });
    });
    await world.start(simpleConfig());
    const id = await world.submit();
    await world.clock.advance(10);
    expect(world.request(id)?.state).toBe('pending');
    expect(asked.mock.calls.length).toBeGreaterThan(10);
    expect(asked.mock.calls.length).toBeLessThan(150);
    asked.mockRestore();
    await world.fulfilled(id);
  });
});

describe('[A2] a launcher that dies while it has its turn', () => {
  it('keeps the others waiting until its session is over, and no longer', async () => {
    const most = watchUse();
    const config = simpleConfig({ maxServers: 2 });
    const [first] = await startAll(1, config);
    await serveAll(1);
    first?.store.loseConnection();
    await startAll(1, config);
    const id = await world.submit();
    await world.steadily('it waits', () => world.nodes.length === 0, 5);
    await world.fulfilled(id);
    await world.giveBack(await world.accept(id));
    first?.store.restoreConnection();
    await serveAll(10);
    expect(most).toMatchObject({ nodes: 2, servers: 2 });
  });
});

/** Changes below /nodepool/turns, and reads of it. */
function touchedTurns(): string[] {
  const touched: string[] = [];
  const { tree } = world;
  for (const call of ['create', 'list', 'read', 'remove'] as const) {
    const original = tree[call].bind(tree) as (path: string, ...rest: unknown[]) => unknown;
    const noting = (path: string, ...rest: unknown[]): unknown => {
      if (path.startsWith('/nodepool/turns')) touched.push(`${call} ${path}`);
      return original(path, ...rest);
    };
    Object.assign(tree, { [call]: noting });
  }
  return touched;
}

it('nodes whose record does not say what they take count as their label does, from the first request on', async () => {
  const node = aNode({ state: 'hold', provider: 'cloud', pool: 'main', type: ['small'], resources: null });
  for (let count = 0; count < 2; count += 1) await world.client.nodes.create(node);
  const limits = { instances: 8, cores: 12, ram: 2 * 8192 };
  const { launcher } = await world.start(simpleConfig({ pool: { limits } }));
  const id = await world.submit();
  await world.steadily(
    'it waits',
    () => world.request(id)?.state === 'requested' || world.request(id)?.state === 'pending',
    5,
  );
  expect(launcher.ready).toBe(true);
  expect(world.cloud.servers).toEqual([]);
});
