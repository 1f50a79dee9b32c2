import { setTimeout as delay } from 'node:timers/promises';
import { MemoryTree } from '../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../src/adapters/memory/memory-tree-store.js';
import { nodeCodec } from '../../src/adapters/records/node-codec.js';
import { requestCodec } from '../../src/adapters/records/request-codec.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { aNode, aRequest } from '../support/builders.js';
import type { BenchWorld } from './bench-world.js';
import { percentile, show } from './figures.js';
import { LABEL, PROVIDER } from './launcher-process.js';
import { launcherHere } from './launcher-here.js';

const NODES = 5000;
const REQUESTS = 10_000;
const ROUNDS = 300;
/** Milliseconds; the pool worker's rest after a look is shorter. */
const BETWEEN = 120;
const EMPTY = new Uint8Array();

/**
 * How long the launcher is deaf while it looks at a full pool and everybody who waits for it: the longest turn of the event loop
 * after a node has changed. In memory, so that nothing else is measured.
 */
export async function measureDecisions(world: BenchWorld): Promise<void> {
  const clock = new SystemClock();
  const tree = new MemoryTree(clock);
  const client = new MemoryTreeStore(tree, { clock });
  const paths = await seed(client, clock.now());
  const launcher = await launcherHere(new MemoryTreeStore(tree, { clock }), world.folder, NODES);
  await delay(1000);
  const longest: Turn[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const path = paths[round % paths.length] ?? '';
    longest.push(await longestTurn(() => client.write(path, busyNode(clock.now(), `round ${round}`))));
  }
  await launcher.stop();
  await client.close();
  const what = `a look at ${NODES} nodes and ${REQUESTS} requests:`;
  const times = longest.map(({ time }) => time);
  const cpu = longest.map((turn) => turn.cpu);
  show({ what: `${what} longest turn, median`, value: percentile(times, 0.5), unit: 'ms', budget: null });
  show({ what: `${what} longest turn, p99`, value: percentile(times, 0.99), unit: 'ms', budget: 20 });
  show({ what: `${what} CPU of it, median`, value: percentile(cpu, 0.5), unit: 'ms', budget: null });
  show({ what: `${what} CPU of it, p99`, value: percentile(cpu, 0.99), unit: 'ms', budget: null });
}

/** Milliseconds. The CPU, unlike the time, does not depend on who else is at work; it includes the collector's helper threads. */
interface Turn {
  readonly time: number;
  readonly cpu: number;
}

async function longestTurn(action: () => Promise<unknown>): Promise<Turn> {
  let longest = { time: 0, cpu: 0 };
  let last = performance.now();
  let lastCpu = process.cpuUsage();
  let over = false;
  const tick = (): void => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(lastCpu);
    if (now - last > longest.time) longest = { time: now - last, cpu: (user + system) / 1000 };
    last = now;
    lastCpu = process.cpuUsage();
    if (!over) setImmediate(tick);
  };
  setImmediate(tick);
  await action();
  await delay(BETWEEN);
  over = true;
  return longest;
}

/** Nodes in use, locked by their user, fill the pool; requests wait. */
async function seed(store: MemoryTreeStore, now: number): Promise<readonly string[]> {
  const paths: string[] = [];
  for (let count = 0; count < NODES; count += 1) {
    const options = { sequential: true, makeParents: true };
    const path = await store.create('/nodepool/nodes/', busyNode(now, null), options);
    await store.create(`${path}/lock`, EMPTY);
    await store.create(`${path}/lock/0123456789abcdef__lock__`, EMPTY, { ephemeral: true, sequential: true });
    paths.push(path);
  }
  for (let count = 0; count < REQUESTS; count += 1) {
    const request = aRequest({ stateTime: now, createdTime: now, nodeTypes: [LABEL], relativePriority: count % 7 });
    const options = { ephemeral: true, sequential: true, makeParents: true };
    await store.create('/nodepool/requests/200-', requestCodec.encode(request), options);
  }
  return paths;
}

function busyNode(stateTime: number, comment: string | null): Uint8Array {
  return nodeCodec.encode(aNode({ state: 'in-use', stateTime, provider: PROVIDER, type: [LABEL], comment }));
}
