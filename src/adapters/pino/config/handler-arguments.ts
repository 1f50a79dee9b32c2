import path from 'node:path';
import type { OptionValue } from './log-config-draft.js';
import type { Spot } from './log-config-error.js';

/** The arguments of a handler's class by name. All readers throw LogConfigError. */
export class HandlerArguments {
  constructor(
    private readonly spot: Spot,
    private readonly values: ReadonlyMap<string, OptionValue>,
    /** Where an argument stands: its own key, or `args`. */
    private readonly keyOf: (name: string) => string | null,
  ) {}

  file(name: string): string {
    const value = this.values.get(name);
    if (typeof value === 'string' && value !== '') return path.resolve(value);
    return this.fail(name, value === undefined ? 'is missing' : 'expected the name of a file');
  }

  mode(name: string): 'a' | 'w' {
    const value = this.values.get(name) ?? 'a';
    return value === 'a' || value === 'w' ? value : this.fail(name, "expected 'a' (append) or 'w' (empty it first)");
  }

  flag(name: string): boolean {
    const value = this.values.get(name) ?? false;
    if (typeof value === 'boolean') return value;
    return value === 0 || value === 1 ? value === 1 : this.fail(name, 'expected true or false');
  }

  count(name: string, fallback: number): number {
    const value = this.values.get(name) ?? fallback;
    return Number.isInteger(value) && Number(value) >= 0 ? Number(value) : this.fail(name, 'expected a whole number');
  }

  /** The case does not matter. */
  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.values.get(name) ?? fallback;
    const found = typeof value === 'string' ? choices.find((choice) => choice === value.toUpperCase()) : undefined;
    return found ?? this.fail(name, `expected one of ${choices.join(', ')}`);
  }

  encoding(name: string): void {
    const value = this.values.get(name) ?? 'utf-8';
    if (typeof value !== 'string' || !/^(utf[-_]?8|ascii|us-ascii)$/i.test(value))
      this.fail(name, 'logs are written in utf-8; leave it out');
  }

  /** The descriptor; Python's default is the standard error. */
  stream(name: string): 1 | 2 {
    const value = this.values.get(name) ?? { python: 'sys.stderr' };
    const named = typeof value === 'object' && 'python' in value ? value.python : undefined;
    if (named === 'sys.stdout') return 1;
    return named === 'sys.stderr' ? 2 : this.fail(name, 'expected sys.stdout or sys.stderr (ext://sys.stdout in YAML)');
  }

  mustBeAbsent(name: string, problem: string): void {
    if ((this.values.get(name) ?? null) !== null) this.fail(name, problem);
  }

  private fail(name: string, problem: string): never {
    const key = this.keyOf(name);
    return this.spot.fail(key, key === name ? problem : `${name}: ${problem}`);
  }
}
