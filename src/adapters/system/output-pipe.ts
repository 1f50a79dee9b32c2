import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * A true pipe for the output of a child. What Node itself offers is a socket per stream: the order between stdout and stderr is
 * lost, and scripts that open `/dev/stderr`, as elements of image builds do, fail. Writers block while nobody reads.
 */
export class OutputPipe {
  private constructor(
    private readonly reader: Socket,
    /** The end for the child, for stdout as well as stderr. */
    readonly writeDescriptor: number,
  ) {}

  static async open(): Promise<OutputPipe> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'nodepool-output-'));
    try {
      const fifo = path.join(folder, 'pipe');
      await promisify(execFile)('mkfifo', ['-m', '600', fifo]);
      // Opened in this order neither blocks.
      const readEnd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
      const reader = new Socket({ fd: readEnd, readable: true, writable: false });
      return new OutputPipe(reader, openSync(fifo, constants.O_WRONLY));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Closes our copy of the write end; to be called as soon as the child has its own. */
  releaseWriter(): void {
    closeSync(this.writeDescriptor);
  }

  /** Delivers what is written. Resolves when all writers have closed their end, or the pipe is destroyed. */
  deliver(onOutput: (chunk: Uint8Array) => void): Promise<void> {
    return new Promise((resolve) => {
      this.reader.on('data', onOutput);
      this.reader.once('close', () => resolve());
      // An unreadable pipe counts as ended; 'close' follows.
      this.reader.on('error', () => undefined);
    });
  }

  /** Closes the read end; writers that go on get a broken pipe. */
  destroy(): void {
    this.reader.destroy();
  }
}
