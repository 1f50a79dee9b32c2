import { FakeClouds } from '../../src/adapters/fake-cloud/fake-clouds.js';
import type { FakeCloud } from '../../src/adapters/fake-cloud/fake-cloud.js';
import type { FakeServerView } from '../../src/adapters/fake-cloud/fake-server.js';
import { VirtualClock } from '../../src/adapters/memory/virtual-clock.js';
import type { NodepoolConfig } from '../../src/domain/config/config.js';
import type { Reservations } from '../../src/apps/launcher/reservations.js';
import type { FakeCallKind } from '../../src/adapters/fake-cloud/fake-call.js';
import type { CloudProgram } from './actors/cloud-program.js';
import { MachinePark } from './actors/machine-park.js';
import { Chronicle } from './kernel/chronicle.js';
import { Streams } from './kernel/dice.js';
import { ObservedTree } from './kernel/observed-tree.js';
import type { Author, Role, TreeChange } from './kernel/observed-tree.js';
import { SimProcess } from './kernel/sim-process.js';
import { SimStore } from './kernel/sim-store.js';
import { parse, TreeModel } from './kernel/tree-model.js';
import { Ledger } from './ledger.js';

/** A launcher that was there when the store was lost. */
interface Survivor {
  readonly process: SimProcess;
  readonly serves: (provider: string) => boolean;
}

/** A call to a cloud, at the moment it is made. */
export interface CloudCall {
  readonly kind: FakeCallKind;
  readonly process: SimProcess;
  readonly store: SimStore;
  readonly provider: string;
  readonly nodeId: string | null;
  readonly externalId: string | null;
  /** The session that the process had. */
  readonly author: Author;
  /** The build whose image is uploaded. */
  readonly build: string | null;
  /** Virtual seconds. */
  readonly at: number;
  /** What became of it, as far as the process has heard; a process that is dead or frozen hears nothing. */
  answer: { readonly kind: 'done' | 'failed'; readonly at: number } | null;
}

/** Seconds that a mended configuration may take to be in force everywhere. */
const CATCHING_UP = 60;

/** A call to a cloud that has not been answered. */
export interface OpenCall {
  readonly kind: FakeCallKind;
  readonly process: SimProcess;
  readonly provider: string;
  readonly since: number;
}

/** Checks one rule; tells of what breaks it. */
export interface Invariant {
  /** `model` shows the tree before the change. */
  beforeChange?(change: TreeChange, world: World): void;
  /** `model` shows the tree after the change. */
  afterChange?(change: TreeChange, world: World): void;
  onCloudCall?(call: CloudCall, world: World): void;
}

type Marks = Readonly<Record<string, string>>;

const INSTALLATION = '/nodepool/installation';

/** Everything that the processes of one installation share: its store above all. */
export class World {
  readonly clock: VirtualClock;
  readonly streams: Streams;
  readonly tree: ObservedTree;
  readonly model = new TreeModel(() => this.clock.monotonic());
  readonly chronicle: Chronicle;
  readonly clouds: FakeClouds;
  readonly machines: MachinePark;
  readonly ledger = new Ledger(this);
  readonly stores: SimStore[] = [];
  /** Which process launched a node, by node. */
  readonly launchedBy = new Map<string, string>();
  /** Which process has ever asked for the lock of which request. */
  readonly touched = new Set<string>();
  /** Who stands for the locks of images, builds and uploads, the holder first, by what the lock lies below. */
  readonly imageLocks = new Map<string, { readonly name: string; readonly owner: Author | null }[]>();
  readonly openCalls = new Set<OpenCall>();
  /** Programs of drivers that run. */
  readonly programs = new Set<CloudProgram>();
  /** Calls that were to make an instance, by node. */
  readonly attempts = new Map<string, number>();
  /** What launchers have decided and not done yet, by process. */
  readonly reservations = new Map<string, Reservations>();
  /** Seconds by which clocks of processes may be wrong; grows with every jump. */
  clockTolerance = 1;
  /** Changes of the tree. */
  changes = 0;
  /** When the store was lost for the last time, seconds since the epoch. */
  lostAt = -Infinity;
  /** Configurations in force by and by, with the moment they came. */
  readonly configs: { readonly at: number; readonly config: NodepoolConfig }[] = [];

  /** Launchers that were there when the store was lost for the last time. */
  private survivors: readonly Survivor[] | null = null;
  /** Since when hosts with a broken file have seen no change of it. */
  private readonly keptSince: number[] = [];
  /** Ids that this installation has had. */
  private readonly ids = new Set<string>();
  /** Other installations in the same clouds. */
  private readonly others = new Set<World>();

  /** @param beside an installation in the same clouds, at the same time */
  constructor(
    readonly seed: number,
    private readonly invariants: readonly Invariant[],
    keepLines: number,
    beside?: World,
  ) {
    this.clock = beside?.clock ?? new VirtualClock(1_700_000_000);
    this.streams = beside?.streams ?? new Streams(seed);
    this.tree = new ObservedTree(this.clock);
    this.chronicle = beside?.chronicle ?? new Chronicle(this.clock, keepLines);
    this.clouds = beside?.clouds ?? new FakeClouds(this.clock, this.streams.of('clouds'));
    this.machines = new MachinePark(() => this.clock.monotonic());
    this.tree.observe((change) => this.onChange(change));
    if (!beside) return;
    this.others.add(beside);
    beside.others.add(this);
  }

