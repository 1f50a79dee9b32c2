import { expect, it } from 'vitest';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { planFaults } from '../../support/real-faults/fault-plan.js';

const SESSION = 2;

it('a seed says which faults befall whom and in which order: 40 kills and stops, and six half-open links', () => {
  const plan = planFaults(new SeededRandom(7), 2, SESSION);
  expect(plan).toEqual(planFaults(new SeededRandom(7), 2, SESSION));
  expect(plan).not.toEqual(planFaults(new SeededRandom(8), 2, SESSION));
  const of = (kind: string): readonly string[] =>
    plan.filter((fault) => fault.kind === kind).map(({ target }) => target);
  expect([of('kill').length + of('stop').length, of('silence').length]).toEqual([40, 6]);
  expect(new Set(of('kill'))).toEqual(new Set(['launcher-a', 'launcher-b', 'builder', 'zookeeper']));
  expect(new Set(of('stop'))).toEqual(new Set(['launcher-a', 'launcher-b', 'builder', 'zookeeper']));
  expect(of('silence')).not.toContain('zookeeper');
});

it('what is not a kill lasts longer than a session', () => {
  const lasting = planFaults(new SeededRandom(7), 2, SESSION).filter(({ kind }) => kind !== 'kill');
  expect(Math.min(...lasting.map(({ lasts }) => lasts))).toBeGreaterThan(SESSION);
});
