import type { LogRecord } from '../log-record.js';
import { floatRepr } from './python-number.js';

/** What a format may name (Python's "LogRecord attributes"), and what kind of value it is. */
export type AttributeKind = 'text' | 'integer' | 'float';

export interface Attribute {
  readonly kind: AttributeKind;
  readonly of: (record: LogRecord, asctime: string) => string | number;
}

const STARTED = performance.timeOrigin;

const text = (of: (record: LogRecord, asctime: string) => string): Attribute => ({ kind: 'text', of });
const integer = (of: (record: LogRecord) => number): Attribute => ({ kind: 'integer', of });
const float = (of: (record: LogRecord) => number): Attribute => ({ kind: 'float', of });
const field = (name: string): Attribute =>
  text(({ entry }) => {
    const value = entry.fields[name];
    return typeof value === 'string' ? value : '';
  });

/** Python's own words for a caller that it cannot find: where a line comes from is not recorded here. */
const UNKNOWN_FILE = '(unknown file)';

export const ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map([
  ['name', text(({ name }) => name)],
  ['levelno', integer(({ levelno }) => levelno)],
  ['levelname', text(({ levelname }) => levelname)],
  ['pathname', text(() => UNKNOWN_FILE)],
  ['filename', text(() => UNKNOWN_FILE)],
  ['module', text(() => UNKNOWN_FILE)],
  ['lineno', integer(() => 0)],
  ['funcName', text(() => '(unknown function)')],
  ['created', float(({ created }) => created / 1000)],
  ['msecs', float(({ created }) => ((created % 1000) + 1000) % 1000)],
  ['relativeCreated', float(({ created }) => created - STARTED)],
  ['thread', integer(() => process.pid)],
  ['threadName', text(() => 'MainThread')],
  ['process', integer(() => process.pid)],
  ['processName', text(() => 'MainProcess')],
  ['asctime', text((_record, asctime) => asctime)],
  ['message', text(({ message }) => message)],
  // Beyond Python's: what the line is about, for formats that want it in a place of its own.
  ['event_id', field('eventId')],
  ['node_request_id', field('request')],
  ['node_id', field('node')],
]);

/** `str()` of the value. */
export function plain(kind: AttributeKind, value: string | number): string {
  return kind === 'float' ? floatRepr(Number(value)) : String(value);
}
