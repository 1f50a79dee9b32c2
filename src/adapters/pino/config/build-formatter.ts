import { FormatError } from '../format/format-part.js';
import { JsonFormatter } from '../format/json-formatter.js';
import { MultiLineFormatter } from '../format/multi-line-formatter.js';
import type { FormatStyle, PythonFormatterOptions, RecordFormatter } from '../format/python-formatter.js';
import { PythonFormatter } from '../format/python-formatter.js';
import type { FormatterDraft } from './log-config-draft.js';

type Make = (options: PythonFormatterOptions) => RecordFormatter;

const CLASSES: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['logging.Formatter', (options) => new PythonFormatter(options)],
  // The original's own, since 4.1.
  ['nodepool.logconfig.MultiLineFormatter', (options) => new MultiLineFormatter(options)],
  ['nodepool.JsonFormatter', () => new JsonFormatter()],
]);

/** @throws LogConfigError */
export function buildFormatter({ spot, className, format, datefmt, style }: FormatterDraft): RecordFormatter {
  const make = CLASSES.get(className ?? 'logging.Formatter');
  if (!make)
    return spot.fail('class', `${className ?? ''} is not supported; there are ${[...CLASSES.keys()].join(', ')}`);
  if (!isStyle(style)) return spot.fail('style', `${style}: expected %, { or $`);
  try {
    return make({ format, datefmt, style });
  } catch (error) {
    if (error instanceof FormatError) return spot.fail('format', error.message);
    throw error;
  }
}

function isStyle(style: string): style is FormatStyle {
  return ['%', '{', '$'].includes(style);
}
