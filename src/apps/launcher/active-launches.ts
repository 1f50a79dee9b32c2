/** Launches under way per provider, over all its pools, for `max-concurrency`. */
export class ActiveLaunches {
  private readonly counts = new Map<string, number>();

  of(provider: string): number {
    return this.counts.get(provider) ?? 0;
  }

  /** Counts one more; answers the way to end it, once. */
  begin(provider: string): () => void {
    this.counts.set(provider, this.of(provider) + 1);
    let open = true;
    return () => {
      if (open) this.counts.set(provider, this.of(provider) - 1);
      open = false;
    };
  }
}
