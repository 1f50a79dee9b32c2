import { asError } from './sleep.js';

/**
 * Owns background tasks: whoever starts one hands it over here, and shutdown waits for all of them. A task that fails is
 * reported, never silently lost. Each task has a signal of its own, so that thousands of them do not pile up listeners on one.
 */
export class Supervisor {
  private readonly tasks = new Map<Promise<void>, { readonly name: string; readonly controller: AbortController }>();
  private stopping: Error | null = null;

  constructor(private readonly onFailure: (name: string, error: Error) => void) {}

  get stopped(): boolean {
    return this.stopping !== null;
  }

  get running(): number {
    return this.tasks.size;
  }

  /** Of the tasks that run, in the order of their start. */
  get names(): readonly string[] {
    return [...this.tasks.values()].map(({ name }) => name);
  }

  /** Starts a task in a later turn; ignored while stopping. Its failure is reported unless the supervisor is stopping. */
  start(name: string, task: (signal: AbortSignal) => Promise<void>): void {
    if (this.stopping) return;
    const controller = new AbortController();
    const running: Promise<void> = Promise.resolve()
      .then(() => task(controller.signal))
      .catch((error: unknown) => {
        if (!this.stopping) this.onFailure(name, asError(error));
      })
      .finally(() => this.tasks.delete(running));
    this.tasks.set(running, { name, controller });
  }

  /** Aborts all tasks and resolves when the last has ended. Idempotent. */
  async stop(reason: Error = new Error('stopping')): Promise<void> {
    this.stopping ??= reason;
    for (const { controller } of this.tasks.values()) controller.abort(this.stopping);
    while (this.tasks.size > 0) await Promise.allSettled([...this.tasks.keys()]);
  }
}
