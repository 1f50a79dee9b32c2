import type { LogRecord } from '../log-record.js';
import type { PythonFormatterOptions, RecordFormatter } from './python-formatter.js';
import { PythonFormatter } from './python-formatter.js';

export const DEFAULT_FORMAT = '%(asctime)s %(levelname)s %(name)s: %(message)s';

/** Each line of a longer message has the whole prefix, those after the first are indented by two spaces (spec BUILDER 3.6). */
export class MultiLineFormatter implements RecordFormatter {
  private readonly formatter: PythonFormatter;

  /** @throws FormatError if the format cannot be used */
  constructor(options: PythonFormatterOptions = {}) {
    this.formatter = new PythonFormatter(options);
  }

  format(record: LogRecord): string {
    const text = record.excText === null ? record.message : `${record.message}\n${record.excText}`;
    const [first = '', ...rest] = text.trimEnd().split(/\r?\n/);
    return [first, ...rest.map((line) => `  ${line}`)]
      .map((message) => this.formatter.line({ ...record, message }))
      .join('\n');
  }
}
