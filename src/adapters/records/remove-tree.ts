import { NotEmptyError } from '../../ports/coordination/errors.js';
import { childOf } from '../../ports/toolkit/paths.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';

/** How often children that appear meanwhile are removed, too. */
const MAX_PASSES = 5;

/**
 * Removes a record with everything below it. Answers whether it is gone; false means that somebody keeps putting things there.
 * Also true if it was not there.
 */
export async function removeTree(store: TreeStore, path: string): Promise<boolean> {
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const children = (await store.list(path)) ?? [];
    for (const name of children) await removeTree(store, `${path}/${name}`);
    try {
      await store.remove(path);
      return true;
    } catch (error) {
      if (!(error instanceof NotEmptyError)) throw error;
    }
  }
  return false;
}

/**
 * Removes a record with everything below it but for contenders for its lock, whose they are: pushing one out would let two believe
 * that they hold it. @throws NotEmptyError if there are any, VersionConflictError if a `version` is given and another one is there
 */
export async function removeUnlocked(
  store: TreeStore,
  path: string,
  lockPath: string,
  version?: number,
): Promise<void> {
  const children = (await store.list(path)) ?? [];
  for (const name of children) {
    const child = childOf(path, name);
    if (child === lockPath) await store.remove(child);
    else await removeTree(store, child);
  }
  await store.remove(path, version);
}
