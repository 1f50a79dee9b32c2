export type RangeResult =
  | { readonly kind: 'whole' }
  /** `last` is included. */
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' };

/** Reads a `Range` header for a body of `length` bytes. What we do not serve (several ranges, other units) counts as absent. */
export function byteRange(header: string | undefined, length: number): RangeResult {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  const [, from = '', to = ''] = match ?? [];
  if (!match || (from === '' && to === '')) return { kind: 'whole' };
  if (from === '') {
    const size = Math.min(Number(to), length);
    return size === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', first: length - size, last: length - 1 };
  }
  const first = Number(from);
  const last = to === '' ? length - 1 : Math.min(Number(to), length - 1);
  if (to !== '' && Number(to) < first) return { kind: 'whole' };
  return first >= length ? { kind: 'unsatisfiable' } : { kind: 'part', first, last };
}
