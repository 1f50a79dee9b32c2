import type { FakeKnobs } from '../../../src/adapters/fake-cloud/fake-knobs.js';
import type { JobPlan } from '../actors/requestor.js';
import type { Dice } from '../kernel/dice.js';
import { TENANT } from './draft.js';
import type { Draft, PoolDraft } from './draft.js';
import type { Scenario } from './scenario.js';
import type { Step } from './steps.js';

type Cast = Pick<Scenario, 'seed' | 'draft' | 'launchers' | 'builders' | 'clients'>;

/** Labels in two sizes, so that cores and memory bind before instances do. */
const FLAVORS: Partial<FakeKnobs> = {
  flavors: [
    { name: 'Fake Flavor', ram: 8192, cores: 4 },
    { name: 'Large Flavor', ram: 16_384, cores: 8 },
  ],
};

/** A world in which several launchers share providers and everybody wants more than the limits of pools and tenants allow. */
export function tighten(dice: Dice, cast: Cast): Cast & { readonly knobs: Partial<FakeKnobs> } {
  const pools = (provider: Draft['providers'][number]): readonly PoolDraft[] =>
    provider.pools.map((pool) => ({ ...pool, maxServers: dice.whole(1, 5), limits: moreLimits(dice) }));
  const draft: Draft = {
    ...cast.draft,
    labels: cast.draft.labels.map((label) => ({ ...label, minRam: dice.chance(0.3) ? 16_384 : 8192 })),
    providers: cast.draft.providers.map((provider) => ({ ...provider, pools: pools(provider) })),
    tenantInstances: dice.chance(0.7) ? dice.whole(1, 3) : null,
  };
  const launchers = Array.from({ length: dice.pick([1, 2, 2, 3, 3]) }, (_, at) => ({
    host: `launcher${at}`,
    providers: 'all' as const,
  }));
  return { ...cast, draft, launchers, knobs: FLAVORS };
}

/** Everybody comes at once, again and again. */
export function makeRush(dice: Dice, { draft, clients }: Cast, from: number, end: number): Step[] {
  const steps: Step[] = [];
  for (let wave = dice.whole(2, 5); wave > 0; wave -= 1) {
    const at = dice.between(from, end);
    for (let count = dice.whole(5, 20); count > 0; count -= 1) {
      const plan = makeWish(dice, draft);
      const spread = dice.chance(0.5) ? 0 : dice.between(0, 0.5);
      steps.push({ at: Math.min(end, at + spread), deed: { do: 'job', client: dice.pick(clients).name, plan } });
    }
  }
  return steps;
}

function makeWish(dice: Dice, draft: Draft): JobPlan {
  const pools = draft.providers.flatMap(({ pools: all }) => all).filter(({ labels }) => labels.length > 0);
  const { labels, maxServers } = dice.pick(pools);
  const most = Math.min(2, maxServers, draft.tenantInstances ?? 2);
  return {
    labels: Array.from({ length: dice.whole(1, most) }, () => dice.pick(labels)),
    priority: dice.pick(['100', '200']),
    relativePriority: 0,
    provider: null,
    tenant: draft.tenantInstances !== null && dice.chance(0.6) ? TENANT : null,
    work: dice.spread(0.1, 20),
    hold: null,
    cancelAfter: dice.chance(0.1) ? dice.spread(0.01, 30) : null,
    hesitation: 0,
  };
}

function moreLimits(dice: Dice): Readonly<Record<string, number>> {
  if (dice.chance(0.5)) return {};
  return dice.chance(0.5) ? { cores: 8 * dice.whole(1, 4) } : { ram: 16_384 * dice.whole(1, 4) };
}
