export type RangeResult =
  | { readonly kind: 'whole' }
  /** `last` is included. */
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' };

/** Reads a `Range` header for a body of `length` bytes. What we do not serve (several ranges, other units) counts as absent. */
export function byteRange(header: string | undefined, length: number): RangeResult {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (from !== '') return fromTo(Number(from), to === '' ? Infinity : Number(to), length);
  return to === '' ? { kind: 'whole' } : lastBytes(Number(to), length);
}

function fromTo(first: number, last: number, length: number): RangeResult {
  if (last < first) return { kind: 'whole' };
  return first >= length ? { kind: 'unsatisfiable' } : { kind: 'part', first, last: Math.min(last, length - 1) };
}

function lastBytes(count: number, length: number): RangeResult {
  const size = Math.min(count, length);
  return size === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', first: length - size, last: length - 1 };
}
