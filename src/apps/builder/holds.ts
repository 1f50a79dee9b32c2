import type { Clock } from '../../ports/runtime/clock.js';

/** Things not to be tried again before a moment: somebody else was at it, or it failed. */
export class Holds {
  private readonly until = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  hold(subject: string, seconds: number): void {
    this.until.set(subject, this.clock.monotonic() + seconds);
  }

  /** Seconds left; 0 = go ahead. */
  left(subject: string): number {
    const left = (this.until.get(subject) ?? 0) - this.clock.monotonic();
    if (left > 0) return left;
    this.until.delete(subject);
    return 0;
  }

  /** Forgets what has run out, so that they do not pile up. */
  tidy(): void {
    for (const subject of [...this.until.keys()]) this.left(subject);
  }
}
