/**
 * Work of which one at a time runs for each key; whoever asks while it runs shares the next run with all others who do. Thus each
 * caller gets what began after he asked, and a thousand at once cost two runs.
 */
export class SharedTurns<T> {
  private readonly running = new Map<string, Promise<T>>();
  private readonly next = new Map<string, Promise<T>>();

  run(key: string, work: () => Promise<T>): Promise<T> {
    const waiting = this.next.get(key);
    if (waiting) return waiting;
    const running = this.running.get(key);
    if (!running) return this.start(key, work);
    const turn = running
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        this.next.delete(key);
        return this.start(key, work);
      });
    this.next.set(key, turn);
    return turn;
  }

  private start(key: string, work: () => Promise<T>): Promise<T> {
    const turn = work();
    this.running.set(key, turn);
    const done = (): void => {
      if (this.running.get(key) === turn) this.running.delete(key);
    };
    turn.then(done, done);
    return turn;
  }
}
