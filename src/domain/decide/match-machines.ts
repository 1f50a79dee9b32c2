/**
 * Which machine serves which label, when machines have several labels each: as many labels as can be at once. Taking the first
 * that fits would give the only machine of a rare label away to a common one, and the request would wait for ever.
 */
import type { Node } from '../model/node.js';
import type { Stored } from '../model/stored.js';

/** One machine or undefined per label, in the order of `labels`. Earlier machines are preferred. */
export function matchMachines(
  labels: readonly string[],
  machines: readonly Stored<Node>[],
): readonly (Stored<Node> | undefined)[] {
  return matchLabels(labels, machines, ({ value }) => value.type);
}

/** The same for anything that offers labels. */
export function matchLabels<T>(
  labels: readonly string[],
  offers: readonly T[],
  labelsOf: (offer: T) => readonly string[],
): readonly (T | undefined)[] {
  const owner = new Map<T, number>();
  const given = new Array<T | undefined>(labels.length).fill(undefined);

  /** Finds an offer for a label, moving labels that were given one before to others (augmenting paths). */
  function place(index: number, tried: Set<T>): boolean {
    const fitting = offers.filter((offer) => labelsOf(offer).includes(labels[index] ?? ''));
    const free = fitting.find((offer) => !owner.has(offer));
    for (const offer of free ? [free] : fitting) {
      if (tried.has(offer)) continue;
      tried.add(offer);
      const before = owner.get(offer);
      if (before !== undefined && !place(before, tried)) continue;
      owner.set(offer, index);
      given[index] = offer;
      return true;
    }
    return false;
  }

  labels.forEach((_label, index) => place(index, new Set()));
  return given;
}
