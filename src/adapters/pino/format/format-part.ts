import type { LogRecord } from '../log-record.js';
import type { Attribute } from './record-attributes.js';
import { ATTRIBUTES } from './record-attributes.js';

/** A piece of a format: fixed text, or what stands for an attribute of the record. */
export type FormatPart = string | ((record: LogRecord, asctime: string) => string);

export interface CompiledFormat {
  readonly parts: readonly FormatPart[];
  readonly usesTime: boolean;
}

/** @throws FormatError if records have no such attribute */
export function attribute(name: string): Attribute {
  const found = ATTRIBUTES.get(name);
  if (found) return found;
  throw new FormatError(`log records have no ${name}; there are ${[...ATTRIBUTES.keys()].join(', ')}`);
}

export function render({ parts }: CompiledFormat, record: LogRecord, asctime: string): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : part(record, asctime);
  return text;
}

/** A format (of lines or of times) that cannot be used. The message says why; the reader of the configuration adds where. */
export class FormatError extends Error {
  readonly code = 'NP_LOG_FORMAT';
  override readonly name = 'FormatError';
}
