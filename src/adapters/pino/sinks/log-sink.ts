/**
 * Takes finished lines. Trouble with writing (a full disk, a reader that went away) is nobody's trouble: lines are dropped, counted,
 * and the count is told in the log as soon as there is room again.
 */
export interface LogSink {
  /** The descriptor or the file that the lines end up in. */
  readonly destination: 1 | 2 | string;
  /** @param line with its end @param at milliseconds since the epoch, of the record */
  write(line: string, at: number): void;
  /** Hands over all that can be handed over now; may wait a moment for a slow reader. For the end of the process. */
  flushNow(): void;
  /** As `flushNow`, then lets go of file or stream. Idempotent; later lines are dropped. */
  close(): void;
}
