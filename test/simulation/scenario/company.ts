import { Streams } from '../kernel/dice.js';
import type { Dice } from '../kernel/dice.js';
import { LAB, makeMachines, makeMachineSteps } from './machines.js';
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
  {
    of: [6, 9, 23, 28],
    stream: 'python',
    join: (scenario, dice, from) => withSteps(scenario, makeVisits(dice, scenario, from)),
  },
  {
    of: [5, 12, 19, 27],
    stream: 'machines',
    join: (scenario, dice, from) => {
      const machines = makeMachines(dice);
      const steps = makeMachineSteps(dice, machines, scenario.clients, from, scenario.end);
      const launchers = scenario.launchers.map(({ host, providers }) => ({
        host,
        providers: providers === 'all' ? providers : [...providers, LAB],
      }));
      return withSteps({ ...scenario, launchers, draft: { ...scenario.draft, machines } }, steps);
    },
  },
  {
    of: [11, 14, 25],
    stream: 'programs',
    join: (scenario, dice, from) => {
      const providers = scenario.draft.providers.map((provider, at) => ({
        ...provider,
        exec: at === 0 || dice.chance(0.5),
      }));
      const names = providers.filter(({ exec }) => exec).map(({ name }) => name);
      return withSteps(
        { ...scenario, draft: { ...scenario.draft, providers } },
        Array.from({ length: dice.whole(0, 6) }, () => ({
          at: dice.between(from, scenario.end),
          deed: { do: 'program', provider: dice.pick(names) },
        })),
      );
    },
  },
];

/** Launchers of Python come and go. */
function makeVisits(dice: Dice, { draft, end }: Scenario, from: number): Step[] {
  const labels = draft.labels.map(({ name }) => name);
  return Array.from({ length: dice.whole(1, 3) }, () => ({
    at: dice.between(from, end),
    deed: { do: 'python', seconds: dice.spread(20, 900), labels: labels.filter(() => dice.chance(0.7)) },
  }));
}

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
