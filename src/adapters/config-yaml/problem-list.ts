import type { ConfigProblem, KeyPath } from '../../domain/config/config-problem.js';
import { formatKeyPath } from '../../domain/config/config-problem.js';
import type { ProblemDetails, ProblemSeverity, ProblemSink } from '../../domain/config/driver-schema.js';
import type { Place } from './yaml-locator.js';

/** What a problem list needs to know of a file. */
export interface LocatedFile {
  readonly file: string;
  readonly locate: (path: KeyPath, at: 'key' | 'value') => Place;
}

/** Who reads the configuration: what keeps one of them from working is nothing to another. */
export type ConfigReader = 'config-validate' | 'launcher' | 'builder' | 'all-in-one';

const ERRORS: Readonly<Record<ConfigReader, readonly ProblemSeverity[]>> = {
  'config-validate': ['error', 'strict', 'builder'],
  launcher: ['error', 'load'],
  builder: ['error', 'load', 'builder'],
  'all-in-one': ['error', 'load', 'builder'],
};

/** Gathers everything that is wrong with a configuration, in all of its files. */
export class ProblemList {
  private readonly found: ConfigProblem[] = [];
  private readonly keys = new Set<string>();

  constructor(private readonly reader: ConfigReader) {}

  get errors(): readonly ConfigProblem[] {
    return this.found.filter((problem) => problem.severity === 'error');
  }

  get warnings(): readonly ConfigProblem[] {
    return this.found.filter((problem) => problem.severity === 'warning');
  }

  /** A problem at a known place, or (`place` null) with the file as a whole. */
  add(file: string, place: Place | null, message: string, severity: ProblemSeverity = 'error', hint = ''): void {
    this.keep({ file, line: place?.line ?? null, column: place?.column ?? null, keyPath: '', message, hint }, severity);
  }

  /** A sink for one file, or for the part of it below `base`. */
  sink(file: LocatedFile, base: KeyPath = []): ProblemSink {
    return {
      report: (path: KeyPath, message: string, details: ProblemDetails = {}) => {
        const full = [...base, ...path];
        const { line, column } = file.locate(full, details.at ?? 'value');
        const keyPath = formatKeyPath(full);
        const hint = details.hint ?? '';
        this.keep({ file: file.file, line, column, keyPath, message, hint }, details.severity ?? 'error');
      },
    };
  }

  private keep(problem: Omit<ConfigProblem, 'severity'>, severity: ProblemSeverity): void {
    const { file, line, column, keyPath, message } = problem;
    const key = `${file}\n${line}\n${column}\n${keyPath}\n${message}`;
    if (this.keys.has(key)) return;
    this.keys.add(key);
    if (severity === 'note' && this.reader !== 'config-validate') return;
    this.found.push({ ...problem, severity: ERRORS[this.reader].includes(severity) ? 'error' : 'warning' });
  }
}

/** A sink for what lies below `base` in the section of another sink. */
export function below(sink: ProblemSink, ...base: KeyPath): ProblemSink {
  return { report: (path, message, details) => sink.report([...base, ...path], message, details) };
}
