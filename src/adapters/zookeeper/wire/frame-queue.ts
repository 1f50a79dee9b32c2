import { nextTick } from 'node:process';
import { setImmediate } from 'node:timers';

/** Frames handed out in one turn of the event loop; others want it, too. */
const IN_ONE_TURN = 64;

/**
 * Hands frames out one by one, each when everybody who waited for the one before has gone on. An event may come in the same piece as
 * the answer that set its watch: who awaits the answer has to see it first, as with one message a turn.
 */
export class FrameQueue {
  private frames: Buffer[] = [];
  private next = 0;
  private busy = false;
  private closed = false;

  constructor(private readonly handle: (frame: Buffer) => void) {}

  add(frame: Buffer): void {
    this.frames.push(frame);
    if (this.busy) return;
    this.busy = true;
    this.step(IN_ONE_TURN);
  }

  /** Frames that were not handed out yet are forgotten. */
  close(): void {
    this.closed = true;
  }

  private step(left: number): void {
    const frame = this.closed ? undefined : this.frames[this.next];
    if (!frame) {
      this.frames = [];
      this.next = 0;
      this.busy = false;
      return;
    }
    this.next += 1;
    this.handle(frame);
    if (left > 1) {
      // A tick set from a microtask comes when all microtasks are done, also those that they set themselves.
      queueMicrotask(() => nextTick(() => this.step(left - 1)));
    } else setImmediate(() => this.step(IN_ONE_TURN));
  }
}
