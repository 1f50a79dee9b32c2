import { SystemClock } from '../../src/adapters/system/system-clock.js';
import type { CancelTimer } from '../../src/ports/runtime/clock.js';
import type { TimedStoreWorld } from './lease-world.js';
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

const FACTOR = 20;

export function timedMemoryWorld(): TimedStoreWorld {
  const world = memoryWorld();
  return { ...world, leaseClock: world.clock, passLease: (seconds) => world.pass(seconds) };
}

/** A world of real stores: the store's own time is real, the time of leases twenty times as fast. */
export function timedRealWorld(world: StoreWorld): TimedStoreWorld {
  return {
    ...world,
    leaseClock: new FastClock(FACTOR),
    passLease: (seconds) => world.pass(seconds / FACTOR),
  };
}
