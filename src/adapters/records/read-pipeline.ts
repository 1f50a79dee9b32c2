/** Keeps many reads on their way at once, but not without bound. First come, first served. */
export class ReadPipeline {
  private waiting: (() => Promise<void>)[] = [];
  private next = 0;
  private running = 0;
  private idleWaiters: (() => void)[] = [];

  /** @param limit reads on their way at most; the C client and the server were fastest with some hundreds. */
  constructor(private readonly limit: number) {}

  /** Starts the task at once if there is room. Tasks must not reject. */
  submit(task: () => Promise<void>): void {
    if (this.running < this.limit) this.start(task);
    else this.waiting.push(task);
  }

  /** Resolves when nothing is on its way or waiting. */
  async idle(): Promise<void> {
    if (this.running === 0) return;
    await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
  }

  private start(task: () => Promise<void>): void {
    this.running += 1;
    void task().finally(() => {
      this.running -= 1;
      this.startWaiting();
    });
  }

  private startWaiting(): void {
    while (this.running < this.limit && this.next < this.waiting.length) {
      const task = this.waiting[this.next];
      this.next += 1;
      if (task) this.start(task);
    }
    if (this.next === this.waiting.length) {
      this.waiting = [];
      this.next = 0;
    }
    if (this.running === 0) {
      const resolved = this.idleWaiters;
      this.idleWaiters = [];
      for (const resolve of resolved) resolve();
    }
  }
}
