import type { LogFields, Logger } from '../../ports/telemetry/logger.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogLine {
  readonly level: LogLevel;
  /** Dotted. */
  readonly name: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps the last lines of a log, for tests. Children write into the same lines. */
export class MemoryLogger implements Logger {
  readonly debugs = true;

  constructor(
    readonly name = 'nodepool',
    private readonly fields: LogFields = {},
    /** All lines of this logger, its children and its parent. */
    readonly lines: LogLine[] = [],
    private readonly capacity = 10_000,
  ) {}

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields);
  }

  child(name: string, fields?: LogFields): MemoryLogger {
    return new MemoryLogger(`${this.name}.${name}`, { ...this.fields, ...fields }, this.lines, this.capacity);
  }

  /** Messages of one level. */
  messages(level: LogLevel): readonly string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }

  private write(level: LogLevel, message: string, fields?: LogFields): void {
    this.lines.push({ level, name: this.name, message, fields: { ...this.fields, ...fields } });
    if (this.lines.length > this.capacity) this.lines.splice(0, this.lines.length - this.capacity / 2);
  }
}
