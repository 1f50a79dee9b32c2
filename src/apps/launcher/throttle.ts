import type { Clock } from '../../ports/runtime/clock.js';
import { sleep } from '../../ports/toolkit/sleep.js';

/** A pause is this many times as long as the pass before it: passes take a fifth of the time at most. */
const PAUSE_PER_PASS = 4;
const LONGEST_PAUSE = 0.25;
/** Shorter pauses, in seconds, would cost more than they save; timers are no finer than a millisecond. */
const SHORTEST_PAUSE = 0.002;

/**
 * Keeps whoever makes a pass after each event from doing nothing else: a pass that took long is followed by a pause, so that what
 * happens meanwhile is dealt with together. Short passes are not delayed at all.
 */
export class Throttle {
  constructor(private readonly clock: Clock) {}

  /** Runs `pass` and resolves when it is time for the next one. Rejects with the signal's reason when aborted. */
  async run(pass: () => void, signal: AbortSignal): Promise<void> {
    const started = this.clock.monotonic();
    pass();
    const pause = Math.min(LONGEST_PAUSE, PAUSE_PER_PASS * (this.clock.monotonic() - started));
    if (pause >= SHORTEST_PAUSE) await sleep(this.clock, pause, signal);
  }
}
