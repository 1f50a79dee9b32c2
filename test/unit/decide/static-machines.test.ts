import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { staticFacts, staticNode, isOutdated, planStaticMachines } from '../../../src/domain/decide/static-machines.js';
import type { StaticMachinesPlan, StaticPlace } from '../../../src/domain/decide/static-machines.js';
import type { Node, NodeState } from '../../../src/domain/model/node.js';
import { NODE_STATES } from '../../../src/domain/model/node.js';
import type { Stored } from '../../../src/domain/model/stored.js';
import { stored } from '../../support/builders.js';

function place(slot: number, change: Partial<StaticPlace> = {}): StaticPlace {
  return {
    key: `zuul@one:22#${slot}`,
    pool: 'main',
    attributes: null,
    hostname: 'one',
    slot,
    labels: ['bare'],
    username: 'zuul',
    connectionType: 'ssh',
    connectionPort: 22,
    pythonPath: 'auto',
    shellType: null,
    ...change,
  };
}

function node(id: string, slot: number | null, change: Partial<Node> = {}): Stored<Node> {
  return stored(id, { ...staticNode('lab', place(0), [], 0), slot, ...change });
}

function plan(
  places: readonly StaticPlace[],
  nodes: readonly Stored<Node>[],
  locked: readonly string[] = [],
  withdrawing: readonly string[] = [],
): StaticMachinesPlan {
  return planStaticMachines({
    provider: 'lab',
    places,
    nodes,
    locked: (id) => locked.includes(id),
    withdrawing: (id) => withdrawing.includes(id),
  });
}

const missing = (of: StaticMachinesPlan): readonly number[] =>
  of.machines.flatMap(({ missing: m }) => m.map((p) => p.slot));
const surplus = (of: StaticMachinesPlan): readonly string[] => of.surplus.map(({ id }) => id);

describe('the plan for machines that exist by themselves', () => {
  it('wants a record for each slot that has none, whatever state the others are in', () => {
    const nodes = [node('1', 0, { state: 'in-use' }), node('2', 2, { state: 'deleting' })];
    expect(missing(plan([place(0), place(1), place(2)], nodes, ['1']))).toEqual([1]);
  });

  it('removes what is free and not configured, with its reason', () => {
    const stranger = node('1', 0, { hostname: 'two' });
    const busy = node('2', 0, { hostname: 'two', state: 'in-use' });
    const allocated = node('3', 0, { hostname: 'two', allocatedTo: '200-0000000001' });
    expect(plan([], [stranger, busy, allocated]).surplus).toEqual([
      { id: '1', because: { code: 'MACHINE_NOT_CONFIGURED', machine: 'two:22' } },
    ]);
  });

  it('removes the free record of a slot that does not exist rather than an older one, else the youngest', () => {
    expect(surplus(plan([place(0)], [node('1', 5), node('2', 0)]))).toEqual(['1']);
    expect(surplus(plan([place(0)], [node('1', 0), node('2', 0)]))).toEqual(['2']);
    expect(plan([place(0)], [node('1', 0), node('2', 0)]).surplus[0]?.because).toEqual({
      code: 'MORE_NODES_THAN_SLOTS',
      machine: 'one:22',
      nodes: 2,
      slots: 1,
    });
  });

  it('removes nothing more while what is surplus is on its way out', () => {
    expect(surplus(plan([place(0)], [node('1', 0), node('2', 0)], ['2'], ['2']))).toEqual([]);
    expect(surplus(plan([place(0)], [node('1', 0), node('2', 0, { state: 'deleting' })]))).toEqual([]);
  });

  it('tells outdated records from those that show the configuration', () => {
    const facts = staticFacts(place(0, { labels: ['bare', 'new'] }), ['ssh-rsa A']);
    expect(isOutdated(node('1', 0).value, facts)).toBe(true);
    expect(isOutdated({ ...node('1', 0).value, ...facts }, facts)).toBe(false);
  });

  it('carried out again and again never has more records than slots unless they are in use, and comes to rest', () => {
    const state = fc.constantFrom<NodeState>(...NODE_STATES);
    const records = fc.array(fc.record({ slot: fc.option(fc.nat(5)), state, locked: fc.boolean() }), { maxLength: 8 });
    fc.assert(
      fc.property(records, fc.nat(4), (given, slots) => {
        const places = Array.from({ length: slots }, (_, slot) => place(slot));
        let nodes = given.map(({ slot, state: current }, index) => node(`n${index}`, slot, { state: current }));
        const locked = given.flatMap((record, index) => (record.locked ? [`n${index}`] : []));
        const busy = nodes.filter(({ id, value }) => value.state !== 'ready' || locked.includes(id)).length;
        for (let round = 0; round < 20; round += 1) {
          const next = plan(places, nodes, locked);
          const gone = new Set(surplus(next));
          nodes = nodes.filter(({ id }) => !gone.has(id));
          missing(next).forEach((slot, index) => nodes.push(node(`r${round}-${index}`, slot)));
          expect(nodes.length).toBeLessThanOrEqual(Math.max(given.length, slots));
        }
        const last = plan(places, nodes, locked);
        expect([...missing(last), ...surplus(last)]).toEqual([]);
        expect(nodes.length).toBeGreaterThanOrEqual(slots);
        expect(nodes.length).toBeLessThanOrEqual(slots + busy);
      }),
    );
  });
});
