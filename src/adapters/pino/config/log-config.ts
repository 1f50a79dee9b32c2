import type { LogHandler } from '../log-handler.js';
import type { LoggerNode } from '../logger-tree.js';

/** A logging configuration, ready to be used: files are open. */
export interface LogConfig {
  /** By dotted name; the root's is empty. */
  readonly loggers: ReadonlyMap<string, LoggerNode>;
  readonly handlers: readonly LogHandler[];
  /** What the file says to no effect; for the log itself. */
  readonly warnings: readonly string[];
}
