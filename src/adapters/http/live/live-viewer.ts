import type { ServerResponse } from 'node:http';
import type { CancelTimer, Clock } from '../../../ports/runtime/clock.js';

/** The text of one section and the number of the update that brought it. */
export interface LiveSectionText {
  readonly name: string;
  readonly text: string;
  readonly serial: number;
}

/** Bytes that may wait for a slow viewer; until they are gone it gets nothing new, and then only the latest. */
const MOST_WAITING = 256 * 1024;
/** Seconds after which a viewer that takes nothing is let go. */
const PATIENCE = 60;

/** One open page. */
export class LiveViewer {
  private pending: {
    readonly sections: readonly LiveSectionText[];
    readonly serial: number;
    readonly id: string;
  } | null = null;
  private cancelPatience: CancelTimer | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly clock: Clock,
    /** Updates up to here are known to it. */
    private seen: number,
  ) {
    response.on('drain', () => this.drained());
    response.once('close', () => this.cancelPatience?.());
  }

  /** Sends the sections that it has not seen, all in one event after the other, the last one with the id. */
  send(sections: readonly LiveSectionText[], serial: number, id: string): void {
    if (this.response.writableLength > MOST_WAITING) {
      this.pending = { sections, serial, id };
      this.cancelPatience ??= this.clock.schedule(PATIENCE, () => this.response.destroy());
      return;
    }
    this.pending = null;
    const news = sections.filter((section) => section.serial > this.seen);
    this.seen = serial;
    if (news.length === 0) return;
    const events = news.map(({ name, text }) => `event: ${name}\ndata: ${text}\n\n`);
    this.response.write(`${events.join('')}id: ${id}\nevent: done\ndata: {}\n\n`);
  }

  /** A sign of life with the server's time, from which the page tells ages. */
  beat(now: number): void {
    if (this.response.writableLength <= MOST_WAITING) this.response.write(`event: beat\ndata: {"now":${now}}\n\n`);
  }

  end(): void {
    this.response.end();
  }

  private drained(): void {
    this.cancelPatience?.();
    this.cancelPatience = undefined;
    const { pending } = this;
    this.pending = null;
    if (pending) this.send(pending.sections, pending.serial, pending.id);
  }
}
