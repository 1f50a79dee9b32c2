import { expect, test } from 'vitest';
import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { TreeRecords } from '../../../src/adapters/records/tree-records.js';
import { aNode, aRequest } from '../../support/builders.js';
import { locked } from '../../contract/records-fixture.js';

function join(tree: MemoryTree, clock: VirtualClock, seed: number): { store: MemoryTreeStore; records: TreeRecords } {
  const store = new MemoryTreeStore(tree, { clock });
  const random = new SeededRandom(seed);
  const leases = new KazooLeases(store, { clock, random });
  const host = { hostname: 'h', pid: 1 };
  return { store, records: new TreeRecords({ store, leases, clock, random, host, logger: new MemoryLogger() }) };
}

const sum = (store: MemoryTreeStore): number => Object.values(store.calls).reduce((total, calls) => total + calls, 0);

const NONE = { create: 0, read: 0, list: 0, stat: 0, write: 0, remove: 0, transaction: 0, watchTree: 0 };

/** The way of one request for one node through a launcher's records. */
async function serve(records: TreeRecords, id: string): Promise<string> {
  const request = locked(await records.requests.lock(id));
  await request.update({ state: 'pending' });
  const created = await records.nodes.create(aNode({ state: 'init', allocatedTo: id }));
  const node = locked(await records.nodes.lockCreated(created));
  await node.update({ state: 'building' });
  await node.update({ externalId: 'server' });
  await node.update({ state: 'ready' });
  await request.conclude({ state: 'fulfilled', nodes: [created.id] }, [node]);
  return created.id;
}

async function launcherAndClient(): Promise<{
  clock: VirtualClock;
  launcher: MemoryTreeStore;
  records: TreeRecords;
  client: TreeRecords;
}> {
  const clock = new VirtualClock();
  const tree = new MemoryTree(clock);
  const launcher = join(tree, clock, 1);
  const client = join(tree, clock, 2);
  await Promise.all([launcher, client].map(({ records }) => records.open(['nodes', 'requests'])));
  // Makes the folders.
  const first = await client.records.requests.create('200', aRequest());
  await clock.advance(5);
  await serve(launcher.records, first.id);
  await clock.advance(5);
  launcher.store.resetCalls();
  return { clock, launcher: launcher.store, records: launcher.records, client: client.records };
}

test('a request for one node takes nine calls until it is fulfilled', async () => {
  const { clock, launcher, records, client } = await launcherAndClient();
  const { id } = await client.requests.create('200', aRequest());
  await clock.settle();
  expect(records.requests.view.get(id)).toBeDefined();
  // Learning of it: the request.
  expect(sum(launcher)).toBe(1);
  await serve(records, id);
  await clock.settle();
  // The request: lock, read, one write, another with both releases. The node: creation, lock, three writes.
  expect(launcher.calls).toEqual({ ...NONE, create: 1, read: 2, write: 4, transaction: 3 });
  await clock.advance(10);
  // Later: the lock of the ready node, whose changes are told from then on.
  expect(launcher.calls).toEqual({ ...NONE, create: 1, read: 2, write: 4, transaction: 3, list: 1 });
});

test('its node is removed in two calls, and costs those who watch none but to learn of it', async () => {
  const { clock, launcher, records, client } = await launcherAndClient();
  const { id } = await client.requests.create('200', aRequest());
  await clock.settle();
  const node = await serve(records, id);
  await clock.advance(10);
  launcher.resetCalls();
  const lease = locked(await records.nodes.lock(node));
  await lease.remove();
  await clock.advance(10);
  expect(records.nodes.view.get(node)).toBeUndefined();
  // Contender and list, the record under the lock; all three removed at once.
  expect(launcher.calls).toEqual({ ...NONE, create: 1, list: 1, read: 1, transaction: 1 });
});

test('a burst lists no folder', async () => {
  const { clock, launcher, records, client } = await launcherAndClient();
  const requests = await Promise.all(Array.from({ length: 100 }, () => client.requests.create('200', aRequest())));
  await clock.settle();
  expect(records.requests.view.all().size).toBe(101);
  expect(launcher.calls).toEqual({ ...NONE, read: 100 });
  launcher.resetCalls();
  await Promise.all(requests.map(({ id }) => serve(records, id)));
  await clock.advance(10);
  // Per request the lock of its node.
  expect(launcher.calls.list).toBe(100);
  expect(sum(launcher)).toBe(1000);
});

test('resting records cost nothing', async () => {
  const { clock, launcher, records } = await launcherAndClient();
  for (let count = 0; count < 50; count++) await records.nodes.create(aNode());
  await clock.advance(60);
  launcher.resetCalls();
  await clock.advance(3600);
  expect(sum(launcher)).toBe(0);
});
