import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LevelEngine } from '../../../src/adapters/level/level-engine.js';
import { dataOf } from '../../../src/adapters/memory/durable/contents.js';
import { DurableTree } from '../../../src/adapters/memory/durable/durable-tree.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';
import {
  dumpStore,
  linesOfFiles,
  readBackup,
  readLines,
  replaceContents,
  writeBackup,
} from '../../../src/apps/composition/store-files.js';
import { fillStore, linesOfStore } from '../../../src/apps/store-tools/tree-copy.js';
import type { StoreLine } from '../../../src/ports/administration/store-contents.js';
import type { TreeStore } from '../../../src/ports/coordination/tree-store.js';
import { temporaryStore } from '../../support/durable-world.js';
import { bytes } from '../../support/store-world.js';

/** What records of others may hold, too: Zuul keeps compressed data of up to a million bytes. */
const CONTENTS: readonly (readonly [name: string, data: Uint8Array])[] = [
  ['empty', new Uint8Array()],
  ['json', bytes('{"state": "ready", "ü": "\\u2028"}')],
  ['lines', bytes('a\r\nb\n\u2028\0')],
  ['mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
  ['no-text', Uint8Array.from({ length: 256 }, (_, index) => index)],
  ['cut', Uint8Array.of(0xc3)],
  ['large', Uint8Array.from({ length: 900_000 }, (_, index) => (index * 31) & 0xff)],
];

const clock = new SystemClock();

async function seed(store: TreeStore): Promise<void> {
  for (const [name, data] of CONTENTS) await store.create(`/tree/${name}`, data, { makeParents: true });
  for (let count = 0; count < 3; count += 1) await store.create('/tree/json/n-', bytes('x'), { sequential: true });
  await store.remove('/tree/json/n-0000000002');
  await store.write('/tree/lines', bytes('first'), 0);
  await store.write('/tree/lines', CONTENTS[2]?.[1] ?? bytes(''), 1);
  await store.create('/tree/mine', bytes('pid 1'), { ephemeral: true });
}

describe('[S13] copies of a store', () => {
  let directory: string;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ directory, remove } = await temporaryStore());
    await mkdir(path.dirname(directory), { recursive: true });
  });
  afterEach(() => remove());

  /** Does something in the store of a directory, and dies: what its session has stays. */
  async function inStore(place: string, act: (store: TreeStore, tree: DurableTree) => Promise<unknown>): Promise<void> {
    const engine = new LevelEngine(place);
    const tree = await DurableTree.open({ engine, place, clock, logger: new MemoryLogger(), sessionTimeout: 30 });
    await act(new MemoryTreeStore(tree.tree, { clock }), tree);
    await tree.close();
  }

  /** As `store export` prints and `store import` reads it. */
  const printed = (lines: readonly StoreLine[]): Promise<readonly StoreLine[]> =>
    readLines(Readable.from(lines.map((line) => `${JSON.stringify(line)}\n`)));
  const byPath = (lines: readonly StoreLine[]): StoreLine[] =>
    [...lines].sort((left, right) => (left.path < right.path ? -1 : 1));

  it('to another store and back keep every byte and every counter, and nothing of a session', async () => {
    await inStore(directory, seed);
    const ours = await linesOfFiles(directory, false);
    const other = new MemoryTreeStore(new MemoryTree(clock), { clock });
    await fillStore(other, await printed(ours), dataOf, () => undefined);
    for (const [name, data] of CONTENTS)
      expect(Buffer.compare((await other.read(`/tree/${name}`))?.data ?? bytes('none'), data), name).toBe(0);
    expect(await other.create('/tree/json/n-', bytes('x'), { sequential: true })).toBe('/tree/json/n-0000000003');
    await other.remove('/tree/json/n-0000000003');
    expect(await other.stat('/tree/mine')).toBeUndefined();
    const theirs = await linesOfStore(other);
    const back = `${directory}-back`;
    expect(await replaceContents(back, await printed(theirs), false)).toEqual([]);
    const again = await linesOfFiles(back, false);
    const counted = (line: StoreLine): StoreLine =>
      line.path === '/tree/json' ? { ...line, sequence: line.sequence + 1 } : line;
    // What a session had was counted as well.
    expect(byPath(again)).toEqual(byPath(ours.map(counted)));
  });

  it('by backup keep versions and times as well, while somebody writes', async () => {
    const file = path.join(path.dirname(directory), 'backup');
    let whole: readonly StoreLine[] = [];
    await inStore(directory, async (store, tree) => {
      await seed(store);
      const writing = store.write('/tree/json', bytes('before'));
      const contents = tree.contents(true);
      const later = store.write('/tree/json', bytes('after'));
      whole = await contents;
      await Promise.all([writing, later]);
    });
    expect(whole.find(({ path: at }) => at === '/tree/lines')?.version).toBe(2);
    await writeBackup(file, whole);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const restored = `${directory}-restored`;
    await replaceContents(restored, await readBackup(file), false);
    expect(byPath(await linesOfFiles(restored, true))).toEqual(byPath(whole));
    expect((await stat(restored)).mode & 0o777).toBe(0o700);
  });

  it('that are dumped say what was a session’s, and every byte', async () => {
    await inStore(directory, seed);
    const lines: (StoreLine & { readonly ephemeral: boolean })[] = [];
    await dumpStore(directory, (line) => lines.push(line as (typeof lines)[number]));
    expect(lines.filter(({ ephemeral }) => ephemeral).map((line) => line.path)).toEqual(['/tree/mine']);
    for (const [name, data] of CONTENTS) {
      const line = lines.find((each) => each.path === `/tree/${name}`);
      expect(line && Buffer.compare(dataOf(line), data), name).toBe(0);
    }
  });

  it('that are refused leave everything as it was, and that are forced nothing', async () => {
    await inStore(directory, seed);
    const before = await linesOfFiles(directory, true);
    const line = { path: '/a/b', data: '', sequence: 0 };
    await expect(replaceContents(directory, [line], true)).rejects.toThrow('line 1: the record above /a/b is missing');
    await expect(replaceContents(directory, [{ ...line, path: '/a' }], false)).rejects.toThrow('is not empty');
    const file = path.join(path.dirname(directory), 'backup');
    await writeBackup(file, before);
    const text = await readFile(file, 'utf8');
    expect(text.split('\n')).toHaveLength(before.length + 3);
    expect(await linesOfFiles(directory, true)).toEqual(before);
    await replaceContents(directory, [{ ...line, path: '/a' }], true);
    expect((await linesOfFiles(directory, false)).map(({ path: at }) => at)).toEqual(['/a']);
  });
});
