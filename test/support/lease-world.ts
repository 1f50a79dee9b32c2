/** Gateways, launchers and a cloud on any store: what leases promise is told in these words. */
import { createHash } from 'node:crypto';
import { FakeClouds } from '../../src/adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../src/adapters/fake-cloud/fake-driver.js';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { MemoryJournal } from '../../src/adapters/memory-journal/memory-journal.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../src/adapters/memory-metrics/recording-metrics.js';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import { TreeRecords } from '../../src/adapters/records/tree-records.js';
import { RecordExplanations } from '../../src/apps/administration/record-explanations.js';
import { launcherContainer, PARTS } from '../../src/apps/composition/launcher-module.js';
import { TOKENS } from '../../src/apps/composition/tokens.js';
import type { Launcher } from '../../src/apps/launcher/launcher.js';
import { Desk } from '../../src/apps/leases/desk.js';
import { LeaseGateway } from '../../src/apps/leases/lease-gateway.js';
import { requestConditions } from '../../src/apps/leases/request-conditions.js';
import { ProviderManager } from '../../src/apps/providers/provider-manager.js';
import type { NodepoolConfig } from '../../src/domain/config/config.js';
import { API_SCOPES } from '../../src/domain/config/lease-api.js';
import type { LeaseWish } from '../../src/domain/decide/lease-wish.js';
import type { LeasedNode, LeaseState, NodeLease } from '../../src/domain/model/lease.js';
import type { Node } from '../../src/domain/model/node.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import type { LeaseCaller } from '../../src/ports/leasing/lease-desk.js';
import type { Clock } from '../../src/ports/runtime/clock.js';
import { aConfig, aPool, aPoolLabel, aProvider } from './builders.js';
import { SettableConfig } from './launcher-world.js';
import type { StoreWorld } from './store-world.js';

/** The store's world with the time that leases are told in; `pass` lets so many of its seconds pass. */
export interface TimedStoreWorld extends StoreWorld {
  readonly leaseClock: Clock;
  readonly passLease: (seconds: number) => Promise<void>;
}

/** A process with a session of its own; a launcher if it has one. */
export interface LeaseMember {
  readonly store: TreeStore;
  readonly records: TreeRecords;
  readonly gateway: LeaseGateway | null;
  readonly desk: Desk;
  readonly launcher: Launcher | null;
  readonly config: SettableConfig;
  readonly metrics: RecordingMetrics;
  readonly logger: MemoryLogger;
}

export function leaseConfig(maxServers = 4, top: Partial<NodepoolConfig> = {}): NodepoolConfig {
  const image = { kind: 'cloud-image', name: 'debian' } as const;
  const labels = new Map(['small', 'large'].map((name) => [name, aPoolLabel(name, { image })] as const));
  const pool = aPool({ maxServers, labelNames: ['small', 'large'], labels, availabilityZones: ['az1'] });
  const debian = {
    name: 'debian',
    imageId: null,
    imageName: null,
    configDrive: null,
    username: 'debian',
    pythonPath: 'auto',
    shellType: null,
    connectionType: 'ssh',
    connectionPort: 22,
  };
  const provider = aProvider({ cloudImages: new Map([['debian', debian]]), diskImages: new Map() }, pool);
  return aConfig({ leaseApi: { tcp: null, socket: null, keepEnded: 3600, identity: null }, ...top }, provider);
}

export function aCaller(name = 'team-a', change: Partial<LeaseCaller> = {}): LeaseCaller {
  return {
    name,
    scopes: ['lease'],
    tenant: name,
    labels: null,
    maxLeases: Infinity,
    maxDuration: 86400,
    maxPriority: 200,
    from: '127.0.0.1',
    ...change,
  };
}

export const ADMIN = aCaller('root', { scopes: API_SCOPES });

export function aWish(change: Partial<LeaseWish> = {}): LeaseWish {
  return {
    labels: ['small'],
    ttl: 300,
    maxDuration: undefined,
    wait: null,
    purpose: null,
    priority: 200,
    sshKeys: [],
    provider: null,
    ...change,
  };
}

export function digestOf(wish: LeaseWish): string {
  return createHash('sha256').update(JSON.stringify(wish)).digest('hex');
}

let members = 0;

export class LeaseWorld {
  readonly clock: Clock;
  readonly clouds: FakeClouds;
  readonly random = new SeededRandom(7);
  /** Keys that were let in, and what is to go wrong with it. */
  readonly keysAdded: { readonly node: string; readonly keys: readonly string[] }[] = [];
  letIn: (node: LeasedNode) => void = () => undefined;
  private readonly members: LeaseMember[] = [];
  private readonly gone = new Set<LeaseMember>();

  constructor(readonly world: TimedStoreWorld) {
    this.clock = world.leaseClock;
    this.clouds = new FakeClouds(this.clock, this.random);
  }

