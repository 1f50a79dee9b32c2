import { asError, sleep } from './sleep.js';
import type { Clock } from '../runtime/clock.js';

/** Looks after which the event loop gets its turn: loops that wake themselves must not keep everything else from happening. */
const PASSES_PER_TURN = 50;

/** "Something may have changed, look again": any number of calls before the next check count as one. */
export class Wakeup {
  private pending = false;
  private release: (() => void) | null = null;
  private passes = 0;

  constructor(private readonly clock: Clock) {}

  /** Is somebody waiting now? */
  get awaited(): boolean {
    return this.release !== null;
  }

  wake(): void {
    this.pending = true;
    this.release?.();
  }

  /** Resolves at the next `wake` (at once if there was one since the last check), or after `seconds`. Rejects when aborted. */
  async wait(seconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw asError(signal.reason);
    if (++this.passes % PASSES_PER_TURN === 0) await sleep(this.clock, 0, signal);
    if (!this.pending) await this.sleepUntilWoken(seconds, signal);
    this.pending = false;
  }

  private sleepUntilWoken(seconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = Number.isFinite(seconds) ? this.clock.schedule(seconds, () => finish(resolve)) : () => undefined;
      const finish = (then: () => void): void => {
        cancel();
        this.release = null;
        signal.removeEventListener('abort', onAbort);
        then();
      };
      const onAbort = (): void => finish(() => reject(asError(signal.reason)));
      this.release = () => finish(resolve);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
