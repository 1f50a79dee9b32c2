import { asError } from '../../../ports/toolkit/sleep.js';
import type { CancelTimer, Clock } from '../../../ports/runtime/clock.js';

interface WaitingCall {
  readonly go: () => void;
}

/**
 * Spaces the starts of calls (spec BUILDER 6.12): one each `spacing` seconds, in order of arrival, urgent ones first. How long a
 * call takes does not count, so that the upload of an image holds up nobody.
 */
export class CallTurns {
  private readonly queue: WaitingCall[] = [];
  private readonly urgentQueue: WaitingCall[] = [];
  /** When the next call may start. */
  private next = -Infinity;
  private cancelTimer: CancelTimer | null = null;

  /** @param spacing - seconds; 0 = no limit */
  constructor(
    private readonly clock: Clock,
    private readonly spacing: number,
  ) {}

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.queue.length + this.urgentQueue.length;
  }

  /** Resolves when the caller may start its call. Rejects with the signal's reason. */
  take(urgent: boolean, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(asError(signal.reason));
    if (!(this.spacing > 0)) return Promise.resolve();
    if (this.waiting === 0 && this.clock.monotonic() >= this.next) {
      this.claim();
      return Promise.resolve();
    }
    return this.wait(urgent ? this.urgentQueue : this.queue, signal);
  }

  /** For calls that others wait for, such as signing in: starts at once and moves the turns of the rest. */
  claim(): void {
    this.next = Math.max(this.next, this.clock.monotonic()) + this.spacing;
  }

  private wait(queue: WaitingCall[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        queue.splice(queue.indexOf(waiting), 1);
        if (this.waiting === 0) this.disarm();
        reject(asError(signal.reason));
      };
      const waiting: WaitingCall = {
        go: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(waiting);
      this.arm();
    });
  }

  private arm(): void {
    this.cancelTimer ??= this.clock.schedule(Math.max(0, this.next - this.clock.monotonic()), () => {
      this.cancelTimer = null;
      this.letGo();
    });
  }

  private disarm(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private letGo(): void {
    // Somebody may have claimed a turn meanwhile, and timers may come early by a hair.
    if (this.clock.monotonic() + 1e-6 >= this.next) {
      const first = this.urgentQueue.shift() ?? this.queue.shift();
      if (first) this.claim();
      first?.go();
    }
    if (this.waiting > 0) this.arm();
  }
}
