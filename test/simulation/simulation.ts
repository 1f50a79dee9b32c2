import type { RecordsWrapper } from './actors/daemon.js';
import type { JobPlan, Requestor } from './actors/requestor.js';
import { Deeds } from './deeds.js';
import { checkEnd, whatIsLeft } from './final-checks.js';
import { ExplanationWatch } from './explanation-watch.js';
import { StandstillWatch } from './standstill-watch.js';
import { Installation } from './installation.js';
import { INVARIANTS } from './invariants/all.js';
import type { SimStore } from './kernel/sim-store.js';
import type { Violation } from './kernel/chronicle.js';
import { isOffered } from './scenario/machines.js';
import type { Scenario } from './scenario/scenario.js';
import { restoreLimits, wholeRooms } from './scenario/whole-room.js';
import type { Mutation } from './mutations.js';
import { Fitness } from './watches/fitness.js';
import { FileWatch } from './watches/file-watch.js';
import { ProgramWatch } from './watches/program-watch.js';
import { ServerWatch } from './watches/server-watch.js';
import { World } from './world.js';

export interface SimulationOptions {
  /** Lines of the chronicle to keep; 0 = none. */
  readonly keepLines?: number;
  /** For mutations. */
  readonly wrap?: RecordsWrapper;
  /** Told now and then that the simulation lives. */
  readonly pulse?: (virtualSeconds: number) => void;
}

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly lines: readonly string[];
  /** The same for two runs of the same scenario. */
  readonly digest: string;
  readonly virtualSeconds: number;
  readonly changes: number;
  readonly jobs: Readonly<Record<string, number>>;
}

/** Seconds for everybody to start and to see the configuration. */
const SETTLING = 30;
/** Seconds in which everything must have come to rest after the last fault, or after the last job that ended since. */
const REST_LIMIT = 1800;
/** Seconds that a probe may take in a healthy system. */
const PROBE_LIMIT = 600;
/** Seconds in which nothing must happen at the end. */
const QUIET = 120;
const QUIET_LOOKS = 3;
/** Seconds between two looks at what launchers say. */
const BETWEEN_LOOKS = 25;

/** One run of a scenario: of an installation, and of another one in the same clouds if there is one. */
export class Simulation extends Installation {
  readonly neighbour: Installation | null;
  private readonly fitness: Fitness;
  private readonly looks: readonly (() => void)[];
  private nextLook = 0;

  constructor(
    readonly scenario: Scenario,
    private readonly options: SimulationOptions = {},
  ) {
    const { seed, neighbour } = scenario;
    const world = new World(seed, INVARIANTS, options.keepLines ?? 0);
    super(world, scenario);
    this.neighbour = neighbour && new Installation(new World(seed, INVARIANTS, 0, world), neighbour);
    this.fitness = new Fitness(world);
    this.looks = this.installations.flatMap((each) => watchesOf(this.fitness).map((watch) => () => watch.look(each)));
  }

  /** The same system with a defect. */
  static mutated(scenario: Scenario, mutation: Mutation, options: SimulationOptions = {}): Simulation {
    const wrap: RecordsWrapper = (records, process) => mutation.wrap(simulation.world)(records, process);
    const simulation = new Simulation(scenario, { ...options, wrap });
    return simulation;
  }

  get installations(): readonly Installation[] {
    return this.neighbour ? [this, this.neighbour] : [this];
  }

  async run(): Promise<Outcome> {
    const onRejection = (error: unknown): void =>
      this.world.chronicle.fail('no rejection is lost', error instanceof Error ? (error.stack ?? '') : String(error));
    globalThis.process.on('unhandledRejection', onRejection);
    try {
      this.begin();
      const deeds = new Deeds(this);
      for (const step of this.scenario.steps) this.world.clock.schedule(step.at, () => deeds.carryOut(step));
      await this.pass(this.scenario.end);
      deeds.heal();
      await this.pass(this.world.clock.monotonic() + SETTLING);
      await this.rest();
      await this.probe();
      if (this.scenario.narrow) await this.narrow();
      await this.quiet();
      await this.end();
    } finally {
      globalThis.process.off('unhandledRejection', onRejection);
    }
    return this.outcome();
  }

