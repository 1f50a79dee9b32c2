/** What a document holds that the parser takes without a word, or says late and without a place. Places are offsets in the text. */
import type { Document } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, visit } from 'yaml';
import { keyText, startOf } from './yaml-nodes.js';
import { squeezedKeyIn } from './yaml-slips.js';

/** Where plain texts over several lines hold what looks like a key. */
export function squeezedKeys(document: Document.Parsed, text: string): readonly number[] {
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

interface UnresolvableReference {
  readonly offset: number;
  readonly why: string;
}

/** Aliases of nothing, and merges of something that is no map: the parser notices them late and without a place. */
export function unresolvableReference(document: Document.Parsed): UnresolvableReference | undefined {
  // Gathered in the order of the text, which is the order in which anchors count: resolving each alias anew takes time by the square.
  const anchors = new Map<string, unknown>();
  const target = (node: unknown): unknown => (isAlias(node) ? anchors.get(node.source) : node);
  const isMergeable = (value: unknown): boolean => {
    const merged = target(value);
    return isSeq(merged) ? merged.items.every((source) => isMap(target(source))) : isMap(merged);
  };
  let found: UnresolvableReference | undefined;
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
export function repeatedKeys(document: Document.Parsed): readonly number[] {
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
