import { asError } from '../../ports/toolkit/sleep.js';

/** Lets work on one thing happen in order, whoever asks for it. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Waits for all earlier work on `key`, but no longer than the signal allows. */
  async take<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key) ?? Promise.resolve();
    let done: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      done = resolve;
    });
    const tail = before.then(() => mine);
    this.last.set(key, tail);
    void tail.then(() => {
      if (this.last.get(key) === tail) this.last.delete(key);
    });
    try {
      await orAborted(before, signal);
      return await work();
    } finally {
      done();
    }
  }
}

function orAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(asError(signal.reason));
    const stop = (): void => reject(asError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    void promise.then(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
  });
}
