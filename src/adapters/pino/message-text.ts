import { cutText, visible, visibleJson } from '../../domain/presentation/visible-text.js';
import { errorMessage, errorStack } from './error-text.js';
import type { LogEntry } from './log-entry.js';
import { redactText } from './redaction.js';

/** Fields that tell what a line is about stand before the message (spec BUILDER 3.6). */
const ANNOTATIONS: readonly (readonly [field: string, label: string])[] = [
  ['eventId', 'e'],
  ['request', 'node_request'],
  ['node', 'node'],
];
/** Characters of an annotation, which is an id, of a line of a message, and of all its lines. */
const LONGEST_ANNOTATION = 200;
const LONGEST_LINE = 4000;
const LONGEST_MESSAGE = 100_000;
const ANNOTATED = new Set(ANNOTATIONS.map(([field]) => field));

/** The line without its prefix: what it is about, the message, the facts, and what errors say unless their stacks follow. */
export function messageText(entry: LogEntry, stacks: boolean): string {
  const tail = stacks ? '' : errorsOf(entry).map((error) => `: ${errorMessage(error)}`);
  return [annotations(entry), text(redactText(cutText(entry.message, LONGEST_MESSAGE))), facts(entry), ...tail].join(
    '',
  );
}

/** What is written by others shows as escapes; the lines of a longer text stay lines. */
function text(message: string): string {
  return visible(message, '\n')
    .split('\n')
    .map((line) => cutText(line, LONGEST_LINE))
    .join('\n');
}

/** The stacks of the errors that come with the line; null without errors. */
export function stackText(entry: LogEntry): string | null {
  const errors = errorsOf(entry);
  return errors.length > 0 ? errors.map(errorStack).join('\n') : null;
}

function errorsOf({ fields }: LogEntry): readonly Error[] {
  return Object.values(fields).filter((value) => value instanceof Error);
}

function annotations({ fields }: LogEntry): string {
  return ANNOTATIONS.filter(([field]) => isText(fields[field]))
    .map(([field, label]) => `[${label}: ${visible(cutText(String(fields[field]), LONGEST_ANNOTATION))}] `)
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
  return visibleJson(JSON.stringify(value) ?? String(value));
}
