/** Two launchers, two requests, and room for one of them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitsBehind } from '../../../src/domain/decide/mutual-wait.js';
import type { MutualWaitInput } from '../../../src/domain/decide/mutual-wait.js';
import { aNode, aRequest, stored } from '../../support/builders.js';
import { LauncherWorld, simpleConfig } from '../../support/launcher-world.js';

let world: LauncherWorld;

beforeEach(async () => {
  world = new LauncherWorld(5);
  await world.seedImage();
});
afterEach(() => world.end());

describe('[A2] two launchers whose requests each hold half of what both need', () => {
  /** Another launcher's request that has one of its two nodes, and ours of the given priority. */
  async function tie(priority: string): Promise<{ readonly theirs: string; readonly ours: string }> {
    const common = { nodeTypes: ['small', 'small'], tenantName: 'acme' };
    const theirs = await world.submit({ ...common, state: 'pending' });
    const locked = await world.client.requests.lock(theirs);
    if (locked.kind !== 'locked') throw new Error(locked.kind);
    const node = aNode({
      state: 'ready',
      allocatedTo: theirs,
      az: 'az1',
      tenantName: 'acme',
      stateTime: world.clock.now(),
    });
    await world.client.nodes.create(node);
    return { theirs, ours: await world.submit(common, priority) };
  }
  const has = (request: string): number => world.nodes.filter((node) => node.allocatedTo === request).length;

  it('the one that comes later lets go of what it has', async () => {
    const { ours } = await tie('300');
    await world.start(simpleConfig({ maxServers: 2 }));
    await world.eventually('ours has one', () => has(ours) === 1);
    await world.eventually('ours has let go', () => has(ours) === 0 && world.request(ours)?.state === 'requested', 60);
    await world.steadily('what it had is there for the other for a while', () => has(ours) === 0, 5);
  });

  it('the one that comes first keeps it', async () => {
    const { ours } = await tie('100');
    await world.start(simpleConfig({ maxServers: 2 }));
    await world.eventually('ours has one', () => has(ours) === 1);
    await world.steadily('ours keeps it', () => has(ours) === 1, 100);
  });
});

describe('who gives up', () => {
  const request = stored('200-0000000002', aRequest({ state: 'pending', nodeTypes: ['small', 'small'] }));
  const rival = stored('200-0000000001', request.value);
  const holds = (id: string): ReturnType<typeof stored<ReturnType<typeof aNode>>> =>
    stored(`n${id}`, aNode({ state: 'ready', allocatedTo: id }));
  const full = { code: 'QUOTA_POOL', owner: 'main', resource: 'instances', used: 2, limit: 2, need: 1 } as const;
  const behind = (change: Partial<MutualWaitInput> = {}): string | undefined =>
    waitsBehind({
      request,
      because: [full],
      provider: 'cloud',
      pool: 'main',
      others: [rival],
      nodes: [holds(request.id), holds(rival.id)],
      ...change,
    });

  it('the later one, not the earlier one', () => {
    expect(behind()).toBe(rival.id);
    expect(behind({ request: rival, others: [request] })).toBeUndefined();
  });

  it('the later one of a tenant, wherever its nodes are', () => {
    const because = [{ ...full, code: 'QUOTA_TENANT', owner: 'acme' }] as const;
    const ours = stored(request.id, { ...request.value, tenantName: 'acme' });
    const node = stored('n', aNode({ state: 'building', allocatedTo: rival.id, pool: 'other', tenantName: 'acme' }));
    expect(behind({ request: ours, because, nodes: [holds(request.id), node] })).toBe(rival.id);
    expect(behind({ request: ours, because, nodes: [holds(rival.id)] })).toBeUndefined();
  });

  it('nobody for one that lacks nothing, holds nothing, or holds something else', () => {
    expect(behind({ nodes: [holds(request.id), holds(rival.id), { ...holds(rival.id), id: 'more' }] })).toBeUndefined();
    expect(behind({ nodes: [holds(request.id)] })).toBeUndefined();
    const elsewhere = stored('n', aNode({ state: 'ready', allocatedTo: rival.id, pool: 'other' }));
    expect(behind({ nodes: [holds(request.id), elsewhere] })).toBeUndefined();
    expect(behind({ because: [{ code: 'CLOUD_QUOTA', provider: 'cloud', problem: 'full' }] })).toBeUndefined();
  });
});
