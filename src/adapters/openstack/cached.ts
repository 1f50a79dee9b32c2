import type { Clock } from '../../ports/runtime/clock.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Supervisor } from '../../ports/toolkit/supervisor.js';
import { abortable } from './abortable.js';

export interface CachedOptions<T> {
  readonly what: string;
  readonly clock: Clock;
  readonly tasks: Supervisor;
  /** Seconds for which an answer is good; afterwards it is asked for again when somebody looks. */
  readonly keep: number;
  readonly fetch: (signal: AbortSignal) => Promise<T>;
}

/** Before a failed question is asked again, seconds. */
const RETRY = 30;

/** Something about the cloud that changes rarely. While it is being asked for anew the old answer stays in use. */
export class Cached<T> {
  private answer: { readonly value: T } | null = null;
  private due = 0;
  private asking: Promise<T> | null = null;
  private trouble: string | null = null;

  constructor(private readonly options: CachedOptions<T>) {}

  /** What is known now, at once; undefined = nothing yet. Renews it in the background when it is old. */
  peek(): T | undefined {
    if (this.options.clock.monotonic() >= this.due) this.ask().catch(() => undefined);
    return this.answer?.value;
  }

  /** Why nothing is known; null if it is, or has not been asked for. */
  get problem(): string | null {
    return this.answer === null ? this.trouble : null;
  }

  /** What is known, waiting for it only if nothing is or if it was dropped. */
  async get(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.answer !== null && this.due > 0) return this.answer.value;
    return abortable(this.ask(), signal);
  }

  /** The next who asks waits for a new answer; who only looks sees the old one until then. */
  drop(): void {
    this.due = 0;
  }

  /** One question for all who want to know. */
  private ask(): Promise<T> {
    this.asking ??= this.inBackground().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private inBackground(): Promise<T> {
    const { tasks, what } = this.options;
    return new Promise<T>((resolve, reject) => {
      if (tasks.stopped) return reject(new Error('the provider was stopped'));
      tasks.start(what, async (signal) => {
        await this.fetch(signal).then(resolve, reject);
      });
    });
  }

  private async fetch(signal: AbortSignal): Promise<T> {
    const { clock, keep, fetch } = this.options;
    try {
      const value = await fetch(signal);
      this.answer = { value };
      this.trouble = null;
      this.due = clock.monotonic() + keep;
      return value;
    } catch (error) {
      this.trouble = asError(error).message;
      this.due = clock.monotonic() + RETRY;
      throw error;
    }
  }
}
