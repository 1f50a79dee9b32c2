import { cutText, visible } from '../../domain/presentation/visible-text.js';
import type { LogFields, Logger } from '../../ports/telemetry/logger.js';
import type { LogConfig } from './config/read-log-config.js';
import { JsonFormatter } from './format/json-formatter.js';
import { DEFAULT_FORMAT, MultiLineFormatter } from './format/multi-line-formatter.js';
import type { LogLevel } from './log-entry.js';
import { LogHandler } from './log-handler.js';
import type { LogDestination } from './log-handler.js';
import { LEVEL_NUMBERS } from './log-entry.js';
import { recordOf } from './log-record.js';
import { LoggerTree } from './logger-tree.js';
import type { EffectiveLogger, LoggerNode } from './logger-tree.js';
import { redactFields } from './redaction.js';
import { FileSink } from './sinks/file-sink.js';
import type { LogSink } from './sinks/log-sink.js';
import { StreamSink } from './sinks/stream-sink.js';

/** Characters of one part of a logger's name. */
const LONGEST_NAME = 200;

export type LogTarget = 'stdout' | 'stderr' | { readonly file: string };

export interface PinoLoggerOptions {
  /** Default stdout. */
  readonly target?: LogTarget;
  /** Default text, as the Python daemons write it. */
  readonly format?: 'text' | 'json';
  /** Default info. */
  readonly level?: LogLevel;
  /** Levels of single loggers and all below them, by dotted name. */
  readonly levels?: ReadonlyMap<string, LogLevel>;
  /** Name of the topmost logger; default nodepool. */
  readonly name?: string;
  /** Milliseconds since the epoch, for tests. */
  readonly now?: () => number;
}

/** What all loggers of one log share. */
interface Log {
  readonly tree: LoggerTree;
  readonly handlers: readonly LogHandler[];
  readonly now: () => number;
}

/** The log of a daemon or of a command. Each line is handed to the system before the call returns, if it takes it. */
export class PinoLogger implements Logger {
  private readonly effective: EffectiveLogger;
  private readonly stacks: boolean;

  private constructor(
    private readonly log: Log,
    private readonly name: string,
    private readonly fields: LogFields,
  ) {
    this.effective = log.tree.get(name);
    this.stacks = this.effective.level <= LEVEL_NUMBERS.debug;
  }

  /** @throws the system's error if the file cannot be opened */
  static open(options: PinoLoggerOptions = {}): PinoLogger {
    const { target = 'stdout', format = 'text', level = 'info', levels = new Map<string, LogLevel>() } = options;
    const formatter = format === 'json' ? new JsonFormatter() : new MultiLineFormatter({ format: DEFAULT_FORMAT });
    const handler = new LogHandler({ threshold: 0, filters: [], formatter, sink: sinkOf(target) });
    const nodes = new Map<string, LoggerNode>([['', nodeOf(level, [handler])]]);
    for (const [name, own] of levels) nodes.set(name, nodeOf(own, []));
    const log = { tree: new LoggerTree(nodes), handlers: [handler], now: options.now ?? Date.now };
    return new PinoLogger(log, options.name ?? 'nodepool', {});
  }

  /** The log that a logging configuration describes. */
  static configured(config: LogConfig, now: () => number = Date.now): PinoLogger {
    const log = { tree: new LoggerTree(config.loggers), handlers: config.handlers, now };
    return new PinoLogger(log, 'nodepool', {});
  }

  get debugs(): boolean {
    return this.effective.level <= LEVEL_NUMBERS.debug && this.effective.handlers.length > 0;
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
    const own = visible(cutText(name, LONGEST_NAME));
    return new PinoLogger(this.log, `${this.name}.${own}`, { ...this.fields, ...fields });
  }

  /** Where the lines of this logger end up, for those who must write past it. */
  get destinations(): readonly LogDestination[] {
    return this.effective.handlers.flatMap(({ destination }) => destination ?? []);
  }

  /** Writes what a slow reader has left waiting. For the end of the process; may wait for a moment. */
  flushNow(): void {
    for (const handler of this.log.handlers) handler.flushNow();
  }

  /** Writes what is left and closes the log for all of its loggers. Idempotent. */
  close(): void {
    for (const handler of this.log.handlers) handler.close();
  }

  private entry(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (LEVEL_NUMBERS[level] < this.effective.level || this.effective.handlers.length === 0) return;
    const all = redactFields({ ...this.fields, ...fields });
    const record = recordOf({ time: this.log.now(), level, name: this.name, message, fields: all }, this.stacks);
    for (const handler of this.effective.handlers) handler.handle(record);
  }
}

function nodeOf(level: LogLevel, handlers: readonly LogHandler[]): LoggerNode {
  return { level: LEVEL_NUMBERS[level], handlers, propagate: true, filters: [] };
}

function sinkOf(target: LogTarget): LogSink {
  if (typeof target === 'object') return new FileSink({ file: target.file });
  return new StreamSink(target === 'stderr' ? 2 : 1);
}
