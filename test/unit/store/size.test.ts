import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryStore } from '../../support/durable-world.js';
import { storeProcess } from '../../support/store-process.js';
import { bytes } from '../../support/store-world.js';

const NODES = 10_000;
const NODE = bytes(JSON.stringify({ state: 'ready', type: ['small'], provider: 'cloud', more: 'x'.repeat(600) }));
const MIB = 1024 * 1024;

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ directory, remove } = await temporaryStore());
});
afterEach(() => remove());

async function sizeOfFiles(): Promise<number> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** How often the event loop comes round while something is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let over = false;
  const turn = (): void => {
    turns += 1;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  over = true;
  return turns;
}

describe('a store of 10,000 nodes', () => {
  it('[S10] [S11] is opened in parts, between which others have their turn, and the log says how many and how long', async () => {
    const first = await storeProcess(directory);
    await first.store.create('/nodes', bytes(''));
    await Promise.all(Array.from({ length: NODES }, (_, node) => first.store.create(`/nodes/${node}`, NODE)));
    await first.close();
    let process: Awaited<ReturnType<typeof storeProcess>> | undefined;
    const turns = await turnsDuring(async () => (process = await storeProcess(directory)));
    expect(turns).toBeGreaterThanOrEqual(NODES / 1000);
    const opened = process?.logger.lines.find(({ message }) => message === 'store opened');
    expect(opened?.fields).toMatchObject({ records: NODES + 1, ms: expect.any(Number) as number });
    expect(await process?.store.list('/nodes')).toHaveLength(NODES);
    await process?.close();
  });

  it('[S11] gives back the room of what was overwritten', async () => {
    const process = await storeProcess(directory);
    const records = Array.from({ length: 20 }, (_, index) => `/${index}`);
    const large = bytes('x'.repeat(20_000));
    await Promise.all(records.map((record) => process.store.create(record, large)));
    // 60 MB in all, of which 0.4 MB are alive.
    for (let round = 0; round < 150; round += 1)
      await Promise.all(records.map((record) => process.store.write(record, large)));
    await process.close();
    expect(await sizeOfFiles()).toBeLessThan(4 * records.length * large.length + 16 * MIB);
  });
});
