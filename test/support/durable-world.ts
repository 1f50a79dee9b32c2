import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LevelEngine } from '../../src/adapters/level/level-engine.js';
import { DurableTree } from '../../src/adapters/memory/durable/durable-tree.js';
import { MemoryTreeStore } from '../../src/adapters/memory/memory-tree-store.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import { sleep } from '../../src/ports/toolkit/sleep.js';
import { eventually } from './eventually.js';
import type { StoreWorld } from './store-world.js';

/** A directory that is removed at the end. */
export async function temporaryStore(): Promise<{ readonly directory: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nodepool-store-'));
  return {
    directory: path.join(folder, 'store'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The durable tree on a real disk and in real time. */
export async function durableWorld(): Promise<StoreWorld> {
  const clock = new SystemClock();
  const { directory, remove } = await temporaryStore();
  const engine = new LevelEngine(directory);
  const logger = new MemoryLogger();
  const durable = await DurableTree.open({ engine, place: directory, clock, logger, sessionTimeout: 30 });
  const stores: MemoryTreeStore[] = [];
  const mine = (store: TreeStore): MemoryTreeStore => {
    if (!(store instanceof MemoryTreeStore)) throw new Error('not a store of this world');
    return store;
  };
  return {
    clock,
    async open() {
      const store = new MemoryTreeStore(durable.tree, { clock, chroot: '/world', sessionTimeout: 2 });
      stores.push(store);
      return store;
    },
    async cut(store) {
      mine(store).loseConnection();
    },
    restore: (store) => mine(store).restoreConnection(),
    async expire(store) {
      mine(store).expireSession();
    },
    loseNextReply: (store, call) => mine(store).loseNextReply(call),
    pass: (seconds) => sleep(clock, seconds),
    eventually: (what, condition) => eventually(what, condition),
    async end() {
      await Promise.all(stores.map((store) => store.close()));
      await durable.close();
      await remove();
    },
  };
}
