import type { FakeFault } from '../../../src/adapters/fake-cloud/fake-faults.js';
import type { FakeKnobs } from '../../../src/adapters/fake-cloud/fake-knobs.js';
import type { JobPlan } from '../actors/requestor.js';
import { ELSEWHERE } from '../invariants/node-rules.js';
import type { Cast as InstallationCast } from '../installation.js';
import type { Dice } from '../kernel/dice.js';
import { Streams } from '../kernel/dice.js';
import { makeCalamities, makeWipe } from './calamities.js';
import { inCompany } from './company.js';
import { TENANT } from './draft.js';
import type { Draft, ProviderDraft } from './draft.js';
import type { AtCall, Deed, Step } from './steps.js';
import { makeRush, tighten } from './tight-limits.js';

export type ClientKind = 'zuul2019' | 'zuul2024' | 'jenkins';

/** Everything that a seed decides before anything runs. */
export interface Scenario {
  readonly seed: number;
  readonly draft: Draft;
  readonly launchers: readonly { readonly host: string; readonly providers: readonly string[] | 'all' }[];
  readonly builders: readonly string[];
  readonly clients: readonly { readonly name: string; readonly kind: ClientKind }[];
  readonly knobs: Partial<FakeKnobs>;
  readonly quota: number;
  readonly buildTime: number;
  /** Seconds after which a pool looks again although nothing has happened: in half of the worlds every wake-up has to be earned. */
  readonly poolTick: number;
  /** Is the room that pools and tenants have by their limits tried out to the last node when the faults are over? */
  readonly narrow: boolean;
  /** Another installation in the same clouds. */
  readonly neighbour: InstallationCast | null;
  /** In order of time. */
  readonly steps: readonly Step[];
  /** When the faults end. */
  readonly end: number;
}

/** Seconds in which the first images are built. */
const WARM_UP = 60;

/** Smaller seeds keep the scenarios they have always had: with those, defects were found. */
const FIRST_ERA = 5000;
/** From here on limits bind in every second one, and several launchers share them. */
const SECOND_ERA = 6000;
/** From here on ZooKeeper has troubles of its own in some. */
const THIRD_ERA = 7000;

/** From here on links go dead, disks are full, configuration files broken in some. */
const FOURTH_ERA = 8000;

/** From here on there is company in some: another installation in the same clouds. */
const FIFTH_ERA = 9000;

export function makeScenario(seed: number): Scenario {
  const alone = makeAlone(seed);
  return seed > FIFTH_ERA ? inCompany(alone, WARM_UP) : alone;
}

function makeAlone(seed: number): Scenario {
  const dice = new Streams(seed).of('scenario');
  const draft = makeDraft(dice);
  const launchers = makeLaunchers(dice, draft);
  const builders = dice.chance(0.7) ? ['builder0'] : ['builder0', 'builder1'];
  const kinds: readonly ClientKind[] = ['zuul2019', 'zuul2024', 'jenkins'];
  const chosen = kinds.filter(() => dice.chance(0.6));
  const clients = (chosen.length > 0 ? chosen : [dice.pick(kinds)]).map((kind) => ({ name: kind, kind }));
  const cast = { seed, draft, launchers, builders, clients };
  const tight = seed > SECOND_ERA && seed % 2 === 0 ? new Streams(seed).of('limits') : null;
  const { knobs = {}, ...base } = tight ? tighten(tight, cast) : { ...cast, knobs: undefined };
  const end = WARM_UP + dice.spread(120, 1800);
  const rush = tight ? makeRush(tight, base, WARM_UP, end) : [];
  const refusals = seed > FIRST_ERA ? makeRefusals(new Streams(seed).of('refusals'), base, end) : [];
  const outages = seed > THIRD_ERA ? makeOutages(new Streams(seed).of('outages'), end) : [];
  const calamities = seed > FOURTH_ERA ? makeCalamities(new Streams(seed).of('calamities'), base, WARM_UP, end) : [];
  const wipes = seed > FOURTH_ERA ? makeWipe(new Streams(seed).of('lost store'), WARM_UP, end) : [];
  const troubles = [...refusals, ...outages, ...calamities, ...wipes];
  const steps = [...makeJobs(dice, base, end), ...makeFaults(dice, base, end), ...troubles, ...rush].sort(
    (a, b) => a.at - b.at,
  );
  const slow = dice.chance(0.5);
  return {
    ...base,
    knobs: {
      ...knobs,
      bootTime: slow ? { min: 1, max: 40 } : { min: 0, max: 2 },
      deleteTime: slow ? { min: 0, max: 30 } : { min: 0, max: 1 },
      apiLatency: { min: 0, max: slow ? 2 : 0.05 },
      uploadTime: { min: 1, max: 10 },
    },
    quota: dice.weighted([
      [3, 100],
      [1, dice.whole(2, 8)],
    ]),
    buildTime: dice.between(2, 20),
    poolTick: seed > SECOND_ERA && seed % 4 < 2 ? 3600 : 10,
    narrow: tight !== null,
    neighbour: null,
    steps,
    end,
  };
}

