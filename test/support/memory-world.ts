import { MemoryTree } from '../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../src/adapters/memory/memory-tree-store.js';
import { VirtualClock } from '../../src/adapters/memory/virtual-clock.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import type { StoreWorld } from './store-world.js';

/** The in-memory tree under virtual time. */
export function memoryWorld(): StoreWorld & { readonly tree: MemoryTree; readonly clock: VirtualClock } {
  const clock = new VirtualClock();
  const tree = new MemoryTree(clock);
  const stores: MemoryTreeStore[] = [];
  const mine = (store: TreeStore): MemoryTreeStore => {
    if (!(store instanceof MemoryTreeStore)) throw new Error('not a store of this world');
    return store;
  };
  return {
    clock,
    tree,
    async open() {
      const store = new MemoryTreeStore(tree, { clock, chroot: '/world' });
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
    pass: (seconds) => clock.advance(seconds),
    async eventually(what, condition) {
      for (let turn = 0; turn < 1000; turn++) {
        if (await condition()) return;
        await clock.advance(0.1);
      }
      throw new Error(`It did not come about that ${what}`);
    },
    async end() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}
