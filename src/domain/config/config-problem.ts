/** What is wrong with a configuration, where, and how to mend it. Never carries values of the secure file. */
export type KeyPath = readonly (string | number)[];

export interface ConfigProblem {
  /** The file as it was named to us. */
  readonly file: string;
  /** Counted from 1; null when the problem is the file as a whole. */
  readonly line: number | null;
  readonly column: number | null;
  /** E.g. `providers[0].pools[1].labels[2].min-ram`; empty for the file as a whole. */
  readonly keyPath: string;
  readonly message: string;
  /** What to do about it; may be empty. */
  readonly hint: string;
  readonly severity: 'error' | 'warning';
}

/** A configuration that cannot be used. `problems` holds every error found, in the order of the file's sections. */
export class ConfigError extends Error {
  readonly code = 'NP_CONFIG';
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'));
  }
}

/** `nodepool.yaml:12:5: providers[0].max-server: unknown key; did you mean max-servers?` */
export function formatProblem(problem: ConfigProblem): string {
  return formatted(problem, '');
}

/** The same for a place where errors stand as well. */
export function formatWarning(problem: ConfigProblem): string {
  return formatted(problem, 'warning: ');
}

function formatted(problem: ConfigProblem, kind: string): string {
  const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}:${problem.column ?? 1}`;
  const path = problem.keyPath === '' ? '' : `${problem.keyPath}: `;
  const hint = problem.hint === '' ? '' : `; ${problem.hint}`;
  return `${place}: ${kind}${path}${problem.message}${hint}`;
}

/** Dots between keys, brackets around numbers and around keys that would be misread. */
export function formatKeyPath(path: KeyPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
