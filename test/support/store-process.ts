import { LevelEngine } from '../../src/adapters/level/level-engine.js';
import { DurableTree } from '../../src/adapters/memory/durable/durable-tree.js';
import { MemoryTreeStore } from '../../src/adapters/memory/memory-tree-store.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';

/** A process that has the store of a directory, as far as the store can tell. */
export interface StoreProcess {
  readonly durable: DurableTree;
  readonly store: MemoryTreeStore;
  readonly logger: MemoryLogger;
  close(): Promise<void>;
  /** Lets go of the files without ending the session, as a process that is killed does. */
  die(): Promise<void>;
}

export async function storeProcess(directory: string, sessionTimeout = 30): Promise<StoreProcess> {
  const clock = new SystemClock();
  const logger = new MemoryLogger();
  const durable = await DurableTree.open({
    engine: new LevelEngine(directory),
    place: directory,
    clock,
    logger,
    sessionTimeout,
  });
  const store = new MemoryTreeStore(durable.tree, { clock });
  return {
    durable,
    store,
    logger,
    close: async () => {
      await store.close();
      await durable.close();
    },
    die: () => durable.close(),
  };
}