type Cast = Pick<Scenario, 'draft' | 'launchers' | 'builders' | 'clients'>;

function makeDraft(dice: Dice): Draft {
  const labels = ['small', 'big', 'arm'].slice(0, dice.whole(1, 3)).map((name) => ({
    name,
    image: name === 'arm' ? 'arm-image' : 'image',
    minReady: dice.weighted([
      [2, 0],
      [2, dice.whole(1, 3)],
    ]),
    maxReadyAge: dice.chance(0.2) ? dice.whole(120, 600) : 0,
    absent: false,
  }));
  const names = labels.map((label) => label.name);
  const providers: ProviderDraft[] = ['one', 'two'].slice(0, dice.whole(1, 2)).map((name, at) => ({
    name,
    cloud: dice.chance(0.8) ? `cloud-${name}` : 'cloud-one',
    maxConcurrency: dice.chance(0.3) ? dice.whole(1, 4) : Infinity,
    launchRetries: dice.whole(1, 3),
    ignoreQuota: dice.chance(0.3),
    absent: false,
    pools: ['main', 'extra']
      .slice(
        0,
        dice.weighted([
          [3, 1],
          [1, 2],
        ]),
      )
      .map((pool, index) => ({
        name: pool,
        // The first pool has all labels: what is asked for can be had.
        labels: at === 0 && index === 0 ? names : names.filter(() => dice.chance(0.7)),
        maxServers: dice.whole(2, 8),
        priority: dice.chance(0.2) ? dice.whole(1, 200) : 100,
      })),
  }));
  return {
    labels,
    providers,
    maxHoldAge: dice.chance(0.5) ? dice.whole(60, 600) : Infinity,
    rebuildAge: dice.chance(0.4) ? dice.whole(100, 600) : 86_400,
    tenantInstances: dice.chance(0.3) ? dice.whole(3, 5) : null,
  };
}

function makeLaunchers(dice: Dice, draft: Draft): Scenario['launchers'] {
  const count = dice.weighted([
    [3, 1],
    [3, 2],
    [1, 3],
  ]);
  const names = draft.providers.map((provider) => provider.name);
  const apart = names.length > 1 && count > 1 && dice.chance(0.3);
  return Array.from({ length: count }, (_, at) => ({
    host: `launcher${at}`,
    providers: apart ? names.filter((_name, index) => index % count === at % names.length) : ('all' as const),
  }));
}

function makeJobs(dice: Dice, cast: Cast, end: number): Step[] {
  const steps: Step[] = [];
  const count = dice.whole(5, 40);
  for (let made = 0; made < count; made += 1) {
    // Some come in bursts.
    const last = steps.at(-1)?.at ?? WARM_UP;
    const at = dice.chance(0.4) ? Math.min(end, last + dice.between(0, 0.1)) : dice.between(WARM_UP / 2, end);
    steps.push({ at, deed: { do: 'job', client: dice.pick(cast.clients).name, plan: makeJob(dice, cast.draft) } });
  }
  return steps;
}

function makeJob(dice: Dice, draft: Draft): JobPlan {
  const pools = draft.providers.flatMap((provider) => provider.pools.map((pool) => ({ provider, pool })));
  const { provider, pool } = dice.pick(pools.filter((place) => place.pool.labels.length > 0));
  const most = Math.min(3, pool.maxServers, draft.tenantInstances ?? 3);
  const labels = Array.from({ length: dice.whole(1, most) }, () => dice.pick(pool.labels));
  const unknown = dice.chance(0.04);
  return {
    labels: unknown ? [...labels, 'unknown'] : labels,
    priority: dice.pick(['100', '200', '300']),
    relativePriority: dice.whole(0, 3),
    provider: dice.chance(0.1) ? provider.name : null,
    tenant: draft.tenantInstances !== null && dice.chance(0.5) ? TENANT : null,
    work: dice.spread(0.5, 120),
    hold: dice.chance(0.07) ? dice.whole(20, 300) : null,
    cancelAfter: dice.chance(0.15) ? dice.spread(0.01, 60) : null,
    hesitation: dice.chance(0.3) ? dice.spread(0.05, 40) : 0,
  };
}

function makeFaults(dice: Dice, cast: Cast, end: number): Step[] {
  const count = dice.chance(0.05) ? 0 : dice.whole(1, 25);
  // Each seed has its own kinds of trouble, so that some go deep instead of all going broad.
  const kinds = FAULTS.filter(() => dice.chance(0.4));
  const active = kinds.length > 0 ? kinds : FAULTS;
  return Array.from({ length: count }, () => ({
    at: dice.between(dice.chance(0.1) ? 0 : WARM_UP, end),
    deed: dice.weighted(active)(dice, cast),
  }));
}

