import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { LevelEngine } from '../../src/adapters/level/level-engine.js';
import { DurableTree } from '../../src/adapters/memory/durable/durable-tree.js';
import { MemoryTreeStore } from '../../src/adapters/memory/memory-tree-store.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { median, percentile, showLoad } from './figures.js';
import type { PairedTimes } from './measure-single-writes.js';
import { measureSingleWrites } from './measure-single-writes.js';

const clock = new SystemClock();
const record = (text: string): Uint8Array => new TextEncoder().encode(text.padEnd(1500, '.'));

/** The durable store against its promises [S10] and [S11]. Needs nothing but a disk. */
export async function measureStore(): Promise<void> {
  showLoad();
  const folder = await mkdtemp(path.join(tmpdir(), 'nodepool-bench-store-'));
  const place = path.join(folder, 'store');
  const opened = await open(place);
  try {
    await singleWrites(opened.store, folder);
    await burst(opened.store);
    await manyWrites(opened.store, place);
    await inTurns(10_000, (number) =>
      opened.store.create(`/nodes/${number}`, record(String(number)), { makeParents: true }),
    );
    await opened.close();
    const before = performance.now();
    const again = await open(place);
    const seconds = (performance.now() - before) / 1000;
    const resident = Math.round(process.memoryUsage().rss / 2 ** 20);
    show('start with 10,000 nodes', `${seconds.toFixed(2)} s, ${resident} MiB resident`, '< 1 s, < 300 MiB');
    await again.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function open(place: string): Promise<{ readonly store: MemoryTreeStore; close(): Promise<void> }> {
  const logger = new MemoryLogger();
  const engine = new LevelEngine(place);
  const durable = await DurableTree.open({ engine, place, clock, logger, sessionTimeout: 30 });
  const store = new MemoryTreeStore(durable.tree, { clock });
  return {
    store,
    close: async () => {
      await store.close();
      await durable.close();
    },
  };
}

async function singleWrites(store: MemoryTreeStore, folder: string): Promise<void> {
  const { awaited, holding, joined } = await measureSingleWrites(store, folder, record);
  showPairs('one committed write', awaited, 'ratio <= 1.5');
  showPairs('… against a file that holds the loop', holding, '');
  showPairs('… against a file with O_DSYNC', joined, '');
}

function showPairs(what: string, { store, bare }: PairedTimes, budget: string): void {
  const times = (all: readonly number[]): string =>
    `${median(all).toFixed(2)} (p95 ${percentile(all, 0.95).toFixed(2)})`;
  const ratio = (median(store) / median(bare)).toFixed(2);
  show(what, `${times(store)} ms, bare ${times(bare)}, ratio ${ratio}`, budget);
}

async function burst(store: MemoryTreeStore): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const before = performance.now();
  await Promise.all(
    Array.from({ length: 2000 }, (_, count) =>
      store.create('/requests/', record(String(count)), { sequential: true, makeParents: true }),
    ),
  );
  const seconds = (performance.now() - before) / 1000;
  delay.disable();
  const held = (delay.max / 1e6).toFixed(0);
  show('2,000 requests at once', `${seconds.toFixed(2)} s, loop held ${held} ms at most`, 'loop < 20 ms');
}

async function manyWrites(store: MemoryTreeStore, place: string): Promise<void> {
  await inTurns(1000, (number) => store.create(`/many/${number}`, record('0'), { makeParents: true }));
  await inTurns(100_000, (number) => store.write(`/many/${number % 1000}`, record(String(number))));
  const live = 1500 * 4000;
  const most = 4 * live + 16 * 2 ** 20;
  const bytes = await sizeOf(place);
  const mebibytes = (size: number): string => `${(size / 2 ** 20).toFixed(1)} MiB`;
  show('size after 100,000 writes', mebibytes(bytes), `<= ${mebibytes(most)}`);
}

async function inTurns(count: number, act: (number: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += 200)
    await Promise.all(Array.from({ length: Math.min(200, count - from) }, (_, number) => act(from + number)));
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = names.map(async (name) => {
    const found = await stat(path.join(folder, name)).catch(() => null);
    return found?.isFile() ? found.size : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function show(what: string, figures: string, budget: string): void {
  console.log(`${what.padEnd(36)} ${figures.padEnd(60)} ${budget}`);
}
