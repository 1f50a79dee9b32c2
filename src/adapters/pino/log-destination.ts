import { closeSync, openSync, statSync } from 'node:fs';
import { pino } from 'pino';
import type { DestinationStream } from 'pino';

export type LogTarget = 'stdout' | 'stderr' | { readonly file: string };

export interface LogDestinationOptions {
  readonly target: LogTarget;
  /**
   * Write each line before going on (the default): nothing is lost whatever happens to the process. Otherwise lines are written in
   * the background and a slow reader holds up nobody, but a crash loses the last of them.
   */
  readonly sync?: boolean;
}

/** What a reader that has stopped may cost in memory; lines beyond are dropped. */
const MOST_BUFFERED = 16 * 1024 * 1024;
const SECONDS_BETWEEN_CHECKS = 1;

/** Where log lines go. A file that was moved away by a log rotation is opened anew. Trouble with writing is nobody's trouble. */
export class LogDestination implements DestinationStream {
  private readonly stream: ReturnType<typeof pino.destination>;
  private readonly file: string | null;
  private inode: number | null = null;
  private checkedAt = 0;
  private outstanding = 0;
  private closing: Promise<void> | null = null;
  private readonly waiting = new Set<() => void>();

  /** @throws the system's error if the file cannot be opened, e.g. because its folder does not exist */
  constructor({ target, sync = true }: LogDestinationOptions) {
    this.file = typeof target === 'object' ? target.file : null;
    // The stream would report this later, and to nobody.
    if (this.file !== null) closeSync(openSync(this.file, 'a'));
    const dest = this.file ?? (target === 'stderr' ? 2 : 1);
    this.stream = pino.destination({ dest, sync, maxLength: MOST_BUFFERED });
    this.stream.on('error', () => this.settle(Infinity));
    this.stream.on('write', (bytes: number) => this.settle(bytes));
    this.stream.on('drop', (line: string) => this.settle(Buffer.byteLength(line)));
    this.inode = this.currentInode();
  }

  write(line: string): void {
    if (this.closing) return;
    this.followRotation();
    this.outstanding += Buffer.byteLength(line);
    this.stream.write(line);
  }

  /** Resolves when all lines so far have been handed to the system. */
  flush(): Promise<void> {
    if (this.outstanding <= 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  /** Writes what is left and closes the file. Idempotent. Later lines are dropped. */
  close(): Promise<void> {
    this.closing ??= this.flush().then(() => {
      if (this.file === null) return;
      return new Promise((resolve) => {
        this.stream.once('close', () => resolve());
        this.stream.once('error', () => resolve());
        this.stream.end();
      });
    });
    return this.closing;
  }

  private settle(bytes: number): void {
    this.outstanding = Math.max(0, this.outstanding - bytes);
    if (this.outstanding > 0) return;
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  private followRotation(): void {
    if (this.file === null) return;
    const now = performance.now() / 1000;
    if (now - this.checkedAt < SECONDS_BETWEEN_CHECKS) return;
    this.checkedAt = now;
    const inode = this.currentInode();
    if (inode !== null && inode === this.inode) return;
    this.stream.once('ready', () => (this.inode = this.currentInode()));
    this.stream.reopen();
  }

  private currentInode(): number | null {
    if (this.file === null) return null;
    return statSync(this.file, { throwIfNoEntry: false })?.ino ?? null;
  }
}
