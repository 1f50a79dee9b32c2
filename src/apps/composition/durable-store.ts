import { newestBackup } from '../../adapters/level/backup-note.js';
import { LevelEngine } from '../../adapters/level/level-engine.js';
import { DurableTree } from '../../adapters/memory/durable/durable-tree.js';
import { MemoryTreeStore } from '../../adapters/memory/memory-tree-store.js';
import type { StoreConfig } from '../../domain/config/config.js';
import { StoreDamagedError } from '../../ports/coordination/store-engine.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';

/** The store of this machine, and this process's session on it. */
export interface DurableStore {
  readonly store: TreeStore;
  readonly durable: DurableTree;
  /** Ends the session and lets go of the files. */
  close(): Promise<void>;
}

/** @throws StoreInUseError, StoreUnusableError, Error naming what to do about a damaged store */
export async function openDurableStore(
  { directory, sessionTimeout }: StoreConfig,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<DurableStore> {
  const engine = new LevelEngine(directory);
  try {
    const durable = await DurableTree.open({ engine, place: directory, clock, logger, sessionTimeout });
    const store = new MemoryTreeStore(durable.tree, { clock });
    return {
      store,
      durable,
      close: async () => {
        await store.close();
        await durable.close();
      },
    };
  } catch (error) {
    throw error instanceof StoreDamagedError ? await withWayOut(directory, error) : error;
  }
}

/** A damaged store is not to be started upon, and not to be thrown away either. */
export async function withWayOut(directory: string, error: StoreDamagedError): Promise<Error> {
  const backup = await newestBackup(directory);
  const way = backup
    ? `the newest backup is ${backup.file} of ${backup.made}: nodepool store restore --force ${backup.file}`
    : 'no backup of it is known';
  return new Error(`${error.message}; nodepool store check tells more; ${way}`, { cause: error });
}
