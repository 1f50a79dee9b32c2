import { describe, expect, test } from 'vitest';
import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { TreeRecords } from '../../../src/adapters/records/tree-records.js';
import type { RecordLease } from '../../../src/ports/records/record-lease.js';
import type { RecordView } from '../../../src/ports/records/view.js';
import { aNode, aRequest } from '../../support/builders.js';
import { text } from './records-fixture.js';

const MEMBERS = 3;
const STEPS = 150;

interface Member {
  readonly store: MemoryTreeStore;
  readonly records: TreeRecords;
  readonly problems: string[];
  readonly told: { readonly nodes: Map<string, unknown>; readonly requests: Map<string, unknown> };
}

/** Replays what a view tells and notes where that makes no sense. */
function follow<T>(view: RecordView<T>, problems: string[]): Map<string, unknown> {
  const known = new Map<string, T>();
  const lockedNow = new Set<string>();
  view.onChange((change) => {
    if (change.kind === 'added') {
      if (known.has(change.id)) problems.push(`added twice: ${change.id}`);
      known.set(change.id, change.after.value);
    }
    if (change.kind === 'updated') {
      if (known.get(change.id) !== change.before.value) problems.push(`updated from something else: ${change.id}`);
      known.set(change.id, change.after.value);
    }
    if (change.kind === 'removed') {
      if (!known.delete(change.id)) problems.push(`removed without being there: ${change.id}`);
      lockedNow.delete(change.id);
    }
    if (change.kind === 'locking') {
      if (lockedNow.has(change.id) === change.locked) problems.push(`locking told twice: ${change.id}`);
      if (change.locked) lockedNow.add(change.id);
      else lockedNow.delete(change.id);
      if (view.locked(change.id) !== change.locked) problems.push(`locking told wrongly: ${change.id}`);
    }
  });
  return known;
}

/** What a store can do: all there is, as ZooKeeper's C client, or as on a server that is too old, found out now or later. */
const ABILITIES = ['all', 'none', 'no trees', 'trees for a while'] as const;

function limit(store: MemoryTreeStore, ability: (typeof ABILITIES)[number], random: SeededRandom): void {
  const watchTree = store.watchTree.bind(store);
  if (ability === 'none') Object.assign(store, { transaction: undefined, watchTree: undefined });
  if (ability === 'no trees') store.watchTree = () => Promise.resolve(undefined as never);
  if (ability !== 'trees for a while') return;
  store.watchTree = (path, listener) => {
    let ended = false;
    return watchTree(path, (event) => {
      if (ended) return;
      ended = random.next() < 0.02;
      listener(ended ? { kind: 'ended' } : event);
    });
  };
}

async function join(tree: MemoryTree, clock: VirtualClock, seed: number): Promise<Member> {
  const store = new MemoryTreeStore(tree, { clock, sessionTimeout: 10 });
  const random = new SeededRandom(seed);
  limit(store, ABILITIES[seed % ABILITIES.length] ?? 'all', random);
  const leases = new KazooLeases(store, { clock, random });
  const host = { hostname: 'h', pid: seed };
  const records = new TreeRecords({ store, leases, clock, random, host, logger: new MemoryLogger() });
  await records.open(['nodes', 'requests']);
  const problems: string[] = [];
  const told = {
    nodes: follow(records.nodes.view, problems),
    requests: follow(records.requests.view, problems),
  };
  return { store, records, problems, told };
}

class Chaos {
  private readonly held: RecordLease<never>[] = [];
  constructor(
    private readonly random: SeededRandom,
    private readonly members: readonly Member[],
  ) {}

  pick<T>(choices: readonly T[]): T | undefined {
    return choices[Math.floor(this.random.next() * choices.length)];
  }

  /** Does one thing, waiting for nothing. */
  step(): Promise<unknown> {
    const member = this.pick(this.members);
    if (!member) throw new Error('nobody is there');
    const dice = this.random.next();
    if (dice < 0.03) member.store.expireSession();
    else if (dice < 0.05) member.store.loseConnection();
    else if (dice < 0.12) for (const { store } of this.members) store.restoreConnection();
    else if (dice < 0.14)
      member.store.loseNextReply(
        this.pick(['create', 'write', 'remove', 'list', 'read', 'transaction', 'watchTree'] as const)!,
      );
    else if (dice < 0.2) return member.records.nodes.create(aNode({ state: 'init' }));
    else if (dice < 0.25) return member.records.requests.create('200', aRequest());
    else if (dice < 0.3) return this.removeRequest(member);
    else if (dice < 0.7) return this.workOnNode(member);
    else return this.workOnRequest(member);
    return Promise.resolve();
  }

  async end(): Promise<void> {
    for (const { store } of this.members) store.restoreConnection();
    await Promise.allSettled(this.held.map((lease) => lease.release()));
  }

