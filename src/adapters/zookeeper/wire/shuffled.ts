import type { Random } from '../../../ports/runtime/random.js';

/** In an order of chance, so that the clients of an ensemble spread over its servers. */
export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
