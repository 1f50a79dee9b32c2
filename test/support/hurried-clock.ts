import { SystemClock } from '../../src/adapters/system/system-clock.js';
import type { CancelTimer } from '../../src/ports/runtime/clock.js';

/** Real time in which everything that waits waits a fraction only: for tests that speak real HTTP. */
export class HurriedClock extends SystemClock {
  constructor(private readonly factor = 50) {
    super();
  }

  override monotonic(): number {
    return super.monotonic() * this.factor;
  }

  override schedule(delay: number, callback: () => void): CancelTimer {
    return super.schedule(delay / this.factor, callback);
  }
}