  /** The session of whoever runs on that host. */
  storeOf(host: string): SimStore | undefined {
    return this.daemons.find((daemon) => daemon.host === host)?.life?.store ?? this.client(host)?.store;
  }

  /** Of either installation. */
  client(name: string): Requestor | null {
    const clients = this.installations.flatMap((each) => each.clients);
    return clients.find((host) => host.name === name)?.requestor ?? null;
  }

  private begin(): void {
    const { scenario, world } = this;
    for (const each of this.installations) each.edited();
    for (const { cloud } of this.draft.providers) world.cloud(cloud).set(healthyKnobs(scenario));
    this.start(this.options.wrap);
    this.neighbour?.start();
  }

  /** Lets time pass; ends early when something is broken. */
  private async pass(until: number): Promise<void> {
    const { clock, chronicle } = this.world;
    while (!chronicle.broken && clock.monotonic() < until) {
      this.options.pulse?.(clock.monotonic());
      await clock.advanceUntil(() => chronicle.broken, Math.min(30, until - clock.monotonic()));
      if (!chronicle.broken && clock.monotonic() >= this.nextLook) {
        this.nextLook = clock.monotonic() + BETWEEN_LOOKS;
        this.fitness.look(this.installations.flatMap(({ daemons }) => daemons));
        for (const look of this.looks) look();
      }
    }
  }

  private async rest(): Promise<void> {
    const { clock, chronicle } = this.world;
    let limit = clock.monotonic() + REST_LIMIT;
    let over = this.jobsOver();
    const left = (): readonly string[] => this.installations.flatMap(whatIsLeft);
    while (!chronicle.broken && left().length > 0) {
      // A crowd that is served one by one takes its time.
      if (this.jobsOver() > over) limit = clock.monotonic() + REST_LIMIT;
      over = this.jobsOver();
      if (clock.monotonic() >= limit) {
        return chronicle.fail('everything comes to rest', left().slice(0, 6).join('; '));
      }
      await this.pass(clock.monotonic() + 10);
    }
  }

  /** In a healthy system whatever is offered can be had. */
  private async probe(): Promise<void> {
    const { clock, chronicle } = this.world;
    if (chronicle.broken) return;
    chronicle.say('world', 'probes');
    const before = this.jobs();
    const prober = this.clients[0]?.requestor;
    const offered = this.draft.machines?.filter(isOffered).flatMap(({ labels: own }) => own) ?? [];
    const labels = [...this.draft.labels.map((label) => label.name), ...new Set(offered)];
    for (const label of labels) {
      const plan = { priority: '200', relativePriority: 0, provider: null, tenant: null, work: 1, hold: null };
      prober?.begin({ ...plan, labels: [label], cancelAfter: null, hesitation: 0 });
    }
    const limit = clock.monotonic() + PROBE_LIMIT;
    while (!chronicle.broken && (prober?.jobsUnderWay ?? 0) > 0 && clock.monotonic() < limit) {
      await this.pass(clock.monotonic() + 5);
    }
    const served = (this.jobs()['served'] ?? 0) - (before['served'] ?? 0);
    if (served < labels.length)
      chronicle.fail('what is offered can be had', `${served} of ${labels.length} probes served`);
    await this.rest();
  }

  /** The limits are what they were, and the whole room within them can be had: nothing of it is lost to what is long over. */
  private async narrow(): Promise<void> {
    const { clock, chronicle } = this.world;
    if (chronicle.broken) return;
    const wide = structuredClone(this.draft);
    restoreLimits(this.draft, this.scenario.draft);
    this.edited();
    await this.pass(clock.monotonic() + SETTLING);
    const before = this.jobs()['served'] ?? 0;
    const plans = wholeRooms(this.draft);
    const prober = this.clients.find(({ kind }) => kind !== 'jenkins')?.requestor;
    if (prober) {
      chronicle.say('world', 'asks for all there is');
      for (const plan of plans) await this.askAlone(prober, plan);
      const served = (this.jobs()['served'] ?? 0) - before;
      if (!chronicle.broken && served < plans.length)
        chronicle.fail('the whole room can be used', `${served} of ${plans.length} requests for all of it served`);
    }
    restoreLimits(this.draft, wide);
    this.edited();
    await this.pass(clock.monotonic() + SETTLING);
    await this.rest();
  }

