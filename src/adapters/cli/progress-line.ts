import { formatAge } from '../../domain/presentation/age.js';
import { printable } from '../../domain/presentation/printable.js';
import type { CancelTimer, Clock } from '../../ports/runtime/clock.js';
import type { TextSink } from './session.js';

/** Seconds between two readings of the clock on a terminal. */
const TICK = 1;
const CLEAR_LINE = '\r\u001b[K';

/**
 * Shows how something gets on: on a terminal in one line that is written over and counts the time, elsewhere in a line per change. On the
 * error output, so that lists stay what they are.
 */
export class ProgressLine {
  private text = '';
  private since: number;
  private tick: CancelTimer = () => undefined;
  private readonly live: boolean;

  constructor(
    private readonly sink: TextSink,
    private readonly clock: Clock,
    environment: Readonly<Record<string, string>>,
  ) {
    this.live = sink.isTTY === true && environment['TERM'] !== 'dumb';
    this.since = clock.monotonic();
  }

  show(text: string): void {
    const line = printable(text);
    if (line === this.text) return;
    this.text = line;
    this.since = this.clock.monotonic();
    if (this.live) this.draw();
    else this.sink.write(`${line}\n`);
  }

  /** Leaves the last line behind. @param text the last word, if there is one. Idempotent. */
  end(text?: string): void {
    this.tick();
    if (this.live && this.text !== '') this.sink.write(CLEAR_LINE);
    this.text = '';
    if (text !== undefined) this.sink.write(`${printable(text)}\n`);
  }

  private draw(): void {
    this.tick();
    const line = `${this.text} (${formatAge(this.clock.monotonic() - this.since)})`;
    // A line that wraps could not be written over.
    this.sink.write(CLEAR_LINE + line.slice(0, Math.max(20, (this.sink.columns ?? 80) - 1)));
    this.tick = this.clock.schedule(TICK, () => this.draw());
  }
}
