import { pino } from 'pino';
import type { Logger as Pino } from 'pino';
import { errorMessage, errorStack } from '../error-text.js';
import { cutText, visibleJson } from '../../../domain/presentation/visible-text.js';
import type { LogRecord } from '../log-record.js';
import { redactText } from '../redaction.js';
import type { RecordFormatter } from './python-formatter.js';

/** Characters. */
const LONGEST_MESSAGE = 20_000;

/** One JSON object per line: level, the fields of the entry, time (ISO 8601, UTC), name, message. */
export class JsonFormatter implements RecordFormatter {
  private line = '';
  private readonly lines: Pino;

  constructor() {
    const options = {
      level: 'debug',
      base: null,
      timestamp: false,
      messageKey: 'message',
      // Errors come as plain values already.
      serializers: { err: (value: unknown) => value },
      formatters: { level: (label: string) => ({ level: label }) },
    } as const;
    this.lines = pino(options, { write: (line: string) => (this.line = line) });
  }

  format({ entry, stacks }: LogRecord): string {
    const { time, level, name, message, fields } = entry;
    const shown = Object.entries(fields).map(([key, value]) => [fieldKey(key), showError(value, stacks)] as const);
    const reserved = { ...Object.fromEntries(shown), time: new Date(time).toISOString(), name };
    this.lines[level](reserved, redactText(cutText(message, LONGEST_MESSAGE)));
    return visibleJson(this.line.trimEnd());
  }
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
