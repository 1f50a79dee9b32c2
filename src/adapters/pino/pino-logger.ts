import { pino } from 'pino';
import type { Logger as Pino } from 'pino';
import type { LogFields, Logger } from '../../ports/telemetry/logger.js';
import { errorMessage, errorStack } from './error-text.js';
import { LogDestination } from './log-destination.js';
import type { LogTarget } from './log-destination.js';
import { isAtLeast } from './log-entry.js';
import type { LogEntry, LogLevel } from './log-entry.js';
import { redactFields, redactText } from './redaction.js';
import { formatText } from './text-format.js';

export interface PinoLoggerOptions {
  /** Default stdout. */
  readonly target?: LogTarget;
  /** Default text, as the Python daemons write it. */
  readonly format?: 'text' | 'json';
  /** Default info. */
  readonly level?: LogLevel;
  /** Levels of single loggers and all below them, by dotted name. */
  readonly levels?: ReadonlyMap<string, LogLevel>;
  /** See `LogDestinationOptions`; default true. */
  readonly sync?: boolean;
  /** Name of the topmost logger; default nodepool. */
  readonly name?: string;
  /** Milliseconds since the epoch, for tests. */
  readonly now?: () => number;
}

/** What all loggers of one log share. */
interface Log {
  readonly destination: LogDestination;
  readonly write: (entry: LogEntry, stacks: boolean) => void;
  readonly now: () => number;
  readonly level: LogLevel;
  readonly levels: ReadonlyMap<string, LogLevel>;
}

/** The log of a daemon or of a command. */
export class PinoLogger implements Logger {
  private readonly level: LogLevel;

  private constructor(
    private readonly log: Log,
    private readonly name: string,
    private readonly fields: LogFields,
  ) {
    this.level = levelOf(name, log);
  }

  /** @throws the system's error if the file cannot be opened */
  static open(options: PinoLoggerOptions = {}): PinoLogger {
    const { target = 'stdout', format = 'text', level = 'info', levels = new Map<string, LogLevel>() } = options;
    const destination = new LogDestination({ target, sync: options.sync ?? true });
    const write = format === 'json' ? jsonWriter(destination) : textWriter(destination);
    const log = { destination, write, now: options.now ?? Date.now, level, levels };
    return new PinoLogger(log, options.name ?? 'nodepool', {});
  }

  debug(message: string, fields?: LogFields): void {
    this.entry('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.entry('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.entry('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.entry('error', message, fields);
  }

  child(name: string, fields?: LogFields): PinoLogger {
    return new PinoLogger(this.log, `${this.name}.${name}`, { ...this.fields, ...fields });
  }

  /** Resolves when all lines so far have been handed to the system. */
  flush(): Promise<void> {
    return this.log.destination.flush();
  }

  /** Writes what is left and closes the log for all of its loggers. Idempotent. */
  close(): Promise<void> {
    return this.log.destination.close();
  }

  private entry(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (!isAtLeast(level, this.level)) return;
    const all = redactFields({ ...this.fields, ...fields });
    const entry = { time: this.log.now(), level, name: this.name, message, fields: all };
    this.log.write(entry, this.level === 'debug');
  }
}

/** The level of the nearest name above, the name itself included. */
function levelOf(name: string, { level, levels }: Log): LogLevel {
  for (let at = name; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const own = levels.get(at);
    if (own) return own;
  }
  return level;
}

function textWriter(destination: LogDestination): Log['write'] {
  return (entry, stacks) => destination.write(formatText(entry, stacks));
}

function jsonWriter(destination: LogDestination): Log['write'] {
  const lines: Pino = pino(
    {
      level: 'debug',
      base: null,
      timestamp: false,
      messageKey: 'message',
      // Errors come as plain values already.
      serializers: { err: (value: unknown) => value },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return ({ time, level, name, message, fields }, stacks) => {
    const shown = Object.entries(fields).map(([key, value]) => [fieldKey(key), showError(value, stacks)] as const);
    const reserved = { ...Object.fromEntries(shown), time: new Date(time).toISOString(), name };
    lines[level](reserved, redactText(message));
  };
}

/** A field named like a part of the line itself gets another name. */
function fieldKey(key: string): string {
  return ['time', 'level', 'name', 'message'].includes(key) ? `field_${key}` : key;
}

function showError(value: unknown, stacks: boolean): unknown {
  if (!(value instanceof Error)) return value;
  const { code } = value as { code?: unknown };
  return {
    type: value.name,
    message: errorMessage(value),
    ...(code === undefined ? {} : { code }),
    ...(stacks ? { stack: errorStack(value) } : {}),
  };
}
