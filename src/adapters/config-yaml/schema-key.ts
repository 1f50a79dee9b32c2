/**
 * Decorators that declare the keys of a section of the configuration. Each wires a key's YAML name (class-transformer) and its
 * check (class-validator), and keeps a list of the known keys, which the two packages do not offer.
 */
import { Expose, Transform, Type } from 'class-transformer';
import type { ValidationArguments } from './class-validator.js';
import { ValidateBy, ValidateNested } from './class-validator.js';
import type { ValueKind } from './value-kinds.js';

export type SectionClass<T extends object = object> = new () => T;

export interface SchemaKey {
  /** As in YAML. */
  readonly name: string;
  readonly property: string;
  readonly required: boolean;
  /** Nobody else uses it: a wrong value is no reason for others not to start. */
  readonly builderOnly: boolean;
  readonly kind: ValueKind<unknown> | null;
  readonly nested: { readonly section: () => SectionClass; readonly list: boolean } | null;
}

const declared = new WeakMap<object, SchemaKey[]>();

const complete = new WeakMap<SectionClass, ReadonlyMap<string, SchemaKey>>();

/** The keys of a section by their YAML names, inherited ones included. */
export function schemaKeys(section: SectionClass): ReadonlyMap<string, SchemaKey> {
  const known = complete.get(section);
  if (known) return known;
  const keys = new Map<string, SchemaKey>();
  const prototype = section.prototype as object;
  for (let level: object | null = prototype; level; level = Object.getPrototypeOf(level) as object | null) {
    for (const key of declared.get(level) ?? []) if (!keys.has(key.name)) keys.set(key.name, key);
  }
  complete.set(section, keys);
  return keys;
}

/** The keys that a section declares itself, in the order of its source. */
export function ownSchemaKeys(section: SectionClass): readonly SchemaKey[] {
  return declared.get(section.prototype as object) ?? [];
}

export function schemaKeyOf(section: SectionClass, property: string): SchemaKey | undefined {
  return [...schemaKeys(section).values()].find((key) => key.property === property);
}

function declare(target: object, key: SchemaKey): void {
  const keys = declared.get(target) ?? [];
  keys.push(key);
  declared.set(target, keys);
}

/** class-transformer copies whatever objects it meets and trips over keys such as `constructor`: they travel in a box. */
export function boxed(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? () => value : value;
}

function unboxed(value: unknown): unknown {
  return typeof value === 'function' ? (value as () => unknown)() : value;
}

export const REQUIRED = 'required';
export const KIND = 'kind';

/** A key with a value of some kind. */
export function Key(name: string, kind: ValueKind<unknown>): PropertyDecorator {
  return plainKey(name, kind, { required: false, builderOnly: false });
}

/** A key that only the builder uses. */
export function BuilderKey(name: string, kind: ValueKind<unknown>): PropertyDecorator {
  return plainKey(name, kind, { required: false, builderOnly: true });
}

function plainKey(
  name: string,
  kind: ValueKind<unknown>,
  { required, builderOnly }: Pick<SchemaKey, 'required' | 'builderOnly'>,
): PropertyDecorator {
  return (target, property) => {
    declare(target, { name, property: String(property), required, builderOnly, kind, nested: null });
    Expose({ name })(target, property);
    Transform(({ value }) => unboxed(value))(target, property);
    ValidateBy({
      name: KIND,
      validator: { validate: (value: unknown) => value === undefined || kind.check(value).length === 0 },
    })(target, property);
  };
}

/** A key that must be there. */
export function RequiredKey(name: string, kind: ValueKind<unknown>): PropertyDecorator {
  return (target, property) => {
    plainKey(name, kind, { required: true, builderOnly: false })(target, property);
    ValidateBy({
      name: REQUIRED,
      validator: {
        validate: (value: unknown) => value !== undefined,
        defaultMessage: (_args?: ValidationArguments) => 'required key not provided',
      },
    })(target, property);
  };
}

/** A key whose value is a section of its own. */
export function Section(name: string, section: () => SectionClass): PropertyDecorator {
  return nestedKey(name, section, false);
}

/** A key whose value is a list of sections. */
export function SectionList(name: string, section: () => SectionClass): PropertyDecorator {
  return nestedKey(name, section, true);
}

function nestedKey(name: string, section: () => SectionClass, list: boolean): PropertyDecorator {
  return (target, property) => {
    declare(target, {
      name,
      property: String(property),
      required: false,
      builderOnly: false,
      kind: null,
      nested: { section, list },
    });
    Expose({ name })(target, property);
    Type(section)(target, property);
    ValidateNested(list ? { each: true } : {})(target, property);
  };
}
