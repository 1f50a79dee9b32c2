import { beforeEach, describe, expect, it } from 'vitest';
import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { TreeRecords } from '../../../src/adapters/records/tree-records.js';
import { aNode } from '../../support/builders.js';

/** A store whose lists take as long as the test wants. */
class SlowLists extends MemoryTreeStore {
  private answers: (() => void)[] | undefined;

  override async list(path: string, onChange?: () => void): Promise<readonly string[] | undefined> {
    const names = await super.list(path, onChange);
    if (this.answers) await new Promise<void>((resolve) => this.answers?.push(resolve));
    return names;
  }

  hold(): void {
    this.answers = [];
  }

  /** Answers how many lists were on their way. */
  letGo(): number {
    const answers = this.answers ?? [];
    this.answers = undefined;
    for (const answer of answers) answer();
    return answers.length;
  }
}

let clock: VirtualClock;
let store: SlowLists;
let others: MemoryTreeStore;
let records: TreeRecords;

beforeEach(async () => {
  clock = new VirtualClock();
  const tree = new MemoryTree(clock);
  store = new SlowLists(tree, { clock });
  // Where a part of the tree is watched as a whole, hardly anything is listed.
  Object.assign(store, { watchTree: undefined });
  others = new MemoryTreeStore(tree, { clock });
  const random = new SeededRandom(1);
  const leases = new KazooLeases(store, { clock, random });
  const host = { hostname: 'host.example', pid: 42 };
  records = new TreeRecords({ store, leases, clock, random, host, logger: new MemoryLogger() });
  const opened = records.open(['nodes', 'images']);
  await clock.advance(1);
  await opened;
});

describe('a list that was asked for before a creation of ours', () => {
  it('does not take the node out of the view, and nobody is told that it went', async () => {
    const told: string[] = [];
    records.nodes.view.onChange(({ kind }) => told.push(kind));
    store.hold();
    await others.create('/nodepool/nodes/', new TextEncoder().encode('{"state": "ready"}'), {
      sequential: true,
      makeParents: true,
    });
    await clock.advance(0.01);
    const { id } = await records.nodes.create(aNode({ state: 'building' }));
    expect(store.letGo()).toBeGreaterThan(0);
    await clock.advance(5);
    expect(records.nodes.view.get(id)?.value.state).toBe('building');
    expect(records.nodes.view.all().size).toBe(2);
    expect(told).not.toContain('removed');
  });

  it('does not take the order of a build out of the view', async () => {
    store.hold();
    await others.create('/nodepool/images/other/builds', new Uint8Array(), { makeParents: true });
    await clock.advance(0.01);
    await records.images.orders.requestBuild('image');
    expect(store.letGo()).toBeGreaterThan(0);
    const seen = new Set<boolean>();
    for (let turn = 0; turn < 20; turn += 1) {
      seen.add(records.images.view.buildRequested('image') !== undefined);
      await clock.advance(0.05);
    }
    expect([...seen]).toEqual([true]);
  });
});

it('what is older than what we know is not taken over', async () => {
  const { id } = await records.nodes.create(aNode({ state: 'building' }));
  const before = await store.read(`/nodepool/nodes/${id}`);
  const outcome = await records.nodes.lock(id);
  if (outcome.kind !== 'locked') throw new Error(outcome.kind);
  await outcome.lease.update({ state: 'ready' });
  await outcome.lease.release();
  records.nodes.view.seen(id, before);
  expect(records.nodes.view.get(id)?.value.state).toBe('ready');
});
