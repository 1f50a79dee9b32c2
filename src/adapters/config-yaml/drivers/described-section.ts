/** Sections whose keys are described by values instead of decorators: those that drivers from outside add. */
import type {
  KeyDescription,
  KeyKind,
  SectionCheck,
  SectionDescription,
} from '../../../domain/config/driver-config-schema.js';
import type { ProblemSink } from '../../../domain/config/driver-schema.js';
import type { SectionClass } from '../schema-key.js';
import { Key, schemaKeys } from '../schema-key.js';
import type { ValueFault, ValueKind } from '../value-kinds.js';
import {
  amount,
  flag,
  freeMap,
  freeMaps,
  integer,
  integerMap,
  isRecord,
  port,
  seconds,
  text,
  textList,
  textMap,
} from '../value-kinds.js';

const KINDS: Readonly<Record<KeyKind, ValueKind<unknown>>> = {
  text,
  integer,
  number: amount,
  flag,
  port,
  seconds,
  'text-list': textList,
  'text-map': textMap,
  'integer-map': integerMap,
  map: freeMap,
  'map-list': freeMaps,
};

/** What a key of a label may stand for. */
const PROPERTIES: ReadonlySet<unknown> = new Set(['instance-properties', 'dynamic-instance-properties']);

/** Names that JavaScript has given a meaning to. */
const FORBIDDEN = new Set(['constructor', 'prototype', 'name']);

/** Where the values of described keys wait in an instance, out of the way of its own properties. */
function propertyOf(key: string): string {
  return `driver:${key}`;
}

/** A section with the keys of `base` and the described ones. @throws Error naming what is wrong with the description */
export function describedSection<T extends object>(
  base: SectionClass<T>,
  where: string,
  description: SectionDescription | undefined,
): SectionClass<T> {
  const section = class extends (base as SectionClass) {} as SectionClass<T>;
  const taken = schemaKeys(base);
  for (const [key, spec] of Object.entries(description ?? {})) {
    const fault = faultOf(key, spec, taken);
    if (fault !== undefined) throw new Error(`configSchema.${where}.${key}: ${fault}`);
    Key(key, kindOf(spec))(section.prototype as object, propertyOf(key));
  }
  return section;
}

/** The values of the described keys, defaults filled in. Reports what is missing. */
export function describedValues(
  section: object,
  raw: Readonly<Record<string, unknown>>,
  description: SectionDescription | undefined,
  problems: ProblemSink,
): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(description ?? {})) {
    const value: unknown = Reflect.get(section, propertyOf(key)) ?? spec.default;
    if (value !== undefined) values[key] = value;
    // A value that does not fit has been reported already.
    else if (spec.required && !(key in raw)) {
      problems.report([key], 'required key not provided', { hint: spec.about });
    }
  }
  return values;
}

/** The values of the described keys that stand in the section and fit. */
export function presentValues(
  section: object,
  description: SectionDescription | undefined,
): Readonly<Record<string, unknown>> {
  const values = Object.keys(description ?? {}).map((key): [string, unknown] => [
    key,
    Reflect.get(section, propertyOf(key)),
  ]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** Reports what the driver finds wrong with keys together; a check that breaks is reported as well. */
export function reportTogether(
  check: SectionCheck | undefined,
  values: Readonly<Record<string, unknown>>,
  problems: ProblemSink,
): void {
  try {
    for (const { key, problem, mend } of check?.(values) ?? []) {
      const details = mend === undefined ? {} : { hint: String(mend) };
      problems.report([String(key)], String(problem), details);
    }
  } catch {
    problems.report([], 'the driver cannot check this section', { hint: "report it to the driver's author" });
  }
}

function faultOf(key: string, spec: unknown, taken: ReadonlyMap<string, unknown>): string | undefined {
  if (!/^[a-z][a-z0-9-]*$/.test(key) || FORBIDDEN.has(key)) return 'keys are lower-case letters, digits and dashes';
  if (taken.has(key)) return 'all providers have this key; it cannot be described again';
  if (!isRecord(spec)) return 'a description is an object with kind and about';
  return descriptionFault(spec);
}

function descriptionFault(spec: Readonly<Record<string, unknown>>): string | undefined {
  const { kind, about, choices, as: meaning } = spec;
  if (typeof kind !== 'string' || !(kind in KINDS)) return `kind is one of ${Object.keys(KINDS).join(', ')}`;
  if (typeof about !== 'string' || about === '') return 'about says what the key is for';
  if (choices !== undefined && (kind !== 'text' || !Array.isArray(choices))) return 'choices is a list, for text only';
  return meaningFault(kind, meaning) ?? defaultFault(spec as unknown as KeyDescription);
}

function defaultFault(spec: KeyDescription): string | undefined {
  if (spec.default === undefined) return undefined;
  const [fault] = kindOf(spec).check(spec.default);
  return fault && `default: ${fault.message}`;
}

function meaningFault(kind: string, meaning: unknown): string | undefined {
  if (meaning === undefined || (kind === 'text-map' && PROPERTIES.has(meaning))) return undefined;
  return `as is one of ${[...PROPERTIES].join(', ')}, for text-map only`;
}

function kindOf(spec: KeyDescription): ValueKind<unknown> {
  const kind = KINDS[spec.kind];
  const check = (value: unknown): readonly ValueFault[] => {
    const faults = kind.check(value);
    if (faults.some(({ severity }) => severity === 'error')) return faults;
    const fault = rangeFault(spec, kind.convert(value));
    return fault === undefined ? faults : [...faults, { path: [], message: fault, severity: 'error' }];
  };
  return { ...kind, check, convert: (value) => kind.convert(value) };
}

/** Names what is allowed, never the value: it may be a secret that stands at the wrong key. */
function rangeFault({ choices, minimum, maximum }: KeyDescription, value: unknown): string | undefined {
  if (choices && !choices.includes(String(value))) return `expected one of ${choices.join(', ')}`;
  if (typeof value !== 'number') return undefined;
  if (minimum !== undefined && value < minimum) return `expected ${minimum} or more`;
  if (maximum !== undefined && value > maximum) return `expected ${maximum} or less`;
  return undefined;
}
