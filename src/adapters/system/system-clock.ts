import type { CancelTimer, Clock } from '../../ports/runtime/clock.js';

/** The longest delay of a timer of Node in milliseconds; longer ones would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** The time of this machine. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now() / 1000;
  }

  monotonic(): number {
    return performance.now() / 1000;
  }

  /** A delay of Infinity never ends. */
  schedule(delay: number, callback: () => void): CancelTimer {
    if (delay === Infinity) return () => undefined;
    const due = performance.now() + delay * 1000;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const left = due - performance.now();
      timer = left > LONGEST ? setTimeout(wait, LONGEST) : setTimeout(callback, Math.max(0, left));
      timer.unref();
    };
    wait();
    return () => clearTimeout(timer);
  }
}
