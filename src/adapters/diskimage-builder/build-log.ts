import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** The log file of one build. Written as output arrives; a log that cannot be written (disk full) does not fail the build. */
export class BuildLog {
  private tail: Promise<void> = Promise.resolve();
  private failure: unknown;

  private constructor(private readonly handle: FileHandle) {}

  static async open(path: string): Promise<BuildLog> {
    return new BuildLog(await open(path, 'a'));
  }

  append(chunk: Uint8Array | string): void {
    this.tail = this.tail.then(() => this.handle.appendFile(chunk)).catch((error: unknown) => this.note(error));
  }

  /** Waits until everything is written. Answers the first trouble there was, or undefined. */
  async close(): Promise<unknown> {
    await this.tail;
    await this.handle.close().catch((error: unknown) => this.note(error));
    return this.failure;
  }

  private note(error: unknown): void {
    this.failure ??= error;
  }
}
