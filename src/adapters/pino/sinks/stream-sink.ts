import { writeSync } from 'node:fs';
import type { LogSink } from './log-sink.js';
import { LostLines, reasonOf } from './lost-lines.js';

/** What a reader that has stopped may cost in memory, bytes; lines beyond are dropped. */
const MOST_WAITING = 16 * 1024 * 1024;
/** Milliseconds between two attempts to go on writing to a reader that was too slow. */
const RETRY = 20;
/** Milliseconds that the end of the process waits for a reader that takes nothing. */
const STANDSTILL = 2000;
/** Milliseconds that the end of the process may take for one that takes little at a time, as on a busy machine. */
const LAST_CHANCE = 15_000;

/**
 * Standard output or standard error. Lines are written at once if the reader takes them; else they wait in memory. A reader that
 * went away for good is forgotten.
 */
export class StreamSink implements LogSink {
  private readonly waiting: Uint8Array[] = [];
  private size = 0;
  private retry: NodeJS.Timeout | null = null;
  private gone = false;
  private readonly lost = new LostLines();

  constructor(readonly destination: 1 | 2) {
    // Node makes a pipe non-blocking when its stream is looked at first: a reader that stands still must not hold us up.
    void (destination === 1 ? process.stdout : process.stderr);
  }

  write(line: string): void {
    if (this.gone) return;
    const bytes = Buffer.from(this.lost.take() + line);
    if (this.size + bytes.length > MOST_WAITING) return this.lost.add('the reader of the log is too slow');
    this.waiting.push(bytes);
    this.size += bytes.length;
    // Behind others it waits for its turn.
    if (this.retry === null) this.drain();
  }

  flushNow(): void {
    const end = performance.now() + LAST_CHANCE;
    let patience = performance.now() + STANDSTILL;
    while (this.waiting.length > 0 && !this.gone && performance.now() < Math.min(end, patience)) {
      const before = this.size;
      this.drain();
      if (this.size < before) patience = performance.now() + STANDSTILL;
      if (this.waiting.length > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY);
    }
  }

  close(): void {
    this.flushNow();
    this.forget();
  }

  private drain(): void {
    this.stopRetrying();
    while (this.waiting.length > 0) {
      const [first] = this.waiting as [Uint8Array];
      const written = this.attempt(first);
      if (written === null) return;
      this.size -= written;
      if (written === first.length) this.waiting.shift();
      else this.waiting[0] = first.subarray(written);
    }
  }

  /** Bytes that were taken; null if none were. */
  private attempt(bytes: Uint8Array): number | null {
    try {
      return writeSync(this.destination, bytes);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === 'EAGAIN') {
        this.retry = setTimeout(() => this.drain(), RETRY).unref();
        return null;
      }
      // EPIPE: nobody reads any more. ENOSPC and the like, where it is a file: later lines may have better luck.
      if (reason !== 'ENOSPC' && reason !== 'EDQUOT' && reason !== 'EIO') this.forget();
      else {
        this.lost.add(reason);
        return bytes.length;
      }
      return null;
    }
  }

  private forget(): void {
    this.stopRetrying();
    this.gone = true;
    this.waiting.length = 0;
    this.size = 0;
  }

  private stopRetrying(): void {
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
  }
}
