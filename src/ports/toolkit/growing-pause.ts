/** How long to wait before each next attempt of something that keeps failing: twice as long each time, within bounds. Seconds. */
export class GrowingPause {
  private failures = 0;

  constructor(
    private readonly first: number,
    private readonly longest: number,
  ) {}

  /** It failed once more. */
  next(): number {
    const pause = Math.min(this.longest, this.first * 2 ** this.failures);
    this.failures += 1;
    return pause;
  }

  /** It succeeded. */
  reset(): void {
    this.failures = 0;
  }
}
