import type { ServerResponse } from 'node:http';
import type { Clock } from '../../ports/runtime/clock.js';

/** Bytes of different bodies that may wait for slow readers. */
const MOST_BYTES = 128 * 1024 * 1024;
/** Seconds that a client may take to read an answer. */
const PATIENCE = 120;

/**
 * What is being sent. A list of 10,000 nodes has 5 MB, and each second has its own: a crowd that reads slowly would keep one for
 * each reader. Equal bodies count once.
 */
export class AnswersUnderway {
  private readonly readers = new Map<Buffer, number>();
  private bytes = 0;

  constructor(
    private readonly clock: Clock,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  /** Answers whether there is room for it; if so it counts until the response has ended, and the client may take so long only. */
  admit(body: Buffer, response: ServerResponse): boolean {
    const readers = this.readers.get(body) ?? 0;
    if (readers === 0 && this.bytes + body.length > this.mostBytes) return false;
    if (readers === 0) this.bytes += body.length;
    this.readers.set(body, readers + 1);
    const cancel = this.clock.schedule(PATIENCE, () => response.destroy());
    response.once('close', () => {
      cancel();
      this.release(body);
    });
    return true;
  }

  private release(body: Buffer): void {
    const readers = (this.readers.get(body) ?? 0) - 1;
    if (readers > 0) return void this.readers.set(body, readers);
    if (this.readers.delete(body)) this.bytes -= body.length;
  }
}
