/** The way from a key path back to a place in the text. */
import type { Document, Pair, Scalar, YAMLMap } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq } from 'yaml';
import type { KeyPath } from '../../domain/config/config-problem.js';
import { keyText, startOf } from './yaml-nodes.js';

/** Where the value (or its key) stands; for what does not exist, the closest thing around it. */
export type Locate = (path: KeyPath, at: 'key' | 'value') => Place;

export function locator(document: Document.Parsed, placeOf: (offset: number) => Place): Locate {
  const keys = new KeyIndex(document);
  return (path, at) => placeOf(offsetOf(document, keys, path, at));
}

function offsetOf(document: Document.Parsed, keys: KeyIndex, path: KeyPath, at: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    const found = child(isAlias(node) ? node.resolve(document) : node, step, keys);
    if (!found) return offset;
    const wanted = at === 'key' && index === path.length - 1 ? found.key : (found.value ?? found.key);
    offset = wanted ?? offset;
    node = found.node;
  }
  return offset;
}

interface Child {
  readonly node: unknown;
  /** Where its key and where it itself begins, as far as they are in the text. An item of a list is its own key. */
  readonly key: number | undefined;
  readonly value: number | undefined;
}

function child(node: unknown, step: string | number, keys: KeyIndex): Child | undefined {
  if (isMap(node)) {
    const pair = keys.pair(node, step);
    return pair && { node: pair.value, key: startOf(pair.key), value: startOf(pair.value) };
  }
  if (!isSeq(node) || typeof step !== 'number') return undefined;
  const item: unknown = node.items[step];
  return { node: item, key: startOf(item), value: startOf(item) };
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

function mergeSources(document: Document.Parsed, value: unknown): readonly unknown[] {
  const merged = isAlias(value) ? value.resolve(document) : value;
  const sources = isSeq(merged) ? merged.items : [merged];
  return sources.map((source) => (isAlias(source) ? source.resolve(document) : source));
}

export interface Place {
  readonly line: number;
  readonly column: number;
}
