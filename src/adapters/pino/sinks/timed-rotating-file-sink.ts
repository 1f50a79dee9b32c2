import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { FileSink } from './file-sink.js';
import type { FileSinkOptions } from './file-sink.js';
import { isPlainFile, move } from './rotating-file-sink.js';
import type { RolloverPlan } from './rollover-plan.js';

export interface TimedRotatingFileSinkOptions extends FileSinkOptions {
  readonly plan: RolloverPlan;
  /** How many old files are kept; 0: all. */
  readonly backupCount: number;
  /** Milliseconds since the epoch, of the start. */
  readonly now: number;
}

/** Python's `TimedRotatingFileHandler`: the first line after the hour (the day, …) begins a new file; the old one is named after its time. */
export class TimedRotatingFileSink extends FileSink {
  private readonly plan: RolloverPlan;
  private readonly backupCount: number;
  /** Seconds since the epoch. */
  private rolloverAt: number;

  /** @throws the system's error if the file cannot be opened */
  constructor(options: TimedRotatingFileSinkOptions) {
    // What an earlier process wrote belongs to its own time.
    const before = statSync(options.file, { throwIfNoEntry: false });
    super({ ...options, mode: 'a' });
    this.plan = options.plan;
    this.backupCount = options.backupCount;
    this.rolloverAt = options.plan.next(Math.floor((before?.mtimeMs ?? options.now) / 1000));
  }

  protected override beforeWriting(_bytes: number, at: number): void {
    const now = Math.floor(at / 1000);
    if (now < this.rolloverAt) return;
    if (isPlainFile(this.file)) this.rotate();
    this.rolloverAt = this.plan.next(now);
  }

  private rotate(): void {
    this.letGo();
    move(this.file, `${this.file}.${this.plan.suffix(this.rolloverAt)}`);
    if (this.backupCount > 0) this.removeOldest();
    this.open('a');
  }

  private removeOldest(): void {
    const { dir, base } = path.parse(this.file);
    const old = readdirSync(dir)
      .filter((name) => name.startsWith(`${base}.`) && this.plan.isSuffix(name.slice(base.length + 1)))
      .sort();
    for (const name of old.slice(0, Math.max(0, old.length - this.backupCount)))
      rmSync(path.join(dir, name), { force: true });
  }
}
