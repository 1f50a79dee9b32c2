import { asError } from './clock.js';

/**
 * Owns background tasks: whoever starts one hands it over here, and shutdown waits for all of them. A task that fails is
 * reported, never silently lost.
 */
export class Supervisor {
  private readonly tasks = new Set<Promise<void>>();
  private readonly controller = new AbortController();

  constructor(private readonly onFailure: (name: string, error: Error) => void) {}

  /** Ends with `stop`. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get running(): number {
    return this.tasks.size;
  }

  /** Starts a task. Its failure is reported unless the supervisor is stopping. */
  start(name: string, task: (signal: AbortSignal) => Promise<void>): void {
    if (this.controller.signal.aborted) return;
    const running = Promise.resolve()
      .then(() => task(this.controller.signal))
      .catch((error: unknown) => {
        if (!this.controller.signal.aborted) this.onFailure(name, asError(error));
      })
      .finally(() => this.tasks.delete(running));
    this.tasks.add(running);
  }

  /** Aborts all tasks and resolves when the last has ended. Idempotent. */
  async stop(reason: Error = new Error('stopping')): Promise<void> {
    this.controller.abort(reason);
    while (this.tasks.size > 0) await Promise.allSettled([...this.tasks]);
  }
}
