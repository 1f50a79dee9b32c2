import { Streams } from '../kernel/dice.js';
import type { Dice } from '../kernel/dice.js';
import { makeNeighbour, makeNeighbourSteps } from './neighbour.js';
import type { Scenario } from './scenario.js';
import type { Step } from './steps.js';

/** Who has company is chosen by the seed itself, so that all other worlds stay as they were. */
const CHOICES = 32;

interface Company {
  /** Remainders of the seeds of worlds that have it. */
  readonly of: readonly number[];
  /** Of its own stream of randomness. */
  readonly stream: string;
  readonly join: (scenario: Scenario, dice: Dice, from: number) => Scenario;
}

const ALL: readonly Company[] = [
  {
    of: [4, 7, 21],
    stream: 'neighbour',
    join: (scenario, dice, from) => {
      const neighbour = makeNeighbour(dice, scenario);
      return withSteps({ ...scenario, neighbour }, makeNeighbourSteps(dice, neighbour, from, scenario.end));
    },
  },
];

/** The same world with whoever else is there. */
export function inCompany(scenario: Scenario, from: number): Scenario {
  const { seed } = scenario;
  return ALL.filter(({ of }) => of.includes(seed % CHOICES)).reduce(
    (world, { stream, join }) => join(world, new Streams(seed).of(stream), from),
    scenario,
  );
}

function withSteps(scenario: Scenario, more: readonly Step[]): Scenario {
  return { ...scenario, steps: [...scenario.steps, ...more].sort((a, b) => a.at - b.at) };
}
