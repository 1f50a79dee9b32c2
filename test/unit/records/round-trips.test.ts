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

/** The way of one request for one node through a launcher's records. */
async function serve(records: TreeRecords, id: string): Promise<string> {
  const request = locked(await records.requests.lock(id));
  await request.update({ state: 'pending' });
  const created = await records.nodes.create(aNode({ state: 'init', allocatedTo: id }));
  const node = locked(await records.nodes.lockCreated(created));
  await node.update({ state: 'building' });
  await node.update({ externalId: 'server' });
  await node.update({ state: 'ready' });
  await node.release();
  await request.update({ state: 'fulfilled', nodes: [created.id] });
  await request.release();
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

test('a request for one node takes seventeen calls until it is fulfilled', async () => {
  const { clock, launcher, records, client } = await launcherAndClient();
  const { id } = await client.requests.create('200', aRequest());
  await clock.settle();
  expect(records.requests.view.get(id)).toBeDefined();
  // Learning of it: the list of requests and the request.
  expect(sum(launcher)).toBe(2);
  await serve(records, id);
  await clock.settle();
  // The request: lock (3), read, two writes, release. The node: creation, lock (3), three writes, release.
  expect(launcher.calls).toEqual({ create: 5, list: 3, read: 2, stat: 0, write: 5, remove: 2 });
  await clock.advance(10);
  // Later, and coalesced in a burst: the list of nodes, both records and the lock of the ready node, with watches.
  expect(sum(launcher)).toBe(21);
});

test('a burst lists the folders few times', async () => {
  const { clock, launcher, records, client } = await launcherAndClient();
  const requests = await Promise.all(Array.from({ length: 100 }, () => client.requests.create('200', aRequest())));
  await clock.settle();
  expect(records.requests.view.all().size).toBe(101);
  expect(launcher.calls.list).toBeLessThanOrEqual(100);
  launcher.resetCalls();
  await Promise.all(requests.map(({ id }) => serve(records, id)));
  await clock.advance(10);
  // Per request: two locks taken and the lock of its node watched; hardly a list of the folder.
  expect(launcher.calls.list).toBeLessThanOrEqual(310);
  expect(sum(launcher)).toBeLessThanOrEqual(18.2 * 100);
});

test('resting records cost nothing', async () => {
  const { clock, launcher, records } = await launcherAndClient();
  for (let count = 0; count < 50; count++) await records.nodes.create(aNode());
  await clock.advance(60);
  launcher.resetCalls();
  await clock.advance(3600);
  expect(sum(launcher)).toBe(0);
});
