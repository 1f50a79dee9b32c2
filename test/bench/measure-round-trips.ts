import { setTimeout as delay } from 'node:timers/promises';
import { ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import type { BenchWorld } from './bench-world.js';
import { CountingStore } from './counting-store.js';
import { median, show } from './figures.js';
import { launcherHere } from './launcher-here.js';
import { Requestor } from './requestor.js';

const SAMPLES = 15;
/** Milliseconds until what is looked at without hurry has been looked at. */
const AFTERMATH = 1500;

/** Calls to ZooKeeper for one request for one node: until it is fulfilled, and all that it brings with it. */
export async function measureRoundTrips(world: BenchWorld): Promise<void> {
  const client = await world.client();
  const chroot = await world.tree('round-trips', client);
  const store = new ZooKeeperTreeStore({
    servers: [{ host: '127.0.0.1', port: world.server.port }],
    chroot,
    sessionTimeout: 10,
    tls: null,
    clock: new SystemClock(),
    logger: new MemoryLogger(),
  });
  await store.start();
  await store.session.connected();
  const counting = new CountingStore(store);
  const launcher = await launcherHere(counting, world.folder);
  const requestor = new Requestor(client, chroot);
  const until: number[] = [];
  const all: number[] = [];
  for (let sample = 0; sample < SAMPLES + 1; sample += 1) {
    const before = counting.calls;
    await requestor.fulfilled(await requestor.submit(1));
    until.push(counting.calls - before);
    await delay(AFTERMATH);
    all.push(counting.calls - before);
  }
  await launcher.stop();
  // The first makes folders.
  const what = 'ZooKeeper calls for a one-node request:';
  show({ what: `${what} created to fulfilled`, value: median(until.slice(1)), unit: '', budget: 20 });
  show({ what: `${what} and afterwards`, value: median(all.slice(1)), unit: '', budget: null });
}