  private async askAlone(prober: Requestor, plan: JobPlan): Promise<void> {
    const { clock, chronicle } = this.world;
    const limit = clock.monotonic() + PROBE_LIMIT;
    prober.begin(plan);
    while (!chronicle.broken && prober.jobsUnderWay > 0 && clock.monotonic() < limit)
      await this.pass(clock.monotonic() + 5);
  }

  /** Let lazy looks of the mirrors pass, then count. */
  private async quiet(): Promise<void> {
    const { clock, chronicle } = this.world;
    // The turnover of nodes by age would go on for ever.
    for (const label of this.draft.labels) Object.assign(label, { maxReadyAge: 0 });
    this.edited();
    await this.pass(clock.monotonic() + 60);
    let noise: string | null = null;
    // What is left of the garbage is cleaned up in its own time: a late piece of work is no unrest, one after the other is.
    for (let look = 0; look < QUIET_LOOKS && !chronicle.broken; look += 1) {
      noise = await this.noise();
      if (noise === null) break;
      await this.pass(clock.monotonic() + QUIET);
    }
    if (chronicle.broken) return;
    if (noise !== null) chronicle.fail('rest is quiet', noise);
    for (const each of this.installations) checkEnd(each);
  }

  /** Watches the calls to the store for a while; null = as few as there should be. */
  private async noise(): Promise<string | null> {
    const { clock } = this.world;
    const before = this.calls();
    await this.pass(clock.monotonic() + QUIET);
    const after = this.calls();
    const reads = after.read - before.read;
    const writes = after.write - before.write;
    // Each launcher lists requests and their locks once in a minute, with a stat for each lock of a vanished request.
    const minutes = QUIET / 60 + 1;
    const locks = this.world.tree.list('/nodepool/requests-lock')?.length ?? 0;
    const allowed = this.launchers.length * minutes * (2 + locks) + this.daemons.length * 10;
    if (writes === 0 && reads <= allowed) return null;
    return `${writes} writes and ${reads} reads (${allowed} allowed) in ${QUIET} s`;
  }

  private calls(): { readonly read: number; readonly write: number } {
    const sum = { read: 0, write: 0 };
    for (const { counts } of this.world.stores) {
      sum.read += counts.read;
      sum.write += counts.write;
    }
    return sum;
  }

  /** An orderly end: nothing is left behind. */
  private async end(): Promise<void> {
    const { clock, chronicle } = this.world;
    if (chronicle.broken) return;
    const daemons = this.installations.flatMap((each) => each.daemons);
    const all = Promise.all(daemons.map((daemon) => daemon.stop()));
    await this.pass(clock.monotonic() + 120);
    if (chronicle.broken) return;
    await all;
    const registered = this.installations.flatMap(({ world }) =>
      [...world.model.registered.values()].map(({ id }) => id),
    );
    if (registered.length > 0) chronicle.fail('everything ends', `still registered: ${registered.join(' ')}`);
  }

  private jobs(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const host of this.clients) {
      for (const [end, count] of host.ends()) sum[end] = (sum[end] ?? 0) + count;
    }
    return sum;
  }

  private jobsOver(): number {
    return Object.values(this.jobs()).reduce((sum, count) => sum + count, 0);
  }

  private outcome(): Outcome {
    const { chronicle, clock, changes, seed } = this.world;
    return {
      seed,
      violation: chronicle.violation,
      lines: chronicle.lines,
      digest: `${(chronicle.digest >>> 0).toString(16).padStart(8, '0')}-${chronicle.lineCount}`,
      virtualSeconds: clock.monotonic(),
      changes,
      jobs: this.jobs(),
    };
  }
}

export function healthyKnobs({ knobs, quota }: Scenario): Scenario['knobs'] {
  return {
    ...knobs,
    quota: { instances: quota, cores: 10_000, ram: 100_000_000 },
    fullZones: [],
    capacity: {},
    rateLimit: Infinity,
    listOmission: 0,
    listLag: 0,
    listAfterglow: 0,
    leakProbability: 0,
    unknownImages: 'refuse',
  };
}

function watchesOf(fitness: Fitness): readonly { look(installation: Installation): void }[] {
  return [
    new ExplanationWatch(),
    new StandstillWatch(),
    new ServerWatch(fitness),
    new FileWatch(fitness),
    new ProgramWatch(fitness),
  ];
}
