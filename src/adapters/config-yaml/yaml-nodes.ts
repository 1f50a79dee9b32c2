/** What the nodes of a parsed YAML document say of themselves. */
import type { Scalar } from 'yaml';

/** A key as text; empty if it is none that a path can name. */
export function keyText(key: Scalar): string {
  const { value } = key;
  if (typeof value === 'symbol') return value.description ?? '';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Offset in the text. */
export function startOf(node: unknown): number | undefined {
  const range = (node as { readonly range?: readonly [number, number, number] | null } | null | undefined)?.range;
  return range?.[0];
}
