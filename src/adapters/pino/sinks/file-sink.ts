import { closeSync, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import type { LogSink } from './log-sink.js';
import { LostLines, reasonOf } from './lost-lines.js';

export interface FileSinkOptions {
  readonly file: string;
  /** `w` empties the file first. Default `a`. */
  readonly mode?: 'a' | 'w';
  /** Open it with the first line only. */
  readonly delay?: boolean;
}

/** Owner writes, everybody reads less than that: logs tell much about an installation. */
const PERMISSIONS = 0o640;

/**
 * A file that is written line by line, at once. One that was moved or removed (by logrotate) is made anew, as Python's
 * `WatchedFileHandler` does; also for its plain `FileHandler`, for which operators had to use `copytruncate`.
 */
export class FileSink implements LogSink {
  protected readonly file: string;
  protected size = 0;
  private descriptor: number | null = null;
  private identity = '';
  private closed = false;
  private readonly lost = new LostLines();

  /** @throws the system's error if the file cannot be opened, e.g. because its folder does not exist */
  constructor(options: FileSinkOptions) {
    this.file = options.file;
    if (options.mode === 'w' || options.delay !== true) this.open(options.mode ?? 'a');
    if (options.delay === true) this.letGo();
  }

  get destination(): string {
    return this.file;
  }

  write(line: string, at: number): void {
    if (this.closed) return;
    const missed = this.lost.waiting;
    try {
      this.follow();
      if (this.descriptor === null) this.open('a');
      const bytes = Buffer.from(this.lost.take() + line);
      this.beforeWriting(bytes.length, at);
      this.append(bytes);
    } catch (error) {
      this.lost.putBack(missed);
      this.lost.add(reasonOf(error));
    }
  }

  flushNow(): void {
    // Nothing waits.
  }

  close(): void {
    this.closed = true;
    this.letGo();
  }

  /** For files that are rotated. */
  protected beforeWriting(_bytes: number, _at: number): void {
    // A plain file goes on for ever.
  }

  /** Closes the file; the next line opens it. */
  protected letGo(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  protected open(mode: 'a' | 'w'): void {
    this.letGo();
    this.descriptor = openSync(this.file, mode, PERMISSIONS);
    const { dev, ino, size } = fstatSync(this.descriptor);
    this.identity = `${dev}:${ino}`;
    this.size = size;
  }

  private append(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0 && this.descriptor !== null) {
      const written = writeSync(this.descriptor, rest);
      this.size += written;
      rest = rest.subarray(written);
    }
  }

  private follow(): void {
    if (this.descriptor === null) return;
    const found = statSync(this.file, { throwIfNoEntry: false });
    if (!found || `${found.dev}:${found.ino}` !== this.identity) this.letGo();
    else this.size = found.size;
  }
}
