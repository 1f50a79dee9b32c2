import { closeSync, constants, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';

/** Until the code of both is compiled. */
const WARM_UP = 500;
const PAIRS = 1500;

type Write = (data: Uint8Array) => unknown;

export interface PairedTimes {
  /** Milliseconds from the call to the store until its answer. */
  readonly store: readonly number[];
  /** The same for a bare file. */
  readonly bare: readonly number[];
}

/**
 * Writes to the store in pairs with the same bytes at the end of a bare file beside it, which grows as the store's log does. `awaited` writes
 * and syncs off the event loop, as any program does that has something else to do; `holding` holds the loop, so that no thread has to be
 * woken; `joined` does both in one call (`O_DSYNC`).
 */
export async function measureSingleWrites(
  store: TreeStore,
  folder: string,
  record: (text: string) => Uint8Array,
): Promise<Readonly<Record<'awaited' | 'holding' | 'joined', PairedTimes>>> {
  await store.create('/single', record('0'));
  const toStore: Write = (data) => store.write('/single', data);
  const awaited = await open(path.join(folder, 'awaited'), 'w');
  const holding = openSync(path.join(folder, 'holding'), 'w');
  const joined = await open(path.join(folder, 'joined'), constants.O_CREAT | constants.O_WRONLY | constants.O_DSYNC);
  const times = {
    awaited: await inPairs(record, toStore, async (data) => {
      await awaited.write(data);
      await awaited.datasync();
    }),
    holding: await inPairs(record, toStore, (data) => {
      writeSync(holding, data);
      fdatasyncSync(holding);
    }),
    joined: await inPairs(record, toStore, (data) => joined.write(data)),
  };
  await awaited.close();
  closeSync(holding);
  await joined.close();
  return times;
}

/** Whoever was second begins the next pair: a disk that is slow for a while is slow for both, and nobody always follows the other. */
async function inPairs(record: (text: string) => Uint8Array, toStore: Write, toFile: Write): Promise<PairedTimes> {
  const times = { store: [] as number[], bare: [] as number[] };
  const one = async (write: Write, into: number[], pair: number): Promise<void> => {
    const data = record(String(pair));
    const begun = performance.now();
    await write(data);
    if (pair >= WARM_UP) into.push(performance.now() - begun);
  };
  for (let pair = 0; pair < WARM_UP + PAIRS; pair++) {
    if (pair % 2 === 0) await one(toStore, times.store, pair);
    await one(toFile, times.bare, pair);
    if (pair % 2 === 1) await one(toStore, times.store, pair);
  }
  return times;
}