  process(name: string, role: Role): SimProcess {
    return new SimProcess(name, role, this.clock, this.streams.of(name), this.chronicle);
  }

  open(process: SimProcess): SimStore {
    const store = new SimStore(this.tree, process);
    this.stores.push(store);
    return store;
  }

  cloud(name: string): FakeCloud {
    return this.clouds.cloud(name);
  }

  get config(): NodepoolConfig {
    const last = this.configs.at(-1);
    if (!last) throw new Error('there is no configuration yet');
    return last.config;
  }

  /** All configurations that some process may still go by, the newest first. */
  recentConfigs(seconds: number): readonly NodepoolConfig[] {
    const since = Math.min(this.clock.monotonic(), ...this.keptSince) - seconds;
    const current = this.configs.findLastIndex(({ at }) => at <= since);
    return this.configs
      .slice(Math.max(0, current))
      .map(({ config }) => config)
      .reverse();
  }

  /** From now on some host sees no change of the configuration. Answers how to say that it does again. */
  keepConfigs(): () => void {
    const at = this.clock.monotonic();
    this.keptSince.push(at);
    return () => {
      this.clock.schedule(CATCHING_UP, () => this.keptSince.splice(this.keptSince.indexOf(at), 1));
    };
  }

  /** All records are gone, and their numbers begin anew. `survivors`: launchers that know what was. */
  wipe(survivors: readonly Survivor[]): void {
    this.tree.wipe();
    this.survivors = survivors;
    this.lostAt = this.clock.now();
    this.ledger.clear();
    for (const known of [this.launchedBy, this.touched, this.attempts]) known.clear();
  }

  /** Does it bear the mark of a store that was lost? */
  isOfLostStore(marks: Marks): boolean {
    const mine = parse(this.tree.read(INSTALLATION)?.data)?.['id'];
    return this.survivors !== null && marks['nodepool_installation_id'] !== mine;
  }

  /** Does it bear the mark of another installation in the same clouds? */
  isOfOthers(marks: Marks): boolean {
    const id = marks['nodepool_installation_id'];
    return id !== undefined && [...this.others].some(({ ids }) => ids.has(id));
  }

  /** Servers in all clouds but those of other installations. */
  get servers(): readonly FakeServerView[] {
    const all = this.clouds.all.flatMap(({ servers }) => servers);
    return this.others.size === 0 ? all : all.filter(({ metadata }) => !this.isOfOthers(metadata));
  }

  /** Is nobody left who serves its provider and knows whose it was? */
  isForgotten(marks: Marks): boolean {
    const provider = marks['nodepool_provider_name'] ?? '';
    const left = (this.survivors ?? []).filter(({ process }) => !process.dead);
    return this.isOfLostStore(marks) && !left.some(({ serves }) => serves(provider));
  }

  /** Was it before the store was lost? */
  isBeforeLoss(at: number): boolean {
    return this.clock.now() - this.clock.monotonic() + at <= this.lostAt;
  }

  cloudCall(call: CloudCall): void {
    const what = [call.kind, call.provider, call.nodeId, call.externalId].filter((part) => part !== null).join(' ');
    if (call.kind !== 'limits' && call.kind !== 'zones' && call.kind !== 'list') {
      this.chronicle.say(call.process.name, `cloud: ${what}`);
    }
    for (const invariant of this.invariants) invariant.onCloudCall?.(call, this);
  }

  private noteId({ after }: TreeChange): void {
    const id = parse(after)?.['id'];
    if (typeof id === 'string') this.ids.add(id);
  }

  private onChange(change: TreeChange): void {
    this.changes += 1;
    this.chronicle.say(change.author?.process ?? 'world', describe(change));
    if (change.path === INSTALLATION) this.noteId(change);
    for (const invariant of this.invariants) invariant.beforeChange?.(change, this);
    this.model.apply(change);
    for (const invariant of this.invariants) invariant.afterChange?.(change, this);
  }
}

function describe({ kind, path, before, after, expired }: TreeChange): string {
  const name = path.replace('/nodepool/', '').replace(/[0-9a-f]{32}/g, (id) => id.slice(0, 6));
  const old = parse(before);
  const json = parse(after);
  if (kind === 'remove') return `${expired ? 'expire' : 'remove'} ${name}`;
  if (!json) return `${kind} ${name}`;
  const interesting = ['state', 'allocated_to', 'nodes', 'declined_by', 'external_id', 'paused', 'relative_priority'];
  const shown = interesting
    .filter((key) => key in json && JSON.stringify(json[key]) !== JSON.stringify(old?.[key]))
    .filter((key) => old !== null || (json[key] !== null && JSON.stringify(json[key]) !== '[]'))
    .map((key) => `${key}=${JSON.stringify(json[key])}`);
  if (kind === 'create' && json['node_types']) shown.push(JSON.stringify(json['node_types']));
  return `${kind} ${name} ${shown.join(' ')}`.trimEnd();
}