  /** @param roles default: a launcher that is a gateway */
  async join(
    config = leaseConfig(),
    roles: { readonly launcher?: boolean; readonly gateway?: boolean; readonly clock?: Clock } = {},
  ): Promise<LeaseMember> {
    const store = await this.world.open();
    const hostname = `host${(members += 1)}`;
    const logger = new MemoryLogger();
    const metrics = new RecordingMetrics();
    const { random } = this;
    const clock = roles.clock ?? this.clock;
    const leases = new KazooLeases(store, { clock: this.world.clock, random });
    const records = new TreeRecords({ store, leases, clock, random, host: { hostname, pid: 1 }, logger });
    const source = new SettableConfig(config);
    const journal = new MemoryJournal(clock);
    const explanations = new RecordExplanations({ records, config: () => source.current, journal, clock });
    const sources = {
      explanations,
      launchers: records.launchers.view,
      opinions: { ask: (address: string) => Promise.resolve({ address, kind: 'unknown' } as const) },
      config: () => source.current,
      hostname,
    };
    const services = {
      records,
      config: source,
      clock,
      random,
      logger,
      metrics,
      keys: {
        install: (node: LeasedNode, keys: readonly string[]) => {
          this.letIn(node);
          this.keysAdded.push({ node: node.id, keys });
          return Promise.resolve();
        },
      },
      room: (provider: string, pool: string, label: string) =>
        parts?.get(PARTS.room).of(provider, pool, label) ?? { pool: 0, account: 0 },
      conditions: (request: string) => requestConditions(sources, request),
      digest: (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32),
    };
    const parts =
      roles.launcher === false
        ? null
        : launcherContainer({
            records,
            config: source,
            providers: new ProviderManager({
              drivers: { driver: (name) => (name === 'fake' ? new FakeDriver(this.clouds) : undefined) },
              context: { clock, random, logger, metrics },
            }),
            clock,
            random,
            host: { hostname, pid: 1 },
            scanner: { scan: () => Promise.resolve(['ssh-ed25519 AAAA']) },
            logger,
            metrics,
            journal,
            intervals: { configCheck: 5, poolTick: 10, deleteRetry: 5, cleanup: 60, stats: 60 },
            version: 'test',
          });
    const launcher = parts?.get(TOKENS.launcher) ?? null;
    const gateway = new LeaseGateway(services);
    const desk = new Desk(services, gateway);
    const member: LeaseMember = {
      store,
      records,
      gateway: roles.gateway === false ? null : gateway,
      desk,
      launcher,
      config: source,
      metrics,
      logger,
    };
    this.members.push(member);
    await this.settle(launcher?.start() ?? records.open(['nodes', 'requests', 'launchers', 'leases']));
    if (member.gateway) await this.settle(member.gateway.start());
    if (launcher) await this.world.eventually('the launcher is ready', () => launcher.ready);
    return member;
  }

  /** Lets time pass until it is done. */
  async settle<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const mark = (): void => void (done = true);
    work.then(mark, mark);
    await this.world.eventually('it is done', () => done);
    return work;
  }

  /** Stands for a process that was killed: its session ends, nothing else is done. */
  async kill(member: LeaseMember): Promise<void> {
    this.gone.add(member);
    await this.settle(member.store.close());
    await this.settle(Promise.all([member.gateway?.stop(), member.launcher?.stop()]));
    await member.records.close();
  }

  /** An end in good order. */
  async stop(member: LeaseMember): Promise<void> {
    this.gone.add(member);
    await this.settle(Promise.resolve(member.gateway?.stop()));
    await this.settle(Promise.resolve(member.launcher?.stop()));
    await member.records.close();
    await this.settle(member.store.close());
  }

  async create(
    member: LeaseMember,
    wish: Partial<LeaseWish> = {},
    caller = aCaller(),
    id = this.random.uuid(),
  ): Promise<string> {
    const full = aWish(wish);
    await this.settle(member.desk.create(id, full, digestOf(full), caller));
    return id;
  }

  /** As the store has it. */
  async lease(member: LeaseMember, id: string): Promise<NodeLease> {
    const stored = await this.settle(member.records.leases.read(id));
    if (!stored) throw new Error(`there is no lease ${id}`);
    return stored.value;
  }

  async becomes(member: LeaseMember, id: string, state: LeaseState): Promise<NodeLease> {
    await this.world.eventually(
      `lease ${id} is ${state}`,
      () => member.records.leases.view.get(id)?.value.state === state,
    );
    return this.lease(member, id);
  }

  /** Creates a lease and waits until it is active. */
  async active(member: LeaseMember, wish: Partial<LeaseWish> = {}, caller = aCaller()): Promise<string> {
    const id = await this.create(member, wish, caller);
    await this.becomes(member, id, 'active');
    return id;
  }

  /** Does the member's gateway take care of the lease? */
  keeps(member: LeaseMember, id: string): boolean {
    return member.gateway?.status().some(({ details }) => details.includes(id)) ?? false;
  }

  nodes(member: LeaseMember): readonly (Node & { readonly id: string })[] {
    return [...member.records.nodes.view.all().values()].map(({ id, value }) => ({ ...value, id }));
  }

  inUse(member: LeaseMember): readonly string[] {
    return this.nodes(member)
      .filter(({ state }) => state === 'in-use')
      .map(({ id }) => id);
  }

  async end(): Promise<void> {
    for (const member of this.members) if (!this.gone.has(member)) await this.stop(member);
    await this.world.end();
  }
}
