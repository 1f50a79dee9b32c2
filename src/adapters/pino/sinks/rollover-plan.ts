import { strftime } from '../format/strftime.js';

export const ROLLOVER_WORDS = ['S', 'M', 'H', 'D', 'MIDNIGHT', 'W0', 'W1', 'W2', 'W3', 'W4', 'W5', 'W6'] as const;
export type RolloverWord = (typeof ROLLOVER_WORDS)[number];

interface Unit {
  readonly seconds: number;
  readonly suffix: string;
  readonly pattern: RegExp;
}

const DAY = 86_400;
const DATE = '\\d{4}-\\d{2}-\\d{2}';
const BY_SECOND: Unit = {
  seconds: 1,
  suffix: '%Y-%m-%d_%H-%M-%S',
  pattern: new RegExp(`^${DATE}_\\d{2}-\\d{2}-\\d{2}$`),
};
const BY_MINUTE: Unit = { seconds: 60, suffix: '%Y-%m-%d_%H-%M', pattern: new RegExp(`^${DATE}_\\d{2}-\\d{2}$`) };
const BY_HOUR: Unit = { seconds: 3600, suffix: '%Y-%m-%d_%H', pattern: new RegExp(`^${DATE}_\\d{2}$`) };
const BY_DAY: Unit = { seconds: DAY, suffix: '%Y-%m-%d', pattern: new RegExp(`^${DATE}$`) };
const BY_WEEK: Unit = { ...BY_DAY, seconds: 7 * DAY };

export interface RolloverPlanOptions {
  readonly when: RolloverWord;
  readonly interval: number;
  readonly utc: boolean;
}

/** When a file that is rotated by time begins anew, and how the old one is named. All times are seconds since the epoch. */
export class RolloverPlan {
  private readonly unit: Unit;

  constructor(private readonly options: RolloverPlanOptions) {
    this.unit = unitOf(options.when);
  }

  /** The first rollover after that time. */
  next(after: number): number {
    const { when, interval } = this.options;
    if (when === 'MIDNIGHT') return this.midnight(after, interval);
    if (!when.startsWith('W')) return after + this.unit.seconds * interval;
    // `W0` rotates when Monday is over.
    const today = (this.wall(after).getDay() + 6) % 7;
    const wait = (Number(when.slice(1)) - today + 7) % 7;
    return this.midnight(after, wait + 1 + 7 * (interval - 1));
  }

  /** What is appended to the name of the file that ends with that rollover. */
  suffix(rollover: number): string {
    const { when, interval } = this.options;
    const days = when === 'MIDNIGHT' ? interval : when.startsWith('W') ? 7 * interval : 0;
    const began = days > 0 ? this.midnight(rollover, -days) : rollover - this.unit.seconds * interval;
    return strftime(this.unit.suffix, this.wall(began));
  }

  isSuffix(text: string): boolean {
    return this.unit.pattern.test(text);
  }

  /** The midnight so many days after the one that begins the day of that time. */
  private midnight(of: number, days: number): number {
    const day = this.wall(of);
    const parts = [day.getFullYear(), day.getMonth(), day.getDate() + days] as const;
    return (this.options.utc ? Date.UTC(...parts) : new Date(...parts).getTime()) / 1000;
  }

  /** A date whose local parts are those of the zone that counts. */
  private wall(seconds: number): Date {
    const time = new Date(seconds * 1000);
    if (!this.options.utc) return time;
    return new Date(
      time.getUTCFullYear(),
      time.getUTCMonth(),
      time.getUTCDate(),
      time.getUTCHours(),
      time.getUTCMinutes(),
      time.getUTCSeconds(),
    );
  }
}

function unitOf(when: RolloverWord): Unit {
  switch (when) {
    case 'S':
      return BY_SECOND;
    case 'M':
      return BY_MINUTE;
    case 'H':
      return BY_HOUR;
    case 'D':
    case 'MIDNIGHT':
      return BY_DAY;
    default:
      return BY_WEEK;
  }
}
