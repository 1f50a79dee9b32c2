import { JsonFormatter } from './format/json-formatter.js';
import type { RecordFormatter } from './format/python-formatter.js';
import type { LogRecord } from './log-record.js';
import type { LogSink } from './sinks/log-sink.js';

export interface LogDestination {
  readonly to: 1 | 2 | string;
  readonly json: boolean;
}

export interface LogHandlerOptions {
  /** Records below are not for this handler; Python's numbers. */
  readonly threshold: number;
  /** Names of loggers; a record passes each of them when its logger is that one or below it. */
  readonly filters: readonly string[];
  readonly formatter: RecordFormatter;
  /** Null: the records go nowhere. */
  readonly sink: LogSink | null;
}

/** Which records go where, in which form. */
export class LogHandler {
  constructor(private readonly options: LogHandlerOptions) {}

  /** Where the lines end up, and whether they are JSON; null: nowhere. */
  get destination(): LogDestination | null {
    const { sink, formatter } = this.options;
    return sink && { to: sink.destination, json: formatter instanceof JsonFormatter };
  }

  handle(record: LogRecord): void {
    const { threshold, filters, formatter, sink } = this.options;
    if (!sink || record.levelno < threshold || !filters.every((name) => isWithin(record.name, name))) return;
    sink.write(`${formatter.format(record)}\n`, record.created);
  }

  flushNow(): void {
    this.options.sink?.flushNow();
  }

  close(): void {
    this.options.sink?.close();
  }
}

/** Is that logger the one named, or below it? The empty name is above all. */
export function isWithin(logger: string, name: string): boolean {
  return name === '' || logger === name || logger.startsWith(`${name}.`);
}
