import type { ReportTarget } from './watchdog-report.js';

export interface WatchSettings {
  /** Seconds without a turn of the main thread's loop after which it is told. */
  readonly patience: number;
  /** Seconds between two checks. */
  readonly interval: number;
  /** Element 0 counts the turns of the main thread. */
  readonly turns: Int32Array;
  readonly targets: readonly ReportTarget[];
}

export interface Finding {
  /** Seconds for which the main thread has not turned. */
  readonly seconds: number;
  readonly ended: boolean;
}

/** Between two reports of the same stand-still its length doubles. */
const NEXT_REPORT = 2;

/**
 * Decides, from looks at the count of turns, when to tell that the main thread stands still and when that it goes on. A look that comes
 * late says nothing: then the whole process was stopped, and this thread with it.
 */
export class MainThreadWatch {
  private seen: number;
  private seenAt: number;
  private checkedAt: number;
  private reportAt: number;
  private told = false;

  constructor(
    private readonly settings: Pick<WatchSettings, 'patience' | 'interval' | 'turns'>,
    now: number,
  ) {
    this.seen = Atomics.load(settings.turns, 0);
    this.seenAt = now;
    this.checkedAt = now;
    this.reportAt = settings.patience;
  }

  /** @param now seconds that never jump back */
  check(now: number): Finding | undefined {
    const { patience, interval, turns } = this.settings;
    const late = now - this.checkedAt > Math.max(3 * interval, patience / 2);
    this.checkedAt = now;
    const turn = Atomics.load(turns, 0);
    const seconds = now - this.seenAt;
    if (turn !== this.seen) {
      const ended = this.told;
      this.begin(turn, now);
      return ended ? { seconds, ended } : undefined;
    }
    if (late) {
      if (!this.told) this.begin(turn, now);
      return undefined;
    }
    if (seconds < this.reportAt) return undefined;
    this.told = true;
    this.reportAt = seconds * NEXT_REPORT;
    return { seconds, ended: false };
  }

  private begin(turn: number, now: number): void {
    this.seen = turn;
    this.seenAt = now;
    this.reportAt = this.settings.patience;
    this.told = false;
  }
}