/** ZooKeeper is restarted, forgets all sessions, or is slow. */
function makeOutages(dice: Dice, end: number): Step[] {
  if (dice.chance(0.6)) return [];
  return Array.from({ length: dice.whole(1, 3) }, () => ({
    at: dice.between(WARM_UP, end),
    deed: {
      do: 'store',
      fate: dice.pick(['restart', 'expire', 'slow'] as const),
      seconds: dice.spread(0.5, 60),
      lag: dice.spread(0.05, 15),
    },
  }));
}

/** Clouds that have no room, or no time for us, for a while. */
function makeRefusals(dice: Dice, cast: Cast, end: number): Step[] {
  return Array.from({ length: dice.whole(0, 5) }, () => ({
    at: dice.between(WARM_UP, end),
    deed: { do: 'cloud', cloud: anyCloud(dice, cast), seconds: dice.spread(20, 900), ...refusal(dice) },
  }));
}

function refusal(dice: Dice): { readonly knobs: Partial<FakeKnobs>; readonly faults: readonly FakeFault[] } {
  const probability = dice.between(0.3, 1);
  const rate = { effect: 'fail', kind: 'rate', probability, retryAfter: dice.spread(1, 100) } as const;
  const capacity = { effect: 'fail', kind: 'capacity', probability } as const;
  return dice.pick([
    { knobs: { capacity: { instances: dice.whole(0, 4) } }, faults: [] },
    { knobs: { fullZones: [dice.pick(['az1', 'az2'])] }, faults: [] },
    { knobs: { rateLimit: dice.whole(0, 30) }, faults: [] },
    { knobs: {}, faults: [{ target: 'create', ...rate }] },
    { knobs: {}, faults: [{ target: 'delete', ...rate }] },
    { knobs: {}, faults: [{ target: 'create', ...capacity }] },
    { knobs: {}, faults: [{ target: 'create', effect: dice.pick(['hang', 'hang-after']) }] },
  ]);
}

type Maker = (dice: Dice, cast: Cast) => Deed;

function anyDaemon(dice: Dice, { launchers, builders }: Cast): string {
  return dice.chance(0.8) ? dice.pick(launchers).host : dice.pick(builders);
}

function anybody(dice: Dice, cast: Cast): string {
  return dice.chance(0.8) ? anyDaemon(dice, cast) : dice.pick(cast.clients).name;
}

function atCall(dice: Dice): AtCall | null {
  if (dice.chance(0.3)) return null;
  return { calls: Math.round(dice.spread(1, 40)), when: dice.pick(['before', 'after'] as const) };
}

const anyCloud: (dice: Dice, cast: Cast) => string = (dice, { draft }) => dice.pick(draft.providers).cloud;

const FAULTS: readonly (readonly [number, Maker])[] = [
  [3, (dice, cast) => ({ do: 'kill', who: anybody(dice, cast), atCall: atCall(dice), downFor: dice.spread(0.1, 60) })],
  [1, (dice, cast) => ({ do: 'stop', who: anyDaemon(dice, cast), downFor: dice.spread(0.1, 30) })],
  [3, (dice, cast) => ({ do: 'cut', who: anybody(dice, cast), atCall: atCall(dice), seconds: dice.spread(0.01, 30) })],
  [3, (dice, cast) => ({ do: 'expire', who: anybody(dice, cast), atCall: atCall(dice) })],
  [2, (dice, cast) => ({ do: 'freeze', who: anybody(dice, cast), seconds: dice.spread(0.1, 40) })],
  [1, (dice, cast) => ({ do: 'clock', who: anyDaemon(dice, cast), seconds: dice.between(-3600, 3600) })],
  [4, (dice, cast) => ({ do: 'cloud', cloud: anyCloud(dice, cast), seconds: dice.spread(1, 200), ...trouble(dice) })],
  [
    2,
    (dice, cast) => ({
      do: 'server',
      cloud: anyCloud(dice, cast),
      dice: dice.next(),
      fate: dice.pick(['gone', 'broken'] as const),
    }),
  ],
  [1, (dice, cast) => ({ do: 'foreign-server', cloud: anyCloud(dice, cast), seconds: dice.spread(10, 400) })],
  [2, (dice, cast) => maxServers(dice, cast)],
  [1, (dice, cast) => ({ do: 'min-ready', label: dice.pick(cast.draft.labels).name, to: dice.whole(0, 3) })],
  [
    1,
    (dice, cast) => ({
      do: 'provider',
      provider: dice.pick(cast.draft.providers).name,
      absentFor: dice.spread(5, 200),
    }),
  ],
  [1, (dice, cast) => ({ do: 'label', label: dice.pick(cast.draft.labels).name, absentFor: dice.spread(5, 200) })],
  [2, (dice) => garbage(dice)],
  [
    0.5,
    (dice, cast) => ({ do: 'stranger', seconds: dice.spread(5, 200), labels: [dice.pick(cast.draft.labels).name] }),
  ],
  [1, (dice) => ({ do: 'order', order: dice.pick(['delete', 'hold', 'release'] as const), dice: dice.next() })],
  [0.5, (dice, cast) => ({ do: 'build-order', image: dice.pick(cast.draft.labels).image })],
  [0.5, (dice, cast) => ({ do: 'build-failures', builder: dice.pick(cast.builders), times: dice.whole(1, 3) })],
  [2, (dice, cast) => ({ do: 'revise', client: dice.pick(cast.clients).name })],
  [0.5, (dice, cast) => ({ do: 'janitor', client: dice.pick(cast.clients).name })],
];

