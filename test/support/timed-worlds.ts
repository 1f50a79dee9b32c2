import { setTimeout as delay } from 'node:timers/promises';
import { MemoryTree } from '../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../src/adapters/memory/memory-tree-store.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import type { CancelTimer } from '../../src/ports/runtime/clock.js';
import type { TimedStoreWorld } from './lease-world.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import { eventually } from './eventually.js';
import { memoryWorld } from './memory-world.js';
import type { StoreWorld } from './store-world.js';

/** Real time in which a second lasts a fraction only, on both clocks: for what is long on stores that know real time only. */
class FastClock extends SystemClock {
  private readonly began = super.now();

  constructor(private readonly factor: number) {
    super();
  }

  override now(): number {
    return this.began + (super.now() - this.began) * this.factor;
  }

  override monotonic(): number {
    return super.monotonic() * this.factor;
  }

  override schedule(delay: number, callback: () => void): CancelTimer {
    return super.schedule(delay / this.factor, callback);
  }
}

const FACTOR = 8;

export function timedMemoryWorld(): TimedStoreWorld {
  const world = memoryWorld();
  return { ...world, leaseClock: world.clock, passLease: (seconds) => world.pass(seconds) };
}

/** A world of real stores: the store's own time is real, the time of leases eight times as fast. */
export function timedRealWorld(world: StoreWorld): TimedStoreWorld {
  return {
    ...world,
    leaseClock: new FastClock(FACTOR),
    passLease: (seconds) => world.pass(seconds / FACTOR),
  };
}

/** The tree in memory in real time, for what speaks real HTTP. */
export function realMemoryWorld(): TimedStoreWorld {
  const clock = new SystemClock();
  const tree = new MemoryTree(clock);
  const stores: MemoryTreeStore[] = [];
  const mine = (store: TreeStore): MemoryTreeStore => store as MemoryTreeStore;
  const pass = (seconds: number): Promise<void> => delay(seconds * 1000);
  return {
    clock,
    leaseClock: clock,
    open() {
      const store = new MemoryTreeStore(tree, { clock });
      stores.push(store);
      return Promise.resolve(store);
    },
    cut: (store) => Promise.resolve(mine(store).loseConnection()),
    restore: (store) => mine(store).restoreConnection(),
    expire: (store) => Promise.resolve(mine(store).expireSession()),
    loseNextReply: (store, call) => mine(store).loseNextReply(call),
    pass,
    passLease: pass,
    eventually,
    async end() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}
