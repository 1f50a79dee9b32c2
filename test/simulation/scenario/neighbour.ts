import type { Cast } from '../installation.js';
import type { Dice } from '../kernel/dice.js';
import type { Draft } from './draft.js';
import type { Deed, Step } from './steps.js';

const LAUNCHER = 'neighbour-launcher';
const BUILDER = 'neighbour-builder';
const CLIENT = 'neighbour-zuul';
/** Servers of a pool at most: the account is to have room for both. */
const MOST = 3;

/** Another installation under the same names: its nodes have the same numbers. */
export function makeNeighbour(dice: Dice, cast: Omit<Cast, 'clients' | 'builders'>): Cast {
  const labels = cast.draft.labels
    .slice(0, dice.whole(1, 2))
    .map((label) => ({ ...label, minReady: dice.whole(0, 1), maxReadyAge: 0 }));
  const names = labels.map(({ name }) => name);
  const draft: Draft = {
    ...cast.draft,
    labels,
    providers: cast.draft.providers.map((provider) => ({
      ...provider,
      maxConcurrency: Infinity,
      pools: provider.pools.slice(0, 1).map((pool) => ({
        ...pool,
        labels: names,
        maxServers: dice.whole(1, MOST),
        limits: {},
      })),
    })),
    tenantInstances: null,
  };
  return {
    draft,
    launchers: [{ host: LAUNCHER, providers: 'all' }],
    builders: [BUILDER],
    clients: [{ name: CLIENT, kind: 'zuul2024' }],
    poolTick: cast.poolTick,
    buildTime: cast.buildTime,
  };
}

/** What its users want, and what happens to its launcher. */
export function makeNeighbourSteps(dice: Dice, { draft }: Cast, from: number, end: number): Step[] {
  const labels = draft.labels.map(({ name }) => name);
  const jobs = Array.from({ length: dice.whole(4, 12) }, () => makeWish(dice, labels));
  const troubles = Array.from({ length: dice.whole(0, 4) }, () => makeTrouble(dice));
  return [...jobs, ...troubles].map((deed) => ({ at: dice.between(from, end), deed }));
}

function makeWish(dice: Dice, labels: readonly string[]): Deed {
  const wish = { priority: '100', relativePriority: 0, provider: null, tenant: null, hold: null, hesitation: 0 };
  const cancelAfter = dice.chance(0.1) ? dice.spread(0.1, 30) : null;
  return {
    do: 'job',
    client: CLIENT,
    plan: { ...wish, labels: [dice.pick(labels)], work: dice.spread(0.5, 60), cancelAfter },
  };
}

function makeTrouble(dice: Dice): Deed {
  const who = dice.chance(0.8) ? LAUNCHER : BUILDER;
  const atCall = { calls: Math.round(dice.spread(1, 40)), when: dice.pick(['before', 'after'] as const) };
  return dice.pick<Deed>([
    { do: 'kill', who, atCall, downFor: dice.spread(0.1, 60) },
    { do: 'expire', who, atCall },
    { do: 'cut', who, atCall, seconds: dice.spread(0.01, 30) },
    { do: 'freeze', who, seconds: dice.spread(0.1, 40) },
  ]);
}
