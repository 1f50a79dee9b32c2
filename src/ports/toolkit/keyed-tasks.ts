import type { Clock } from '../runtime/clock.js';
import { asError, sleep } from './sleep.js';

/** Before a task that failed is started again, seconds. */
const RESTART = 5;

interface RunningTask {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** Keeps one long-running task per key: starts those that are wanted, ends those that are not, restarts those that fail. */
export class KeyedTasks {
  private readonly running = new Map<string, RunningTask>();
  private readonly ending = new Set<Promise<void>>();

  constructor(
    private readonly clock: Clock,
    private readonly onFailure: (key: string, error: Error) => void,
  ) {}

  /** Of the tasks that are wanted and run. */
  get keys(): readonly string[] {
    return [...this.running.keys()];
  }

  keep(keys: Iterable<string>, task: (key: string, signal: AbortSignal) => Promise<void>): void {
    const wanted = new Set(keys);
    for (const [key, { controller, ended }] of [...this.running]) {
      if (wanted.has(key)) continue;
      this.running.delete(key);
      controller.abort(new Error('not wanted any more'));
      const leaving = ended.finally(() => this.ending.delete(leaving));
      this.ending.add(leaving);
    }
    for (const key of wanted) {
      if (this.running.has(key)) continue;
      const controller = new AbortController();
      this.running.set(key, { controller, ended: this.runUntilAborted(key, controller.signal, task) });
    }
  }

  async stop(): Promise<void> {
    this.keep([], () => Promise.resolve());
    await Promise.allSettled([...this.ending]);
  }

  private async runUntilAborted(
    key: string,
    signal: AbortSignal,
    task: (key: string, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        await task(key, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.onFailure(key, asError(error));
      }
      if (!signal.aborted) await sleep(this.clock, RESTART, signal).catch(() => undefined);
    }
  }
}
