import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filesIn, FORMAT_FILE, isStore, TREE_FOLDER, unusable } from '../../adapters/level/store-directory.js';
import { StoreUnusableError } from '../../ports/coordination/store-engine.js';

export interface StoreCopy {
  readonly directory: string;
  remove(): Promise<void>;
}

/**
 * A copy of a store that nobody has open, to look into: whoever reads needs no right to write there, leaves no files of his own behind,
 * and is not in the way of the daemon. @throws StoreUnusableError
 */
export async function copyOfStore(directory: string): Promise<StoreCopy> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nodepool-store-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    if (!(await isStore(directory)))
      throw new StoreUnusableError(directory, 'is not there yet: nodepool-standalone makes it when it starts first');
    const tree = path.join(directory, TREE_FOLDER);
    await mkdir(path.join(folder, TREE_FOLDER));
    await copyFile(path.join(directory, FORMAT_FILE), path.join(folder, FORMAT_FILE));
    for (const name of await filesIn(tree))
      if (name !== 'LOCK') await copyFile(path.join(tree, name), path.join(folder, TREE_FOLDER, name));
    return { directory: folder, remove };
  } catch (error) {
    await remove();
    throw error instanceof StoreUnusableError ? error : unusable(directory, error);
  }
}
