/** "Something that decisions look at has changed": whoever learns it says so here, and every pool worker looks again. */
export class WakeHub {
  private readonly sleepers = new Set<() => void>();

  /** Answers the way to be woken no more. */
  add(sleeper: () => void): () => void {
    this.sleepers.add(sleeper);
    return () => this.sleepers.delete(sleeper);
  }

  readonly wake = (): void => {
    for (const sleeper of this.sleepers) sleeper();
  };
}
