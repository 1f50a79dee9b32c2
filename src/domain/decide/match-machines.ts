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
  const owner = new Map<Stored<Node>, number>();
  const given = new Array<Stored<Node> | undefined>(labels.length).fill(undefined);

  /** Finds a machine for a label, moving labels that were given one before to others (augmenting paths). */
  function place(index: number, tried: Set<Stored<Node>>): boolean {
    const fitting = machines.filter(({ value }) => value.type.includes(labels[index] ?? ''));
    const free = fitting.find((machine) => !owner.has(machine));
    for (const machine of free ? [free] : fitting) {
      if (tried.has(machine)) continue;
      tried.add(machine);
      const before = owner.get(machine);
      if (before !== undefined && !place(before, tried)) continue;
      owner.set(machine, index);
      given[index] = machine;
      return true;
    }
    return false;
  }

  labels.forEach((_label, index) => place(index, new Set()));
  return given;
}
