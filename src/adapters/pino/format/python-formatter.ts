import type { LogRecord } from '../log-record.js';
import { braceStyle } from './brace-style.js';
import { dollarStyle } from './dollar-style.js';
import type { CompiledFormat } from './format-part.js';
import { render } from './format-part.js';
import { percentStyle } from './percent-style.js';
import { strftime } from './strftime.js';

/** Turns a record into the text of its line, without the end of the line. */
export interface RecordFormatter {
  format(record: LogRecord): string;
}

export type FormatStyle = '%' | '{' | '$';

const COMPILERS: Readonly<Record<FormatStyle, (format: string) => CompiledFormat>> = {
  '%': percentStyle,
  '{': braceStyle,
  $: dollarStyle,
};
const MESSAGE_ONLY: Readonly<Record<FormatStyle, string>> = { '%': '%(message)s', '{': '{message}', $: '${message}' };

export interface PythonFormatterOptions {
  /** Default: the message alone. */
  readonly format?: string | undefined;
  /** For `strftime`; default ISO 8601 with a comma and milliseconds. */
  readonly datefmt?: string | undefined;
  readonly style?: FormatStyle | undefined;
}

/** What Python's `logging.Formatter` does. */
export class PythonFormatter implements RecordFormatter {
  private readonly compiled: CompiledFormat;
  private readonly datefmt: string | undefined;
  private second = NaN;
  private stamp = '';

  /** @throws FormatError if the format cannot be used */
  constructor({ format, datefmt, style = '%' }: PythonFormatterOptions = {}) {
    this.compiled = COMPILERS[style](format || MESSAGE_ONLY[style]);
    this.datefmt = datefmt || undefined;
  }

  format(record: LogRecord): string {
    const text = this.line(record);
    if (record.excText === null) return text;
    return text.endsWith('\n') ? text + record.excText : `${text}\n${record.excText}`;
  }

  /** The line alone, without what is printed below the message. */
  line(record: LogRecord): string {
    return render(this.compiled, record, this.compiled.usesTime ? this.time(record.created) : '');
  }

  private time(created: number): string {
    const second = Math.floor(created / 1000);
    // Within a second the text stays the same.
    if (second !== this.second) {
      this.second = second;
      this.stamp = strftime(this.datefmt ?? '%Y-%m-%d %H:%M:%S', new Date(created));
    }
    return this.datefmt === undefined
      ? `${this.stamp},${String(created - second * 1000).padStart(3, '0')}`
      : this.stamp;
  }
}
