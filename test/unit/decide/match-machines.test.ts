import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchMachines } from '../../../src/domain/decide/match-machines.js';
import type { Node } from '../../../src/domain/model/node.js';
import type { Stored } from '../../../src/domain/model/stored.js';
import { aNode, stored } from '../../support/builders.js';

const machine = (id: string, ...type: readonly string[]): Stored<Node> => stored(id, aNode({ type }));

function matched(labels: readonly string[], machines: readonly Stored<Node>[]): readonly (string | undefined)[] {
  return matchMachines(labels, machines).map((found) => found?.id);
}

/** The largest number of labels that can be served, by trying everything. */
function most(labels: readonly string[], machines: readonly Stored<Node>[]): number {
  const [first, ...rest] = labels;
  if (first === undefined) return 0;
  const fitting = machines.filter(({ value }) => value.type.includes(first));
  return Math.max(
    most(rest, machines),
    ...fitting.map(
      (taken) =>
        1 +
        most(
          rest,
          machines.filter((other) => other !== taken),
        ),
    ),
  );
}

describe('matching labels with machines', () => {
  it('takes the first that fits', () => {
    expect(matched(['bare'], [machine('1', 'bare'), machine('2', 'bare')])).toEqual(['1']);
  });

  it('keeps the only machine of a rare label for it', () => {
    expect(matched(['bare', 'fast'], [machine('1', 'bare', 'fast'), machine('2', 'bare')])).toEqual(['2', '1']);
  });

  it('serves what it can when there are not enough', () => {
    expect(matched(['bare', 'bare', 'slow'], [machine('1', 'bare')])).toEqual(['1', undefined, undefined]);
  });

  it('[LAUNCHER 69] serves as many labels as is possible at all, each with a machine of its own that has it', () => {
    const label = fc.constantFrom('a', 'b', 'c', 'd');
    const pool = fc.array(fc.uniqueArray(label, { maxLength: 3 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 5 }), pool, (labels, types) => {
        const machines = types.map((type, index) => machine(String(index), ...type));
        const found = matchMachines(labels, machines);
        const given = found.flatMap((entry) => entry ?? []);
        expect(new Set(given).size).toBe(given.length);
        found.forEach((entry, index) => {
          if (entry) expect(entry.value.type).toContain(labels[index]);
        });
        expect(given.length).toBe(most(labels, machines));
      }),
    );
  });
});
