import type { Count } from '../../../domain/explain/explanation.js';

/** How many of them are in each state, the states sorted. */
export function countStates(all: Iterable<{ readonly value: { readonly state: string } }>): readonly Count[] {
  const counts = new Map<string, number>();
  for (const { value } of all) counts.set(value.state, (counts.get(value.state) ?? 0) + 1);
  return [...counts].map(([state, count]) => ({ state, count })).sort((a, b) => (a.state < b.state ? -1 : 1));
}
