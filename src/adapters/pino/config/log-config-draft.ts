import type { Spot } from './log-config-error.js';

/** What both kinds of configuration files say, before anything is opened. */
export interface LogConfigDraft {
  readonly formatters: ReadonlyMap<string, FormatterDraft>;
  /** Names of loggers by the name of the filter. */
  readonly filters: ReadonlyMap<string, string>;
  readonly handlers: ReadonlyMap<string, HandlerDraft>;
  /** By dotted name; the root's is empty. */
  readonly loggers: ReadonlyMap<string, LoggerDraft>;
  readonly warnings: readonly string[];
}

export interface FormatterDraft {
  readonly spot: Spot;
  readonly className: string | null;
  readonly format: string | undefined;
  readonly datefmt: string | undefined;
  readonly style: string;
}

/** A number, a name, or null for what is not said. */
export type LevelDraft = string | number | null;

export interface HandlerDraft {
  readonly spot: Spot;
  readonly className: string;
  readonly level: LevelDraft;
  readonly formatter: string | null;
  readonly filters: readonly string[];
  /** Arguments of the class by name; a list: by position. */
  readonly options: ReadonlyMap<string, OptionValue>;
  readonly positional: readonly OptionValue[];
}

export interface LoggerDraft {
  readonly spot: Spot;
  readonly level: LevelDraft;
  readonly handlers: readonly string[];
  readonly filters: readonly string[];
  readonly propagate: boolean;
}

/** A plain value, or what a name of Python's stands for (`sys.stdout`). */
export type OptionValue = string | number | boolean | null | PythonName | readonly OptionValue[] | OptionMap;

export interface OptionMap {
  readonly dictionary: ReadonlyMap<string, OptionValue>;
}

export interface PythonName {
  readonly python: string;
}
