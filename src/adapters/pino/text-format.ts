import { errorMessage, errorStack } from './error-text.js';
import type { LogEntry, LogLevel } from './log-entry.js';
import { redactText } from './redaction.js';

const LEVEL_NAMES: Readonly<Record<LogLevel, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
};

/** Fields that tell what a line is about stand before the message (spec BUILDER 3.6). */
const ANNOTATIONS: readonly (readonly [field: string, label: string])[] = [
  ['eventId', 'e'],
  ['request', 'node_request'],
  ['node', 'node'],
];
const ANNOTATED = new Set(ANNOTATIONS.map(([field]) => field));

/**
 * Lines as the Python daemons write them: `2019-02-26 16:00:35,123 INFO nodepool.launcher: message`, local time. Each line of a
 * longer message has the whole prefix, those after the first are indented by two spaces.
 * @param stacks print the stacks of errors, else their messages
 */
export function formatText(entry: LogEntry, stacks: boolean): string {
  const prefix = `${localTime(entry.time)} ${LEVEL_NAMES[entry.level]} ${entry.name}: `;
  const errors = Object.values(entry.fields).filter((value) => value instanceof Error);
  const tail = errors.map((error) => (stacks ? `\n${errorStack(error)}` : `: ${errorMessage(error)}`)).join('');
  const text = `${annotations(entry)}${redactText(entry.message)}${facts(entry)}${tail}`;
  const [first = '', ...rest] = text.replace(/\s+$/, '').split(/\r?\n/);
  return [`${prefix}${first}\n`, ...rest.map((line) => `${prefix}  ${line}\n`)].join('');
}

function annotations({ fields }: LogEntry): string {
  return ANNOTATIONS.filter(([field]) => isText(fields[field]))
    .map(([field, label]) => `[${label}: ${String(fields[field])}] `)
    .join('');
}

function facts({ fields }: LogEntry): string {
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined && !(value instanceof Error))
    .filter(([key, value]) => !(ANNOTATED.has(key) && isText(value)))
    .map(([key, value]) => `${key}=${show(value)}`);
  return shown.length > 0 ? ` (${shown.join(', ')})` : '';
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function show(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@+-]+$/.test(value)) return value;
  return JSON.stringify(value) ?? String(value);
}

function localTime(milliseconds: number): string {
  const time = new Date(milliseconds);
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  const clock = `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
  return `${date} ${clock},${pad(time.getMilliseconds(), 3)}`;
}
