import type { Clock } from '../runtime/clock.js';
import { Wakeup } from './wakeup.js';

export interface LoopBody {
  /** What wakes it. Called when it begins; what it answers is called when it ends. */
  readonly subscribe?: (wake: () => void) => readonly (() => void)[];
  /** Called once, after it has subscribed. */
  readonly begin?: (signal: AbortSignal) => void | Promise<void>;
  /** Does what there is to do; answers for how many seconds it may wait at most before the next pass if nothing wakes it. */
  readonly pass: (signal: AbortSignal) => number | Promise<number>;
  /** Called once when it ends, for whatever reason, and after it has unsubscribed. */
  readonly end?: () => void | Promise<void>;
}

/**
 * The one shape of everything that works until it is told to stop: subscribe, pass, wait for an event or for time, pass again. A wake
 * during a pass is followed by another pass. Whoever runs it owns it: see `Supervisor` and `KeyedTasks`.
 */
export class ControlLoop {
  private readonly wakeup: Wakeup;

  constructor(clock: Clock) {
    this.wakeup = new Wakeup(clock);
  }

  /** Does it wait now? */
  get awaited(): boolean {
    return this.wakeup.awaited;
  }

  readonly wake = (): void => this.wakeup.wake();

  /** Resolves when aborted. @throws what `begin`, `pass` and `end` throw, unless they do so because it was aborted */
  async run(body: LoopBody, signal: AbortSignal): Promise<void> {
    const unsubscribe = body.subscribe?.(this.wake) ?? [];
    try {
      await body.begin?.(signal);
      while (!signal.aborted) {
        const seconds = await body.pass(signal);
        await this.wakeup.wait(seconds, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      unsubscribe.forEach((undo) => undo());
      await body.end?.();
    }
  }
}
