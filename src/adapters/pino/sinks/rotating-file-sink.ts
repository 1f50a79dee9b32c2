import { renameSync, rmSync, statSync } from 'node:fs';
import { FileSink } from './file-sink.js';
import type { FileSinkOptions } from './file-sink.js';

export interface RotatingFileSinkOptions extends FileSinkOptions {
  /** 0: never rotated. */
  readonly maxBytes: number;
  /** How many old files are kept, as `file.1` (the newest) to `file.N`. 0: never rotated. */
  readonly backupCount: number;
}

/** Python's `RotatingFileHandler`: a line that would make the file reach `maxBytes` begins a new one. */
export class RotatingFileSink extends FileSink {
  private readonly maxBytes: number;
  private readonly backupCount: number;

  /** @throws the system's error if the file cannot be opened */
  constructor(options: RotatingFileSinkOptions) {
    // A file that is to be rotated is appended to, whatever the mode.
    super(options.maxBytes > 0 ? { ...options, mode: 'a' } : options);
    this.maxBytes = options.maxBytes;
    this.backupCount = options.backupCount;
  }

  protected override beforeWriting(bytes: number): void {
    if (this.maxBytes <= 0 || this.size === 0 || !isPlainFile(this.file)) return;
    if (this.size + bytes >= this.maxBytes) this.rotate();
  }

  private rotate(): void {
    this.letGo();
    for (let number = this.backupCount - 1; number > 0; number -= 1) {
      move(`${this.file}.${number}`, `${this.file}.${number + 1}`);
    }
    if (this.backupCount > 0) move(this.file, `${this.file}.1`);
    this.open(this.backupCount > 0 ? 'w' : 'a');
  }
}

export function move(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) === undefined) return;
  rmSync(to, { force: true });
  renameSync(from, to);
}

/** Pipes and devices cannot be rotated. */
export function isPlainFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
}
