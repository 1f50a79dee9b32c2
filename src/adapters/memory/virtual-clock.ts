import { setImmediate } from 'node:timers';
import type { CancelTimer, Clock } from '../../ports/runtime/clock.js';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
  waiting: boolean;
}

/**
 * Time that passes only when told to. Timers run in the order they are due, those of one moment in the order they were set;
 * between two timers everything that can go on without time passing does so. Two runs of the same program are therefore alike.
 */
export class VirtualClock implements Clock {
  /** Binary heap: the next timer first. */
  private readonly heap: Timer[] = [];
  private waiting = 0;
  private elapsed = 0;
  private order = 0;

  /** @param epoch What `now` shows at the beginning, in seconds. */
  constructor(private epoch = 1_700_000_000) {}

  now(): number {
    return this.epoch + this.elapsed;
  }

  monotonic(): number {
    return this.elapsed;
  }

  /** A delay of Infinity never ends, a negative one counts as 0. */
  schedule(delay: number, callback: () => void): CancelTimer {
    if (delay === Infinity) return () => undefined;
    const timer = { due: this.elapsed + Math.max(0, delay), order: this.order++, callback, waiting: true };
    this.push(timer);
    this.waiting += 1;
    return () => {
      if (timer.waiting) this.waiting -= 1;
      timer.waiting = false;
    };
  }

  /** Number of timers that were set and are neither due nor cancelled. */
  get pending(): number {
    return this.waiting;
  }

  /** Seconds until the next timer is due, or undefined if there is none. */
  get untilNext(): number | undefined {
    this.dropCancelled();
    const next = this.heap[0];
    return next && Math.max(0, next.due - this.elapsed);
  }

  /** Lets `seconds` pass: runs every timer due by then, also those set meanwhile, and lets promises settle after each. */
  async advance(seconds: number): Promise<void> {
    const end = this.elapsed + seconds;
    await this.settle();
    for (let timer = this.pop(end); timer; timer = this.pop(end)) {
      this.elapsed = Math.max(this.elapsed, timer.due);
      timer.callback();
      await this.settle();
    }
    this.elapsed = end;
  }

  /**
   * Lets time pass from timer to timer until `condition` holds, for `limit` seconds at most. Answers whether it came to hold.
   */
  async advanceUntil(condition: () => boolean, limit: number): Promise<boolean> {
    const end = this.elapsed + limit;
    await this.settle();
    while (!condition()) {
      const timer = this.pop(end);
      if (!timer) {
        this.elapsed = end;
        return false;
      }
      this.elapsed = Math.max(this.elapsed, timer.due);
      timer.callback();
      await this.settle();
    }
    return true;
  }

  /** Lets everything happen that needs no time. Real I/O under way is not waited for. */
  settle(): Promise<void> {
    // Node runs the whole queue of microtasks before it comes to an immediate.
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Sets the wall clock forward or back; durations and timers are not affected. */
  jump(seconds: number): void {
    this.epoch += seconds;
  }

  private push(timer: Timer): void {
    const heap = this.heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent])) break;
      heap[at] = heap[parent] ?? timer;
      at = parent;
    }
    heap[at] = timer;
  }

  /** Takes out the next timer if it is due by `end`. */
  private pop(end: number): Timer | undefined {
    this.dropCancelled();
    const next = this.heap[0];
    if (!next || next.due > end) return undefined;
    this.removeFirst();
    next.waiting = false;
    this.waiting -= 1;
    return next;
  }

  private dropCancelled(): void {
    while (this.heap[0]?.waiting === false) this.removeFirst();
  }

  private removeFirst(): void {
    const heap = this.heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (before(heap[child + 1], heap[child])) child += 1;
      const smaller = heap[child];
      if (!smaller || !before(smaller, last)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = last;
  }
}

function before(left: Timer | undefined, right: Timer | undefined): boolean {
  if (!left || !right) return false;
  return left.due < right.due || (left.due === right.due && left.order < right.order);
}
