import type { LogEntry } from './log-entry.js';
import { LEVEL_NAMES, LEVEL_NUMBERS } from './log-entry.js';
import { messageText, stackText } from './message-text.js';

/** One event as handlers and formatters see it; the names are those of Python's `LogRecord`. */
export interface LogRecord {
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly levelno: number;
  readonly levelname: string;
  /** Of the logger, dotted. */
  readonly name: string;
  readonly message: string;
  /** What is printed below the message; null for nothing. */
  readonly excText: string | null;
  readonly entry: LogEntry;
  /** Are stacks of errors wanted? */
  readonly stacks: boolean;
}

export function recordOf(entry: LogEntry, stacks: boolean): LogRecord {
  return {
    created: entry.time,
    levelno: LEVEL_NUMBERS[entry.level],
    levelname: LEVEL_NAMES[entry.level],
    name: entry.name,
    message: messageText(entry, stacks),
    excText: stacks ? stackText(entry) : null,
    entry,
    stacks,
  };
}
