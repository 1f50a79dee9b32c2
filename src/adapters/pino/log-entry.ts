import type { LogFields } from '../../ports/telemetry/logger.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogEntry {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: LogLevel;
  /** Dotted. */
  readonly name: string;
  readonly message: string;
  /** Without secrets. */
  readonly fields: LogFields;
}
