/** A YAML file as plain values, with the way back from a key path to line and column. */
import type { Document, ErrorCode, Pair, Scalar, Tags, YAMLMap } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { KeyPath } from '../../domain/config/config-problem.js';
import type { ProblemSeverity } from '../../domain/config/driver-schema.js';
import type { Place } from './place.js';
import { likelySlip, squeezedKeyIn } from './yaml-slips.js';
import { faultWording, parsingFailed } from './yaml-fault-wording.js';

export interface YamlFault {
  readonly place: Place | null;
  readonly message: string;
  readonly severity: ProblemSeverity;
}

export interface YamlDocument {
  /** Undefined if the text is not YAML. */
  readonly value: unknown;
  readonly faults: readonly YamlFault[];
  /** Where the value (or its key) stands; for what does not exist, the closest thing around it. */
  readonly locate: (path: KeyPath, at: 'key' | 'value') => Place;
}

type AnyTag = Exclude<Tags[number], string>;

/**
 * YAML 1.1 as the original's loader reads it: `yes` and `on` are booleans, `y` is not; an exponent makes a number only together
 * with a point (ids like `12e4567` stay text); dates stay text; no sets, no binaries.
 */
function tagsOfTheOriginal(tags: Tags): Tags {
  const kept: Tags = [];
  for (const tag of tags) {
    if (typeof tag === 'string') kept.push(tag);
    else if (!/:(binary|omap|pairs|set|timestamp)$/.test(tag.tag)) kept.push(asOriginal(tag));
  }
  return kept;
}

function asOriginal(tag: AnyTag): AnyTag {
  if (!('test' in tag) || !tag.test) return tag;
  if (tag.tag === 'tag:yaml.org,2002:bool') {
    return tag.test.test('yes')
      ? { ...tag, test: /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/ }
      : { ...tag, test: /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/ };
  }
  // A point alone is text: `module: .`.
  if (tag.tag === 'tag:yaml.org,2002:float' && tag.test.test('.')) {
    return { ...tag, test: /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/ };
  }
  if (tag.format === 'EXP') return { ...tag, test: /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*[eE][-+][0-9]+$/ };
  return tag;
}

/** Messages hold nothing of the text. Never throws. */
export function parseYaml(source: string): YamlDocument {
  const text = source.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      version: '1.1',
      schema: 'yaml-1.1',
      customTags: tagsOfTheOriginal,
      merge: true,
      // The parser compares each key with each other one.
      uniqueKeys: false,
      logLevel: 'error',
    });
    const found = [...document.errors, ...document.warnings];
    if (found.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return unreadable(text);
    const faults = firstOf(text, found, placeOf);
    for (const offset of repeatedKeys(document)) {
      faults.push({ place: placeOf(offset), message: faultWording('DUPLICATE_KEY'), severity: 'strict' });
    }
    for (const offset of squeezedKeys(document, text)) {
      faults.push({ place: placeOf(offset), message: CONTINUED, severity: 'warning' });
    }
    const loose = looseEnd(document);
    if (loose) faults.push({ place: placeOf(loose.offset), message: parsingFailed(loose.why), severity: 'error' });
    return {
      value: faults.some(({ severity }) => severity === 'error') ? undefined : (document.toJS() as unknown),
      faults,
      locate: locator(document, placeOf),
    };
  } catch {
    return unreadable(text);
  }
}

const CONTINUED = 'this line belongs to the value above it: is a space missing after its colon?';

/** What comes after the first fault mostly follows from it. */
function firstOf(
  text: string,
  found: readonly { readonly code: ErrorCode; readonly pos: readonly [number, number] }[],
  placeOf: (offset: number) => Place,
): YamlFault[] {
  const [first] = [...found].sort((a, b) => a.pos[0] - b.pos[0]);
  if (!first) return [];
  const place = placeOf(first.pos[0]);
  const slip = likelySlip(text, place) ?? { place, message: faultWording(first.code) };
  return [{ ...slip, message: parsingFailed(slip.message), severity: 'error' }];
}

/** Where plain texts over several lines hold what looks like a key. */
function squeezedKeys(document: Document.Parsed, text: string): readonly number[] {
  const found: number[] = [];
  visit(document, {
    Scalar: (_key, { type, range }) => {
      if (type !== 'PLAIN' || !range) return;
      const source = text.slice(range[0], range[1]);
      const line = source.includes('\n') ? squeezedKeyIn(source) : undefined;
      if (line === undefined) return;
      const rest = source.split('\n');
      const before = rest.slice(0, line).join('\n').length + 1;
      found.push(range[0] + before + ((rest[line] ?? '').length - (rest[line] ?? '').trimStart().length));
    },
  });
  return found;
}

