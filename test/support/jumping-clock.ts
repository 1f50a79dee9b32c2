import type { Clock } from '../../src/ports/runtime/clock.js';

/** A wall clock that can be set; what never jumps does not. */
export class JumpingClock implements Clock {
  constructor(
    private readonly base: Clock,
    /** Seconds that the wall clock is ahead. */
    public offset = 0,
  ) {}

  now(): number {
    return this.base.now() + this.offset;
  }

  monotonic(): number {
    return this.base.monotonic();
  }

  schedule(delay: number, callback: () => void): () => void {
    return this.base.schedule(delay, callback);
  }
}
