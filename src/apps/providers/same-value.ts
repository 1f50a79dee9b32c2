/** Do two plain values (records, arrays, maps, sets, primitives) hold the same? The order of keys does not matter. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return sameArray(a, b);
  if (a instanceof Map || b instanceof Map) return sameMap(a, b);
  if (a instanceof Set || b instanceof Set) return sameSet(a, b);
  return sameMap(new Map(Object.entries(a)), new Map(Object.entries(b)));
}

function sameArray(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  return a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
}

function sameMap(a: unknown, b: unknown): boolean {
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
  for (const [key, value] of a) if (!b.has(key) || !sameValue(value, b.get(key))) return false;
  return true;
}

function sameSet(a: unknown, b: unknown): boolean {
  if (!(a instanceof Set) || !(b instanceof Set) || a.size !== b.size) return false;
  for (const item of a) if (!b.has(item)) return false;
  return true;
}