/** Where the parser gave up depends on its mood, so no place is named. */
function unreadable(text: string): YamlDocument {
  const slip = likelySlip(text, null) ?? { place: null, message: 'nested too deeply, or aliases without end' };
  return {
    value: undefined,
    faults: [{ place: slip.place, message: parsingFailed(slip.message), severity: 'error' }],
    locate: () => ({ line: 1, column: 1 }),
  };
}

interface LooseEnd {
  readonly offset: number;
  readonly why: string;
}

/** Aliases of nothing, and merges of something that is no map: the parser notices them late and without a place. */
function looseEnd(document: Document.Parsed): LooseEnd | undefined {
  // Gathered in the order of the text, which is the order in which anchors count: resolving each alias anew takes time by the square.
  const anchors = new Map<string, unknown>();
  const target = (node: unknown): unknown => (isAlias(node) ? anchors.get(node.source) : node);
  const isMergeable = (value: unknown): boolean => {
    const merged = target(value);
    return isSeq(merged) ? merged.items.every((source) => isMap(target(source))) : isMap(merged);
  };
  let found: LooseEnd | undefined;
  visit(document, {
    Value: (_key, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias: (_key, alias) => {
      if (anchors.has(alias.source)) return undefined;
      found = { offset: startOf(alias) ?? 0, why: 'there is no such anchor before this alias' };
      return visit.BREAK;
    },
    Pair: (_key, pair) => {
      const isMerge = isScalar(pair.key) && typeof pair.key.value === 'symbol';
      if (!isMerge || isMergeable(pair.value)) return undefined;
      found = { offset: startOf(pair.key) ?? 0, why: 'only maps can be merged' };
      return visit.BREAK;
    },
  });
  return found;
}

/** Keys that stand twice in a map, each but the first. `<<` may be repeated. */
function repeatedKeys(document: Document.Parsed): readonly number[] {
  const found: number[] = [];
  visit(document, {
    Map: (_key, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key) || typeof key.value === 'symbol' || typeof key.value === 'object') continue;
        const text = `${typeof key.value} ${keyText(key)}`;
        if (seen.has(text)) found.push(startOf(key) ?? 0);
        seen.add(text);
      }
    },
  });
  return found;
}

function mergeSources(document: Document.Parsed, value: unknown): readonly unknown[] {
  const merged = isAlias(value) ? value.resolve(document) : value;
  const sources = isSeq(merged) ? merged.items : [merged];
  return sources.map((source) => (isAlias(source) ? source.resolve(document) : source));
}

function locator(document: Document.Parsed, placeOf: (offset: number) => Place): YamlDocument['locate'] {
  const keys = new KeyIndex(document);
  return (path, at) => placeOf(offsetOf(document, keys, path, at));
}

function offsetOf(document: Document.Parsed, keys: KeyIndex, path: KeyPath, at: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    node = isAlias(node) ? node.resolve(document) : node;
    if (isMap(node)) {
      const pair = keys.pair(node, step);
      if (!pair) return offset;
      const last = index === path.length - 1;
      const key = startOf(pair.key) ?? offset;
      offset = last && at === 'key' ? key : (startOf(pair.value) ?? key);
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

interface MapKeys {
  readonly own: ReadonlyMap<string, Pair>;
  readonly merged: readonly Pair[];
}

/** Finds keys in maps that are large, too: each map is gone through once. */
class KeyIndex {
  private readonly known = new WeakMap<YAMLMap, MapKeys>();

  constructor(private readonly document: Document.Parsed) {}

  /** The pair that gives the key its value: the last one in the map itself, else one that is merged in. */
  pair(map: YAMLMap, key: string | number, depth = 0): Pair | undefined {
    const { own, merged } = this.keysOf(map);
    const pair = own.get(String(key));
    if (pair || depth > 20) return pair;
    for (const source of merged.flatMap(({ value }) => mergeSources(this.document, value))) {
      const found = isMap(source) ? this.pair(source, key, depth + 1) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  private keysOf(map: YAMLMap): MapKeys {
    const known = this.known.get(map);
    if (known) return known;
    const pairs = map.items.filter((pair): pair is Pair<Scalar> => isPair(pair) && isScalar(pair.key));
    const keys = {
      own: new Map(pairs.map((pair) => [keyText(pair.key), pair])),
      merged: pairs.filter((pair) => keyText(pair.key) === '<<'),
    };
    this.known.set(map, keys);
    return keys;
  }
}

function keyText(key: Scalar): string {
  const { value } = key;
  if (typeof value === 'symbol') return value.description ?? '';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function startOf(node: unknown): number | undefined {
  const range = (node as { readonly range?: readonly [number, number, number] | null } | null | undefined)?.range;
  return range?.[0];
}
