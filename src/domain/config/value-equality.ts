/** Equality of plain values by content: scalars, arrays, maps, sets of scalars and plain objects. Order matters in arrays only. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (Array.isArray(a) || Array.isArray(b)) return sameList(a, b);
  if (a instanceof Map || b instanceof Map) return sameMap(a, b);
  if (a instanceof Set || b instanceof Set) return sameSet(a, b);
  return sameMap(new Map(Object.entries(a)), new Map(Object.entries(b)));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function sameList(a: object, b: object): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  return a.length === b.length && a.every((value, index) => sameValue(value, b[index]));
}

function sameMap(a: object, b: object): boolean {
  if (!(a instanceof Map) || !(b instanceof Map)) return false;
  return a.size === b.size && [...a].every(([key, value]) => b.has(key) && sameValue(value, b.get(key)));
}

function sameSet(a: object, b: object): boolean {
  if (!(a instanceof Set) || !(b instanceof Set)) return false;
  return a.size === b.size && [...a].every((item) => b.has(item));
}
