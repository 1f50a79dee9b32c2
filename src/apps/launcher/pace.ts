import type { Clock } from '../../ports/runtime/clock.js';
import { sleep } from '../../ports/runtime/clock.js';

/** A rest is this many times as long as the look before it: looking takes a fifth of the time at most. */
const REST_PER_LOOK = 4;
const LONGEST_REST = 0.1;
/** Shorter rests, in seconds, would cost more than they save; timers are no finer than a millisecond. */
const SHORTEST_REST = 0.002;

/**
 * Keeps whoever looks at everything after each event from doing nothing else: a look that took long is followed by a rest, so that
 * what happens meanwhile is looked at together. Short looks are not delayed at all.
 */
export class Pace {
  constructor(private readonly clock: Clock) {}

  /** Runs `look` and resolves when it is time for the next one. Rejects with the signal's reason when aborted. */
  async look(look: () => void, signal: AbortSignal): Promise<void> {
    const started = this.clock.monotonic();
    look();
    const rest = Math.min(LONGEST_REST, REST_PER_LOOK * (this.clock.monotonic() - started));
    if (rest >= SHORTEST_REST) await sleep(this.clock, rest, signal);
  }
}
