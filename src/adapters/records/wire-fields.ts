/**
 * Tables of fields: one line per key on the wire, in the order in which it is written.
 *
 * A key that is missing takes its default. A key of the wrong type takes its default too and its value is kept in `extra`, so
 * that a write of ours does not destroy what a foreign driver put there (an `external_id` that is an object, say).
 */
import { formatPythonJson, PythonFloat } from './python-json.js';
import type { Original, Pair } from './original.js';
import { encodeText, isObject, type WireObject } from './record-codec.js';

/** Answers undefined if the value is of the wrong type. */
export type FieldReader<V> = (raw: unknown) => V | undefined;

export interface WireField<T> {
  readonly wire: string;
  decode(raw: unknown, into: Partial<T>): boolean;
  encode(value: T): unknown;
  isDefault(value: T): boolean;
  /** Is it the very value of the other one? */
  isSame(value: T, other: T): boolean;
}

export function field<T, K extends keyof T>(
  wire: string,
  key: K,
  read: FieldReader<T[K]>,
  fallback: T[K],
  write: (value: T[K]) => unknown = (value) => value,
): WireField<T> {
  return {
    wire,
    decode(raw, into) {
      const value = raw === undefined ? fallback : read(raw);
      into[key] = value === undefined ? fallback : value;
      return value !== undefined;
    },
    encode: (value) => write(value[key]),
    isDefault: (value) => value[key] === fallback || (isEmptyList(value[key]) && isEmptyList(fallback)),
    isSame: (value, other) => value[key] === other[key],
  };
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** All keys that do not belong into `extra`. `handled`: those that the codec reads itself or that must never be written. */
export function knownKeys<T>(fields: readonly WireField<T>[], handled: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...handled, ...fields.map((each) => each.wire)]);
}

/**
 * Reads the fields into `values`. If that has the keys already, with defaults, it stays an object that the engine stores and reads
 * quickly; an object that gets dozens of keys one by one does not, and ten thousand of those are felt.
 */
export function decodeFields<T, V extends Partial<T>>(
  object: WireObject,
  fields: readonly WireField<T>[],
  known: ReadonlySet<string>,
  values: V,
): { readonly values: V; readonly extra: Readonly<Record<string, unknown>> } {
  const extra = Object.entries(object).filter(([key]) => !known.has(key));
  for (const each of fields) {
    const raw = object[each.wire];
    if (!each.decode(raw, values)) extra.push([each.wire, raw]);
  }
  return { values, extra: extra.length === 0 ? NOTHING : Object.fromEntries(extra) };
}

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});

/** What every record with a state begins with. */
export function statePairs<T extends { readonly state: string; readonly stateTime: number }>(
  { state, stateTime }: T,
  original: Original<T> | undefined,
): readonly Pair[] {
  const time = new PythonFloat(stateTime);
  const sameTime = stateTime === original?.value.stateTime;
  return [
    ['state', state],
    ['state_time', sameTime ? original.kept('state_time', time, false) : time],
  ];
}

/** The pairs to write for the fields: the value, or what was found there if it was of the wrong type and is still unset. */
export function encodeFields<T extends { readonly extra: WireObject }>(
  value: T,
  fields: readonly WireField<T>[],
  original: Original<T> | undefined,
): readonly Pair[] {
  return fields.map((each) => {
    const keep = Object.hasOwn(value.extra, each.wire) && each.isDefault(value);
    const encoded = keep ? value.extra[each.wire] : each.encode(value);
    const same = original !== undefined && each.isSame(value, original.value);
    return [each.wire, same ? original.kept(each.wire, encoded, keep) : encoded] as const;
  });
}

/**
 * Known pairs and what we do not know, without the keys that must not be written. Over an original its order and its bytes are kept where
 * nothing was changed; else the known come first.
 */
export function writeObject(
  known: readonly Pair[],
  extra: WireObject,
  forbidden: ReadonlySet<string>,
  original: Original<unknown> | undefined,
): Uint8Array {
  const taken = new Set(known.map(([key]) => key));
  const rest = Object.entries(extra).filter(([key]) => !taken.has(key) && !forbidden.has(key));
  const pairs = [...known, ...rest];
  return encodeText(original ? original.rewrite(new Map(pairs)) : formatPythonJson(Object.fromEntries(pairs)));
}

export const text: FieldReader<string | null> = (raw) => (raw === null || typeof raw === 'string' ? raw : undefined);

export const finite: FieldReader<number | null> = (raw) =>
  raw === null || (typeof raw === 'number' && Number.isFinite(raw)) ? raw : undefined;

export const anything: FieldReader<unknown> = (raw) => raw;

export const object: FieldReader<WireObject | null> = (raw) => (raw === null || isObject(raw) ? raw : undefined);

/** Lists are never null for readers in Python, so nothing of a wrong type is kept: it becomes a list of the texts in it. */
export const texts: FieldReader<readonly string[]> = (raw) => {
  if (typeof raw === 'string') return [raw];
  return Array.isArray(raw) ? raw.filter((item): item is string => typeof item === 'string') : [];
};
