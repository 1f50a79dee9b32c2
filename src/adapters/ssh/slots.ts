import { asError } from '../../ports/toolkit/sleep.js';

/** A limited number of places; whoever finds none waits in line. */
export class Slots {
  private free: number;
  private readonly line: (() => void)[] = [];

  constructor(count: number) {
    this.free = count;
  }

  /** Runs the task in a slot of its own. @throws the signal's reason when aborted while waiting in line */
  async use<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.take(signal);
    try {
      return await task();
    } finally {
      this.giveBack();
    }
  }

  private take(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(asError(signal.reason));
    if (this.free > 0) {
      this.free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.line.splice(this.line.indexOf(next), 1);
        reject(asError(signal?.reason));
      };
      const next = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      this.line.push(next);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** A slot goes straight to the first in line. */
  private giveBack(): void {
    const next = this.line.shift();
    if (next) next();
    else this.free += 1;
  }
}
