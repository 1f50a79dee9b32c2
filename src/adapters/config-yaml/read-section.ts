/** Reads a plain YAML value into a schema class, reporting everything that does not fit. */
import { plainToInstance } from 'class-transformer';
import type { ValidationError } from './class-validator.js';
import { validateSync } from './class-validator.js';
import type { KeyPath } from '../../domain/config/config-problem.js';
import type { ProblemSink } from '../../domain/config/driver-schema.js';
import { nearestWord } from '../../domain/presentation/nearest-word.js';
import { below } from './problem-list.js';
import type { SchemaKey, SectionClass } from './schema-key.js';
import { boxed, KIND, REQUIRED, schemaKeyOf, schemaKeys } from './schema-key.js';
import { isRecord, typeName } from './value-kinds.js';

/** A section's instance, with where each of its nested sections stands in the file. */
export interface ReadSection<T> {
  readonly value: T;
  /** The path of a nested section, relative to this one. */
  pathOf(section: object): KeyPath;
}

export interface ReadOptions {
  /** Unknown keys are nobody's business (the secure file's rule). */
  readonly ignoreUnknownKeys?: boolean;
}

type Plain = Record<string, unknown>;

/**
 * Always answers an instance. Keys whose values do not fit are missing from it, also required ones; entries of lists that are no
 * maps are dropped. Whether that can be used is for `problems` to tell.
 */
export function readSection<T extends object>(
  section: SectionClass<T>,
  value: Readonly<Record<string, unknown>>,
  problems: ProblemSink,
  options: ReadOptions = {},
): ReadSection<T> {
  const places = new Places();
  const known = prune(section, value, problems, options, places);
  // Types are lost on the way: the instance is only as good as the validation that follows.
  const instance = plainToInstance(section, known, { excludeExtraneousValues: true });
  places.mark(section, instance, known);
  for (const error of validateSync(instance, { forbidUnknownValues: false })) report(error, places, problems);
  convert(section, instance);
  return { value: instance, pathOf: (nested) => places.of(nested) };
}

/** The known keys only. Scalars stay, nested sections are pruned likewise, other objects are boxed. */
function prune(
  section: SectionClass,
  value: Readonly<Record<string, unknown>>,
  problems: ProblemSink,
  options: ReadOptions,
  places: Places,
  path: KeyPath = [],
): Plain {
  const keys = schemaKeys(section);
  const here = below(problems, ...path);
  const kept: Plain = {};
  places.set(kept, path);
  for (const [name, content] of Object.entries(value)) {
    const key = keys.get(name);
    if (!key) {
      if (!options.ignoreUnknownKeys) reportUnknown(name, keys, here);
    } else if (content === null) {
      here.report([name], 'no value is given', { hint: 'leave the key out or give it a value', severity: 'strict' });
    } else if (!key.nested) kept[name] = boxed(content);
    else {
      const nested = pruneNested(key, content, problems, options, places, [...path, name]);
      if (nested !== undefined) kept[name] = nested;
    }
  }
  return kept;
}

function pruneNested(
  key: SchemaKey,
  content: unknown,
  problems: ProblemSink,
  options: ReadOptions,
  places: Places,
  path: KeyPath,
): unknown {
  if (!key.nested) return undefined;
  const section = key.nested.section();
  const one = (entry: unknown, at: KeyPath): Plain | undefined => {
    if (isRecord(entry)) return prune(section, entry, problems, options, places, at);
    problems.report(at, `expected a dictionary (a map of keys), found ${typeName(entry)}`);
    return undefined;
  };
  if (!key.nested.list) return one(content, path);
  if (!Array.isArray(content)) {
    problems.report(path, `expected a list, found ${typeName(content)}`);
    return undefined;
  }
  return content
    .map((entry: unknown, index) => one(entry, [...path, index]))
    .filter((entry): entry is Plain => entry !== undefined);
}

function reportUnknown(name: string, keys: ReadonlyMap<string, SchemaKey>, problems: ProblemSink): void {
  const nearest = nearestWord(name, keys.keys());
  const squeezed = keys.has(name.split(':')[0] ?? '') && 'a space is missing after the colon';
  const hint = squeezed || (nearest === undefined ? knownKeys(keys) : `did you mean ${nearest}?`);
  problems.report([name], 'unknown key', { hint, severity: 'strict', at: 'key' });
}

const wordings = new WeakMap<ReadonlyMap<string, SchemaKey>, string>();

function knownKeys(keys: ReadonlyMap<string, SchemaKey>): string {
  const known = wordings.get(keys) ?? `known keys: ${[...keys.keys()].sort().join(', ')}`;
  wordings.set(keys, known);
  return known;
}

/** Where sections stand: first by their pruned plain objects, then by their instances. */
class Places {
  private readonly paths = new WeakMap<object, KeyPath>();

  set(section: object, path: KeyPath): void {
    this.paths.set(section, path);
  }

  of(section: object): KeyPath {
    return this.paths.get(section) ?? [];
  }

  /** Carries the paths over from plain objects to the instances made of them. */
  mark(section: SectionClass, instance: object, plain: Plain): void {
    this.set(instance, this.of(plain));
    for (const key of schemaKeys(section).values()) {
      if (!key.nested) continue;
      const instances = asList(Reflect.get(instance, key.property));
      const plains = asList(plain[key.name]);
      for (const [index, nested] of instances.entries()) {
        const source = plains[index];
        if (isRecord(nested) && isRecord(source)) this.mark(key.nested.section(), nested, source);
      }
    }
  }
}

function asList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function report(error: ValidationError, places: Places, problems: ProblemSink): void {
  for (const child of error.children ?? []) report(child, places, problems);
  const { target, constraints } = error;
  if (!target || !constraints) return;
  const key = schemaKeyOf(target.constructor as SectionClass, error.property);
  if (!key) return;
  const path = [...places.of(target), key.name];
  const missing = constraints[REQUIRED];
  if (missing !== undefined) problems.report(path, missing);
  if (KIND in constraints && !passes(key, error.value, path, problems)) Reflect.set(target, key.property, undefined);
}

/** Tells what is wrong with a value; false if it cannot be used. */
function passes(key: SchemaKey, value: unknown, path: KeyPath, problems: ProblemSink): boolean {
  const faults = key.kind?.check(value) ?? [];
  for (const fault of faults) {
    const severity = key.builderOnly && fault.severity === 'error' ? 'builder' : fault.severity;
    problems.report([...path, ...fault.path], fault.message, { severity, hint: fault.hint ?? '' });
  }
  return !faults.some(({ severity }) => severity === 'error');
}

/** Turns the values that passed into what the properties promise. */
function convert(section: SectionClass, instance: object): void {
  for (const key of schemaKeys(section).values()) {
    const value: unknown = Reflect.get(instance, key.property);
    if (value === undefined) continue;
    if (key.kind) Reflect.set(instance, key.property, key.kind.convert(value));
    else for (const nested of asList(value)) if (isRecord(nested)) convert(key.nested?.section() ?? section, nested);
  }
}
