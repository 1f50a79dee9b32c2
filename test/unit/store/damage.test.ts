import { copyFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreDamagedError, StoreUnusableError } from '../../../src/ports/coordination/store-engine.js';
import { temporaryStore } from '../../support/durable-world.js';
import { storeProcess } from '../../support/store-process.js';
import { bytes, text } from '../../support/store-world.js';

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ directory, remove } = await temporaryStore());
});
afterEach(() => remove());

/** Writes records 0 to `count - 1`, each committed on its own, and dies. Answers the file that they are in. */
async function written(count: number): Promise<string> {
  const process = await storeProcess(directory);
  for (let number = 0; number < count; number++)
    await process.store.create(`/${number}`, bytes(`value of ${number} `.repeat(20)));
  await process.die();
  return (await filesOf(/\.log$/)).at(-1) ?? '';
}

async function filesOf(pattern: RegExp): Promise<string[]> {
  const names = (await readdir(join(directory, 'tree'))).filter((name) => pattern.test(name));
  return names.sort().map((name) => join(directory, 'tree', name));
}

async function flip(file: string, offset: number): Promise<void> {
  const data = await readFile(file);
  data.writeUInt8(data.readUInt8(offset) ^ 0x10, offset);
  await writeFile(file, data);
}

/** Every file with its content, to see that nothing was changed. */
async function everything(folder = directory): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = files
    .filter((file) => !/\/(lock\/.*|owner|LOG|LOG\.old)$/.test(file))
    .map(async (file) => [file, (await readFile(file)).toString('latin1')] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

function range(start: number, end: number, step: number): readonly number[] {
  return Array.from({ length: Math.ceil((end - start) / step) }, (_, index) => start + index * step);
}

/**
 * Flips a bit at each of the offsets of a table, one start for each: either the start refuses, or every record is right.
 * @returns how many starts refused
 */
async function flipEach(offsetsOf: (length: number) => readonly number[]): Promise<number> {
  const first = await storeProcess(directory);
  for (let number = 0; number < 50; number++) await first.store.create(`/${number}`, bytes('x'.repeat(300)));
  await first.close();
  // A start moves the log into a table.
  await (await storeProcess(directory)).close();
  const [table = ''] = await filesOf(/\.ldb$/);
  const { size } = await stat(table);
  const copies = await copiesOf(await filesOf(/./));
  let refused = 0;
  for (const offset of offsetsOf(size)) {
    for (const [file, copy] of copies) await copyFile(copy, file);
    await flip(table, offset);
    const process = await storeProcess(directory).catch((error: unknown) => {
      expect(error, `byte ${offset} of ${size}`).toBeInstanceOf(StoreDamagedError);
      refused += 1;
    });
    if (!process) continue;
    // What was hit is a filter or a checksum: whatever is used is right all the same.
    for (let number = 0; number < 50; number++) {
      const found = text((await process.store.read(`/${number}`))?.data);
      expect(found, `record ${number} after byte ${offset} of ${size}`).toBe('x'.repeat(300));
    }
    await process.die();
  }
  return refused;
}

async function copiesOf(files: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  await mkdir(join(directory, '../copy'), { recursive: true });
  const copy = async (file: string): Promise<readonly [string, string]> => {
    const to = join(directory, '../copy', file.split('/').at(-1) ?? '');
    await copyFile(file, to);
    return [file, to];
  };
  return Promise.all(files.map(copy));
}

describe('a damaged store', () => {
  it('[S7] a tail that was cut is dropped, what lies before it is used, and the log says so', async () => {
    const log = await written(10);
    const { size } = await stat(log);
    await truncate(log, size - 40);
    const process = await storeProcess(directory);
    expect((await process.store.list('/'))?.map(Number).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(text((await process.store.read('/8'))?.data)).toContain('value of 8');
    const warnings = process.logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).toEqual([
      expect.stringMatching(/end of the store was damaged: tree\/\d+\.log: cut off at byte \d+ .*dropped \d+ bytes/),
    ]);
    await process.store.create('/9', bytes('again'));
    await process.close();
    const next = await storeProcess(directory);
    expect(text((await next.store.read('/9'))?.data)).toBe('again');
    expect(next.logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
    await next.close();
  });

  it('[S7] a tail whose bits were flipped is dropped', async () => {
    const log = await written(10);
    const { size } = await stat(log);
    await flip(log, size - 30);
    const process = await storeProcess(directory);
    expect(await process.store.list('/')).toHaveLength(9);
    expect(process.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    await process.close();
  });

  it('[S7] a tail cut at any byte leaves a prefix', async () => {
    const log = await written(4);
    const whole = await readFile(log);
    for (let size = whole.length; size > 0; size -= 97) {
      await remove();
      const again = await written(4);
      await truncate(again, Math.min(size, (await stat(again)).size));
      const process = await storeProcess(directory);
      const names = ((await process.store.list('/')) ?? []).map(Number).sort();
      expect(names, `${size} bytes`).toEqual([...names.keys()]);
      await process.close();
    }
  });

  it.each([0.1, 0.5, 0.8])('[S7] damage in the middle (%d) refuses the start and changes nothing', async (part) => {
    const log = await written(30);
    const { size } = await stat(log);
    await flip(log, Math.floor(size * part));
    const before = await everything();
    await expect(storeProcess(directory)).rejects.toThrow(StoreDamagedError);
    await expect(storeProcess(directory)).rejects.toThrow(/and valid data follows/);
    expect(await everything()).toEqual(before);
  });

  it('[S7] bits flipped anywhere in what was compacted are found', async () => {
    const refused = await flipEach((length) => range(3, length, Math.ceil(length / 40)));
    expect(refused).toBeGreaterThan(5);
  });

  it('[S7] a bit flipped in the index of a table, which hides the whole of it, is found', async () => {
    // The index, the list of filters and the footer are what comes last.
    const refused = await flipEach((length) => range(length - 160, length, 3));
    expect(refused).toBeGreaterThan(5);
  });

  it('[S7] a log that vanished as a whole is found', async () => {
    await written(5);
    await (await storeProcess(directory)).close();
    const process = await storeProcess(directory);
    for (let number = 5; number < 8; number++) await process.store.create(`/${number}`, bytes('x'));
    await process.die();
    const [table = ''] = await filesOf(/\.ldb$/);
    await writeFile(table, '');
    await expect(storeProcess(directory)).rejects.toThrow(StoreDamagedError);
  });

  it.each(['CURRENT', /MANIFEST-/])('[S4] wrong data in %s refuses the start and changes nothing', async (name) => {
    await written(3);
    const [file = ''] = await filesOf(new RegExp(name));
    await writeFile(file, 'this is something else altogether\n');
    const before = await everything();
    await expect(storeProcess(directory)).rejects.toThrow(StoreDamagedError);
    expect(await everything()).toEqual(before);
  });

  it('[S4] a store of another version, or without a valid header, is refused', async () => {
    await written(3);
    const format = join(directory, 'FORMAT');
    const cases: readonly (readonly [string, RegExp])[] = [
      ['nodepool-store 2\n', /is of version 2, and this Nodepool reads version 1/],
      ['something else', /without a valid header/],
      ['', /without a valid header/],
    ];
    for (const [content, words] of cases) {
      await writeFile(format, content);
      const before = await everything();
      await expect(storeProcess(directory)).rejects.toThrow(StoreUnusableError);
      await expect(storeProcess(directory)).rejects.toThrow(words);
      expect(await everything()).toEqual(before);
    }
  });

  it('[S4] other files in the directory are left alone', async () => {
    await mkdir(directory);
    await writeFile(join(directory, 'notes.txt'), 'mine');
    await written(2);
    expect(await readFile(join(directory, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('[S4] the directory is made with mode 0700', async () => {
    await written(1);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  it('[S4] something that is no directory is refused', async () => {
    await writeFile(directory, 'a file');
    await expect(storeProcess(directory)).rejects.toThrow(/is not a directory/);
    expect(await readFile(directory, 'utf8')).toBe('a file');
  });

  it('[S3] a second process is told the first one and leaves it alone', async () => {
    const process = await storeProcess(directory);
    await expect(storeProcess(directory)).rejects.toThrow(new RegExp(`in use by process ${globalThis.process.pid}`));
    await process.store.create('/a', bytes('x'));
    await process.close();
  });
});
