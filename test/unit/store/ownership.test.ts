import { chmod, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryStore } from '../../support/durable-world.js';
import { storeProcess } from '../../support/store-process.js';
import { bytes } from '../../support/store-world.js';

const NOBODY = 65_534;

/** Only root can play somebody else. */
const withoutRoot = (): boolean => {
  if (process.getuid?.() === 0) return false;
  if (process.env['CI'] === 'true') throw new Error('Somebody else can be played by root alone');
  console.warn('Skipped, for want of root: a store that belongs to somebody else');
  return true;
};

async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe.skipIf(withoutRoot())('a store that belongs to somebody else', () => {
  it('[S4] is refused with what helps, and nothing is changed', async () => {
    const { directory, remove } = await temporaryStore();
    await chmod(dirname(directory), 0o755);
    const owner = await storeProcess(directory);
    await owner.store.create('/a', bytes('1'));
    await owner.close();
    const before = await readdir(join(directory, 'tree'));
    await expect(asNobody(() => storeProcess(directory))).rejects.toThrow(/belongs to somebody else: .*chown -R/);
    expect(await readdir(join(directory, 'tree'))).toEqual(before);
    const again = await storeProcess(directory);
    expect(await again.store.list('/')).toEqual(['a']);
    await again.close();
    await remove();
  });
});