  /** Of what is held, something that goes with something else. */
  private others(): readonly RecordLease<never>[] {
    return this.random.next() < 0.5 ? this.held.slice(0, 1) : [];
  }

  private async removeRequest({ records }: Member): Promise<void> {
    const id = this.pick([...records.requests.view.all().keys()]);
    if (id !== undefined) await records.requests.remove(id);
  }

  private async workOnNode({ records }: Member): Promise<void> {
    const id = this.pick([...records.nodes.view.all().keys()]);
    const state = this.pick(['building', 'ready', 'in-use', 'used', 'deleting'] as const)!;
    const [removes, keeps] = [this.random.next() < 0.25, this.random.next() < 0.1];
    const concludes = this.random.next() < 0.3;
    const outcome = id === undefined ? undefined : await records.nodes.lock(id);
    if (outcome?.kind !== 'locked') return;
    try {
      if (concludes) return void (await outcome.lease.conclude({ state, comment: `${id} ${state}` }, this.others()));
      await outcome.lease.update({ state, comment: `${id} ${state}` });
      if (removes) await outcome.lease.remove();
    } finally {
      if (keeps) this.held.push(outcome.lease as unknown as RecordLease<never>);
      else await outcome.lease.release();
    }
  }

  private async workOnRequest({ records }: Member): Promise<void> {
    const id = this.pick([...records.requests.view.all().keys()]);
    const keeps = this.random.next() < 0.1;
    const outcome = id === undefined ? undefined : await records.requests.lock(id);
    if (outcome?.kind !== 'locked') return;
    try {
      await outcome.lease.update({ state: outcome.lease.current.value.state === 'pending' ? 'fulfilled' : 'pending' });
    } finally {
      if (keeps) this.held.push(outcome.lease as unknown as RecordLease<never>);
      else await outcome.lease.release();
    }
  }
}

async function contentsOf(store: MemoryTreeStore, folder: string): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const id of [...((await store.list(folder)) ?? [])].sort()) {
    const record = await store.read(`${folder}/${id}`);
    const { state, comment = null } = JSON.parse(text(record!.data)) as { state: string; comment?: string };
    result[id] = { state, comment };
  }
  return result;
}

function shown(records: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const entries = [...records].map(([id, value]) => {
    const { state, comment = null } = value as { state: string; comment?: string | null };
    return [id, { state, comment }] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const valuesOf = <T>(view: RecordView<T>): Map<string, unknown> =>
  new Map([...view.all()].map(([id, stored]) => [id, stored.value]));

async function run(seed: number): Promise<void> {
  const clock = new VirtualClock();
  const tree = new MemoryTree(clock);
  const random = new SeededRandom(seed);
  const members = await Promise.all(
    Array.from({ length: MEMBERS }, (_, index) => join(tree, clock, seed * 10 + index)),
  );
  const chaos = new Chaos(random, members);
  const doings: Promise<unknown>[] = [];
  for (let step = 0; step < STEPS; step++) {
    doings.push(chaos.step().catch(() => undefined));
    const pause = random.next();
    if (pause < 0.3) await clock.settle();
    else if (pause < 0.5) await clock.advance(random.next() * 3);
  }
  await clock.advance(20);
  await chaos.end();
  await Promise.all(doings);
  await clock.advance(20);

  const judge = new MemoryTreeStore(tree, { clock });
  const [nodes, requests] = [await contentsOf(judge, '/nodepool/nodes'), await contentsOf(judge, '/nodepool/requests')];
  for (const { records, told, problems } of members) {
    expect(problems).toEqual([]);
    expect(shown(valuesOf(records.nodes.view))).toEqual(nodes);
    expect(shown(valuesOf(records.requests.view))).toEqual(requests);
    expect(shown(told.nodes)).toEqual(nodes);
    expect(shown(told.requests)).toEqual(requests);
    expect([...records.nodes.view.all().keys()].filter((id) => records.nodes.view.locked(id))).toEqual([]);
    expect([...records.requests.view.all().keys()].filter((id) => records.requests.view.locked(id))).toEqual([]);
    expect([records.nodes.view.complete, records.requests.view.complete]).toEqual([true, true]);
    expect([records.nodes.view.damaged(), records.requests.view.damaged()]).toEqual([[], []]);
  }
  await Promise.all(members.map(({ records }) => records.close()));
  await Promise.all([judge, ...members.map(({ store }) => store)].map((store) => store.close()));
}

describe('whatever happens, every mirror ends up with what is there, and has told exactly that', () => {
  const from = Number(process.env['SEED'] ?? 1);
  const count = Number(process.env['SEEDS'] ?? 25);
  test.each(Array.from({ length: count }, (_, index) => from + index))('seed %i', (seed) => run(seed));
});
