/** A logging configuration that cannot be used. The message names file, line, key, and the hint. */
export class LogConfigError extends Error {
  readonly code = 'NP_LOG_CONFIG';
  override readonly name = 'LogConfigError';
}

/** A part of a configuration file, which knows where its settings stand. */
export interface Spot {
  /** @param key one of the part's settings; null for the part itself. @throws LogConfigError always */
  fail(key: string | null, problem: string): never;
  /** The same words for a warning. */
  tell(key: string | null, problem: string): string;
}

/** @param lineOf the line of one of the part's settings, or of the part itself @param path of the part */
export function spotIn(file: string, path: string, lineOf: (key: string | null) => number): Spot {
  const tell = (key: string | null, problem: string): string => {
    const name = [path, key].filter((part) => part !== null && part !== '').join('.');
    return `${file}:${lineOf(key)}: ${name === '' ? '' : `${name}: `}${problem}`;
  };
  return {
    tell,
    fail: (key, problem) => {
      throw new LogConfigError(tell(key, problem));
    },
  };
}
