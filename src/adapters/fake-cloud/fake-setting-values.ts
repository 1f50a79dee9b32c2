import type { KeyPath } from '../../domain/config/config-problem.js';
import type { Resources } from '../../domain/model/quota.js';
import type { ProviderErrorKind } from '../../ports/compute/errors.js';
import { nearestWord } from '../../domain/presentation/nearest-word.js';
import type { FakeDuration } from './fake-knobs.js';

export const PROVIDER_ERROR_KINDS = [
  'quota',
  'capacity',
  'rate',
  'authentication',
  'not-found',
  'configuration',
  'transient',
] as const satisfies readonly ProviderErrorKind[];

/** A mistake below the key `fake`; the path goes from there. */
export interface FakeProblem {
  readonly path: KeyPath;
  readonly message: string;
}

/** Reads typed values from one map of the configuration. Mistakes go to the list of problems; an absent or wrong value is undefined. */
export class SettingsReader {
  private readonly map: Readonly<Record<string, unknown>>;
  private readonly known = new Set<string>();

  constructor(
    private readonly where: KeyPath,
    section: unknown,
    private readonly problems: FakeProblem[],
  ) {
    if (isMap(section)) this.map = section;
    else {
      this.map = {};
      problems.push({ path: where, message: `expected a map, got ${show(section)}` });
    }
  }

  number(key: string): number | undefined {
    return this.value(key, 'a number of at least 0', isAmount);
  }

  probability(key: string): number | undefined {
    return this.value(key, 'a number from 0 to 1', (value): value is number => isAmount(value) && value <= 1);
  }

  boolean(key: string): boolean | undefined {
    return this.value(key, 'true or false', (value) => typeof value === 'boolean');
  }

  text(key: string): string | undefined {
    return this.value(key, 'a text', (value) => typeof value === 'string');
  }

  texts(key: string): readonly string[] | undefined {
    return this.value(key, 'a list of texts', isTexts);
  }

  oneOf<const T extends string>(key: string, choices: readonly T[]): T | undefined {
    return this.value(key, `one of ${choices.join(', ')}`, (value): value is T => choices.some((one) => one === value));
  }

  amounts(key: string): Resources | undefined {
    return this.value(key, 'a map of numbers of at least 0', isAmounts);
  }

  /** Seconds, `{min, max}`, or `[shortest, longest]`. */
  duration(key: string): FakeDuration | undefined {
    const value = this.value(key, 'seconds, or {min, max}', isDuration);
    return Array.isArray(value) ? { min: value[0], max: value[1] } : value;
  }

  each<T>(key: string, read: (reader: SettingsReader) => T): readonly T[] | undefined {
    const list = this.value(key, 'a list', (value): value is unknown[] => Array.isArray(value));
    return list?.map((item, index) => {
      const reader = new SettingsReader([...this.where, key, index], item, this.problems);
      const result = read(reader);
      reader.refuseOthers();
      return result;
    });
  }

  readonly required = <T>(key: string, value: T | undefined): T | undefined => {
    if (value === undefined && !(key in this.map)) this.problem(key, 'required');
    return value;
  };

  /** Keys nobody asked for are mistakes. */
  refuseOthers(): void {
    for (const key of Object.keys(this.map)) {
      if (!this.known.has(key)) this.problem(key, this.nearest(key));
    }
  }

  private nearest(key: string): string {
    const meant = nearestWord(key, this.known);
    return meant === undefined ? 'unknown key' : `unknown key; did you mean ${meant}?`;
  }

  private problem(key: string, message: string): void {
    this.problems.push({ path: [...this.where, key], message });
  }

  private value<T>(key: string, expected: string, test: (value: unknown) => value is T): T | undefined {
    this.known.add(key);
    const value = this.map[key];
    if (value === undefined || value === null) return undefined;
    if (test(value)) return value;
    this.problem(key, `expected ${expected}, got ${show(value)}`);
    return undefined;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}

function isAmounts(value: unknown): value is Record<string, number> {
  return isMap(value) && Object.values(value).every(isAmount);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isDuration(value: unknown): value is number | [number, number] | { min: number; max: number } {
  if (Array.isArray(value)) return value.length === 2 && isRange(value[0], value[1]);
  if (!isMap(value)) return isAmount(value);
  return Object.keys(value).length === 2 && isRange(value['min'], value['max']);
}

function isRange(shortest: unknown, longest: unknown): boolean {
  return isAmount(shortest) && isAmount(longest) && shortest <= longest;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
