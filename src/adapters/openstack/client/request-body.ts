import { Readable } from 'node:stream';
import type { BodySource } from './api-call.js';

/** One sending of a body that is read while it is sent. */
export class StreamedBody {
  readonly stream: Readable;
  /** Why it could not be read; null while it can. */
  failure: Error | null = null;

  constructor(source: BodySource) {
    const opened = source.open();
    this.stream = opened instanceof Readable ? opened : Readable.from(opened, { objectMode: false });
    this.stream.on('error', (error: Error) => {
      this.failure ??= error;
    });
  }

  /** Lets go of the source, sent or not. */
  close(): void {
    this.stream.destroy();
  }
}
