/** How a record's bytes become a value, and what may be wrong with them. */
import type { DamagedRecord, Stored } from '../../domain/model/stored.js';
import type { RecordStat, TreeRecord } from '../../ports/coordination/tree-store.js';
import { depthOf } from './json-members.js';
import { parsePythonJson } from './python-json.js';

export type Problem = DamagedRecord['problem'];

export interface Damage {
  readonly problem: Problem;
  readonly detail: string;
}

export type Decoded<T> = { readonly value: T } | Damage;

export interface RecordCodec<T> {
  /** Never throws. The stat stands in for a missing time. */
  decode(data: Uint8Array, stat: RecordStat): Decoded<T>;
  /** @param base what the value was made from: whatever of it is the same still is written as it was found, byte for byte */
  encode(value: T, base?: Base<T>): Uint8Array;
}

/** A record as it was read or written last. */
export interface Base<T> {
  readonly data: Uint8Array;
  readonly value: T;
}

/** Records above this many bytes are set aside: one that grows to 1 MiB when it is written would cost the connection. */
export const MOST_BYTES = 900 * 1024;
/** Lists and objects in one another at most. */
const MOST_DEPTH = 10_000;

export type WireObject = Readonly<Record<string, unknown>>;

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

export function parseObject(data: Uint8Array): Decoded<WireObject> {
  if (data.length === 0) return { problem: 'empty', detail: 'the record has no data' };
  if (data.length > MOST_BYTES) {
    return {
      problem: 'too-large',
      detail: `the record has ${data.length} bytes, more than the ${MOST_BYTES} we can write`,
    };
  }
  let parsed: unknown;
  try {
    const text = decoder.decode(data);
    // Each level takes two characters.
    if (data.length > 2 * MOST_DEPTH && depthOf(text) > MOST_DEPTH)
      return { problem: 'too-deep', detail: `the record is nested more than ${MOST_DEPTH} levels deep` };
    parsed = parsePythonJson(text);
  } catch (error) {
    return { problem: 'not-json', detail: error instanceof Error ? error.message : String(error) };
  }
  if (!isObject(parsed))
    return { problem: 'not-an-object', detail: `the record is ${describe(parsed)}, not an object` };
  return { value: parsed };
}

/** The state of a record, checked against the states we know. */
function parseState<S extends string>(object: WireObject, states: readonly S[]): Decoded<S> {
  const raw = object['state'];
  if (raw === undefined || raw === null) return { problem: 'no-state', detail: 'the record has no state' };
  if (typeof raw !== 'string') return { problem: 'wrong-type', detail: `the state is ${describe(raw)}` };
  const known = states.find((state) => state === raw);
  if (known === undefined) return { problem: 'unknown-state', detail: `unknown state ${JSON.stringify(raw)}` };
  return { value: known };
}

/** Seconds since the epoch, or the store's time of the last write if the record has none. */
function parseStateTime(object: WireObject, stat: RecordStat): number {
  const raw = object['state_time'];
  return typeof raw === 'number' && Number.isFinite(raw) ? raw : stat.modifiedTime;
}

/** A record that has a state we know, as all but components do. */
export function parseStated<S extends string>(
  data: Uint8Array,
  stat: RecordStat,
  states: readonly S[],
): Decoded<{ readonly object: WireObject; readonly state: S; readonly stateTime: number }> {
  const parsed = parseObject(data);
  if (!('value' in parsed)) return parsed;
  const state = parseState(parsed.value, states);
  if (!('value' in state)) return state;
  return { value: { object: parsed.value, state: state.value, stateTime: parseStateTime(parsed.value, stat) } };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/** What nobody thought of when the codec was written is the trouble of this record alone. */
export function decodeSafely<T>(codec: RecordCodec<T>, { data, stat }: TreeRecord): Decoded<T> {
  try {
    return codec.decode(data, stat);
  } catch (error) {
    return { problem: 'unreadable', detail: error instanceof Error ? error.message : String(error) };
  }
}

/** A record as the views show it. */
export type Parsed<T> = { readonly stored: Stored<T> } | { readonly damaged: DamagedRecord };

export function parseRecord<T>(codec: RecordCodec<T>, id: string, path: string, record: TreeRecord): Parsed<T> {
  const decoded = decodeSafely(codec, record);
  if ('value' in decoded) return { stored: { id, value: decoded.value, version: record.stat.version } };
  return { damaged: { id, path, ...decoded, modifiedTime: record.stat.modifiedTime } };
}