function maxServers(dice: Dice, { draft }: Cast): Deed {
  const provider = dice.pick(draft.providers);
  const to = dice.pick([0, 1, 2, 4, 10]);
  return { do: 'max-servers', provider: provider.name, pool: dice.pick(provider.pools).name, to };
}

function trouble(dice: Dice): { readonly knobs: Partial<FakeKnobs>; readonly faults: readonly FakeFault[] } {
  const probability = dice.between(0.1, 1);
  const times = dice.whole(1, 5);
  const fault = (target: FakeFault['target'], effect: 'fail' | 'lose-reply' | 'hang' | 'hang-after'): FakeFault =>
    effect.startsWith('hang') ? { target, effect, probability, times } : { target, effect, probability };
  const knobs = (change: Partial<FakeKnobs>): ReturnType<typeof trouble> => ({ knobs: change, faults: [] });
  const faults = (...all: readonly FakeFault[]): ReturnType<typeof trouble> => ({ knobs: {}, faults: all });
  return dice.pick([
    knobs({ apiLatency: { min: 0, max: dice.spread(1, 60) } }),
    knobs({ bootTime: { min: 0, max: dice.spread(10, 200) } }),
    knobs({ quota: { instances: dice.whole(0, 4) } }),
    knobs({ leakProbability: probability }),
    knobs({ listOmission: probability, listLag: dice.spread(0.1, 60), listAfterglow: dice.spread(0.1, 60) }),
    knobs({ fullZones: ['az1'] }),
    faults(fault('create', 'fail')),
    faults(fault('create', 'lose-reply')),
    faults(fault('create', 'hang')),
    faults(fault('create', 'hang-after')),
    faults(fault('boot', 'fail')),
    faults(fault('boot', 'hang')),
    faults(fault('wait', 'fail')),
    faults(fault('delete', 'fail')),
    faults(fault('delete', 'lose-reply')),
    faults(fault('delete', 'hang')),
    faults(fault('list', 'fail'), fault('limits', 'fail')),
    faults({ target: 'create', effect: 'fail', probability, kind: 'quota', message: 'Quota exceeded' }),
    faults(fault('image-upload', 'fail'), fault('image-delete', 'fail')),
    faults(fault('image-upload', 'lose-reply')),
    faults(fault('image-upload', 'hang')),
  ]);
}

const JUNK = ['', 'not json', '[]', '{"build_id":"x"}', '{"state":"dancing"}', '{"state":"ready","state_time":1}'];

function garbage(dice: Dice): Deed {
  const number = String(dice.whole(900_000, 999_999)).padStart(10, '0');
  const node = JSON.stringify({
    state: dice.pick(['ready', 'used', 'in-use']),
    state_time: 1,
    provider: ELSEWHERE,
    type: ['small'],
  });
  return {
    do: 'garbage',
    ...dice.pick([
      { path: `/nodepool/nodes/${number}`, text: dice.pick(JUNK) },
      { path: `/nodepool/nodes/${number}`, text: node },
      { path: `/nodepool/nodes/stranger`, text: dice.pick(JUNK) },
      { path: `/nodepool/requests/100-${number}`, text: dice.pick(JUNK.slice(0, 5)) },
      { path: `/nodepool/requests/1-2-${number}`, text: '{"state":"requested","node_types":["small"]}' },
      { path: `/nodepool/requests/nonsense`, text: dice.pick(JUNK) },
      { path: `/nodepool/requests-lock/nonsense`, text: '' },
      { path: `/nodepool/components/pool/other0000${number.slice(4)}`, text: dice.pick(JUNK.slice(0, 3)) },
      { path: `/nodepool/images/image/builds/${number}`, text: dice.pick(JUNK) },
    ]),
  };
}
