/** Launchers, clients and a cloud on one tree in memory under virtual time: scenarios are told in these words. */
import type { FakeCloud } from '../../src/adapters/fake-cloud/fake-cloud.js';
import { FakeClouds } from '../../src/adapters/fake-cloud/fake-clouds.js';
import type { FakeKnobs } from '../../src/adapters/fake-cloud/fake-knobs.js';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { MemoryJournal } from '../../src/adapters/memory-journal/memory-journal.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../src/adapters/memory-metrics/recording-metrics.js';
import { MemoryTree } from '../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../src/adapters/memory/memory-tree-store.js';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../src/adapters/memory/virtual-clock.js';
import { StaticDriver } from '../../src/adapters/static/static-driver.js';
import { TreeRecords } from '../../src/adapters/records/tree-records.js';
import { launcherContainer, PARTS } from '../../src/apps/composition/launcher-module.js';
import { TOKENS } from '../../src/apps/composition/tokens.js';
import type { Launcher } from '../../src/apps/launcher/launcher.js';
import type { Reservations } from '../../src/apps/launcher/reservations.js';
import type { LauncherServices } from '../../src/apps/launcher/services.js';
import { ProviderManager } from '../../src/apps/providers/provider-manager.js';
import type { ConfigProblem } from '../../src/domain/config/config-problem.js';
import type { NodepoolConfig } from '../../src/domain/config/config.js';
import type { Node } from '../../src/domain/model/node.js';
import type { NodeRequest } from '../../src/domain/model/request.js';
import type { RecordLease } from '../../src/ports/records/record-lease.js';
import type { ConfigSource } from '../../src/ports/runtime/config-source.js';
import type { HostKeyScanner } from '../../src/ports/runtime/host-key-scan.js';
import type { Driver } from '../../src/ports/compute/driver.js';
import type { Instance } from '../../src/ports/compute/provider.js';
import { aConfig, aPool, aProvider, aRequest } from './builders.js';
import { AddressedDriver } from './addressed-driver.js';
import { ControlledScanner } from './controlled-scanner.js';

export class SettableConfig implements ConfigSource {
  mistakes: readonly ConfigProblem[] = [];
  private readonly listeners = new Set<(config: NodepoolConfig) => void>();
  constructor(public current: NodepoolConfig) {}
  reload(): Promise<NodepoolConfig> {
    return Promise.resolve(this.current);
  }
  onChange(listener: (config: NodepoolConfig) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  set(config: NodepoolConfig): void {
    this.current = config;
    for (const listener of this.listeners) listener(config);
  }
}

export interface RunningLauncher {
  readonly launcher: Launcher;
  readonly services: LauncherServices;
  readonly reservations: Reservations;
  readonly store: MemoryTreeStore;
  readonly journal: MemoryJournal;
  readonly metrics: RecordingMetrics;
  readonly config: SettableConfig;
}

/** Virtual seconds after which something that should happen counts as not happening. */
const PATIENCE = 120;

export class LauncherWorld {
  readonly clock: VirtualClock;
  readonly tree: MemoryTree;
  readonly random: SeededRandom;
  readonly logger = new MemoryLogger();
  readonly clouds: FakeClouds;
  /** The machines of static providers, as a scanner meets them. */
  readonly machines: ControlledScanner;
  /** Answers for the machines when their host keys are asked for. */
  scan: HostKeyScanner['scan'] = () => Promise.resolve(['ssh-rsa FAKEKEY']);
  /** Further drivers, by name. */
  readonly drivers = new Map<string, Driver>();
  /** What instances say of their addresses instead of what the fake cloud has. */
  addresses: Partial<Instance> = {};
  /** Seconds after which a pool looks again although nothing has happened. */
  poolTick = 10;
  /** Of the requests that were submitted. */
  private readonly events = new Map<string, string>();
  private readonly stores: MemoryTreeStore[] = [];
  private readonly launchers: RunningLauncher[] = [];
  /** The client: a session of its own. */
  readonly client: TreeRecords;
  readonly clientStore: MemoryTreeStore;

  /**
   * @param neighbour another installation, with which this one shares time and clouds, but no store
   * @param tree what the records are in, if it is another than one of its own
   */
  constructor(seed = 1, knobs: Partial<FakeKnobs> = {}, neighbour?: LauncherWorld, tree?: MemoryTree) {
    this.clock = neighbour?.clock ?? new VirtualClock();
    this.tree = tree ?? new MemoryTree(this.clock);
    this.machines = new ControlledScanner(this.clock);
    this.random = new SeededRandom(seed);
    this.clouds = neighbour?.clouds ?? new FakeClouds(this.clock, this.random, knobs);
    this.clientStore = this.open();
    this.client = this.records(this.clientStore);
  }

  get cloud(): FakeCloud {
    return this.clouds.cloud('fake');
  }

  open(): MemoryTreeStore {
    const store = new MemoryTreeStore(this.tree, { clock: this.clock });
    this.stores.push(store);
    return store;
  }

  /** All sessions end at once. */
  expireAll(): void {
    for (const store of this.stores) store.expireSession();
  }

  records(store: MemoryTreeStore, hostname = 'client'): TreeRecords {
    const { clock, random } = this;
    const logger = this.logger.child(hostname);
    const leases = new KazooLeases(store, { clock, random });
    return new TreeRecords({ store, leases, clock, random, host: { hostname, pid: 1 }, logger });
  }

  async start(config: NodepoolConfig, hostname = `launcher${this.launchers.length}`): Promise<RunningLauncher> {
    await this.client.open(['nodes', 'requests', 'images', 'launchers']);
    const { clock, random } = this;
    const logger = this.logger.child(hostname);
    const metrics = new RecordingMetrics();
    const journal = new MemoryJournal(clock);
    const store = this.open();
    const source = new SettableConfig(config);
    const drivers = new Map<string, Driver>([
      ['fake', new AddressedDriver(this.clouds, () => this.addresses)],
      ['static', new StaticDriver(this.machines)],
      ...this.drivers,
    ]);
    const container = launcherContainer({
      records: this.records(store, hostname),
      config: source,
      providers: new ProviderManager({
        drivers: { driver: (name) => drivers.get(name) },
        context: { clock, random, logger, metrics },
      }),
      clock,
      random,
      host: { hostname, pid: 1 },
      scanner: { scan: (target, timeout, signal) => this.scan(target, timeout, signal) },
      logger,
      metrics,
      journal,
      intervals: { configCheck: 1, poolTick: this.poolTick, deleteRetry: 5, cleanup: 60, stats: 10 },
      version: 'test',
    });
    const launcher = container.get(TOKENS.launcher);
    await launcher.start();
    const parts = { reservations: container.get(PARTS.reservations), services: container.get(PARTS.services) };
    const running = { launcher, store, journal, metrics, config: source, ...parts };
    this.launchers.push(running);
    await this.eventually('the launcher is ready', () => launcher.ready);
    return running;
  }

  /** Stands for a process that was killed: its session ends, nothing else is done. */
  async kill({ launcher, store }: RunningLauncher): Promise<void> {
    await store.close();
    await launcher.stop();
  }

  /** An image as a builder leaves it, ready in the providers. */
  async seedImage(image = 'image', providers: readonly string[] = ['cloud'], build = '0000000001'): Promise<void> {
    const now = this.clock.now();
    const common = { username: 'zuul', pythonPath: 'auto', shellType: null, extra: {}, stateTime: now };
    const imageLock = await this.client.images.builds.lockImage(image);
    if ('lease' in imageLock) await imageLock.lease.release();
    await this.client.images.builds.create(
      { image, build },
      { ...common, state: 'ready', builder: 'b', builderId: 'b', formats: ['qcow2'] },
    );
    for (const provider of providers) {
      const key = { image, build, provider };
      const locked = await this.client.images.uploads.lockProvider(key);
      const externalId = this.random.hexId();
      const upload = { ...common, state: 'ready' as const, externalId, externalName: image, format: 'qcow2' };
      await this.client.images.uploads.create(key, upload);
      if ('lease' in locked) await locked.lease.release();
    }
  }

  /** Calls back for each record that is created or written, by whomever, after it has taken effect. */
  onWrite(listener: (path: string, record: Readonly<Record<string, unknown>>) => void): void {
    const { tree } = this;
    const write = tree.write.bind(tree);
    const create = tree.create.bind(tree);
    const tell = (path: string, data: Uint8Array): void => {
      if (data.length > 0) listener(path, JSON.parse(new TextDecoder().decode(data)) as Record<string, unknown>);
    };
    tree.write = (path, data, version) => {
      const stat = write(path, data, version);
      tell(path, data);
      return stat;
    };
    tree.create = (path, data, options, session) => {
      const created = create(path, data, options, session);
      if (/^\/nodepool\/(nodes|requests)\/[^/]+$/.test(created)) tell(created, data);
      return created;
    };
  }

  /** Calls back in the very moment in which somebody stands for the lock of this record: what follows the mirror cannot know yet. */
  onceLocking(lockPath: string, act: () => void): void {
    const { tree } = this;
    const create = tree.create.bind(tree);
    let waiting = true;
    tree.create = (path, data, options, session) => {
      const created = create(path, data, options, session);
      if (waiting && created.startsWith(`${lockPath}/`)) {
        waiting = false;
        act();
      }
      return created;
    };
  }

  /** What stands in a record, past all mirrors. */
  stored(path: string): Readonly<Record<string, unknown>> {
    return JSON.parse(new TextDecoder().decode(this.tree.read(path)?.data)) as Record<string, unknown>;
  }

  /** Changes keys of a record as a client does that heeds no lock. */
  meddle(path: string, change: Readonly<Record<string, unknown>>): void {
    const record = { ...this.stored(path), ...change };
    this.tree.write(path, new TextEncoder().encode(JSON.stringify(record)));
  }

  /** Does anybody hold or want the lock of this record right now? Asks the tree, not the mirror. */
  locked(path: string): boolean {
    return (this.tree.list(path) ?? []).length > 0;
  }

  /** Stops a launcher in an orderly way. */
  async stop({ launcher }: RunningLauncher): Promise<void> {
    const stopping = launcher.stop();
    await this.clock.advance(1);
    await stopping;
  }

  /** Submits a request and answers its id. */
  async submit(change: Partial<NodeRequest> | readonly string[] = {}, priority = '200'): Promise<string> {
    const now = this.clock.now();
    const fields = Array.isArray(change)
      ? { nodeTypes: change as readonly string[] }
      : (change as Partial<NodeRequest>);
    const eventId = `event-${this.events.size}`;
    const request = aRequest({ stateTime: now, createdTime: now, eventId, ...fields });
    const { id } = await this.client.requests.create(priority, request);
    if (request.eventId !== null) this.events.set(id, request.eventId);
    return id;
  }

  request(id: string): NodeRequest | undefined {
    return this.client.requests.view.get(id)?.value;
  }

  node(id: string): Node | undefined {
    return this.client.nodes.view.get(id)?.value;
  }

  get nodes(): readonly (Node & { readonly id: string })[] {
    return [...this.client.nodes.view.all().values()].map(({ id, value }) => ({ ...value, id }));
  }

  async fulfilled(id: string): Promise<readonly string[]> {
    await this.eventually(`request ${id} is fulfilled`, () => this.request(id)?.state === 'fulfilled');
    return this.request(id)?.nodes ?? [];
  }

  async failed(id: string): Promise<NodeRequest> {
    await this.eventually(`request ${id} has failed`, () => this.request(id)?.state === 'failed');
    return this.request(id) as NodeRequest;
  }

  async pending(id: string): Promise<void> {
    await this.eventually(`request ${id} is pending`, () => this.request(id)?.state === 'pending');
  }

  /** Locks the nodes of a fulfilled request, deletes the request and uses the nodes, as Zuul does. */
  async accept(id: string): Promise<readonly RecordLease<Node>[]> {
    const leases: RecordLease<Node>[] = [];
    for (const node of await this.fulfilled(id)) {
      const outcome = await this.client.nodes.lock(node, { wait: 30 });
      if (outcome.kind !== 'locked') throw new Error(`node ${node} is ${outcome.kind}`);
      if (outcome.lease.current.value.allocatedTo !== id) throw new Error(`node ${node} is not allocated to ${id}`);
      leases.push(outcome.lease);
    }
    await this.client.requests.remove(id);
    for (const lease of leases) await lease.update({ state: 'in-use' });
    return leases;
  }

  async giveBack(leases: readonly RecordLease<Node>[]): Promise<void> {
    for (const lease of leases) {
      await lease.update({ state: 'used' });
      await lease.release();
    }
  }

  async eventually(what: string, condition: () => boolean, limit = PATIENCE): Promise<void> {
    if (await this.clock.advanceUntil(condition, limit)) return;
    const lines = this.logger.lines.slice(-15).map((line) => `${line.name}: ${line.message}`);
    const nodes = this.nodes.map((node) => `${node.id} ${node.state} ${String(node.allocatedTo)}`);
    throw new Error(`It did not come about that ${what}\n${[...nodes, ...lines].join('\n')}`);
  }

  /** Holds now and for `seconds` more. */
  async steadily(what: string, condition: () => boolean, seconds = 30): Promise<void> {
    if (!condition()) throw new Error(`It is not so that ${what}`);
    if (await this.clock.advanceUntil(() => !condition(), seconds)) throw new Error(`It did not stay so that ${what}`);
  }

  noNodes(): Promise<void> {
    return this.eventually('no nodes are left', () => this.nodes.length === 0);
  }

  /** Lines about a request or a node that do not say which, or of which event: whoever searches the log for it would miss them. */
  private anonymousLines(): readonly string[] {
    return this.logger.lines
      .filter(({ message, fields }) => {
        const request = /\b\d{3}-\d{10}\b/.exec(`${message} ${JSON.stringify(fields['request'] ?? '')}`)?.[0];
        // Of a request that is gone nobody knows the event any more.
        const known = request !== undefined && !message.includes(`${request} is gone`);
        const event = known ? this.events.get(request) : undefined;
        const node = /\bnode (\d{10})\b/i.exec(message)?.[1];
        return (
          (request !== undefined && fields['request'] !== request) ||
          (event !== undefined && fields['eventId'] !== event) ||
          (node !== undefined && fields['node'] !== node)
        );
      })
      .map(({ name, message, fields }) => `${name}: ${message} ${JSON.stringify(fields)}`);
  }

  async end(): Promise<void> {
    const anonymous = this.anonymousLines();
    const stopping = Promise.all(this.launchers.map(({ launcher }) => launcher.stop()));
    await this.clock.advance(1);
    await stopping;
    await this.client.close();
    await Promise.all(this.stores.map((store) => store.close()));
    if (anonymous.length > 0) throw new Error(`Lines of the log that cannot be found by id:\n${anonymous.join('\n')}`);
  }
}

/** One provider with one pool of `maxServers`, as most scenarios want it. */
export function simpleConfig(
  options: {
    readonly maxServers?: number;
    readonly labels?: readonly string[];
    readonly minReady?: number;
    readonly provider?: Parameters<typeof aProvider>[0];
    readonly pool?: Parameters<typeof aPool>[0];
    readonly top?: Partial<NodepoolConfig>;
  } = {},
): NodepoolConfig {
  const labelNames = options.labels ?? ['small'];
  const pool = aPool({ maxServers: options.maxServers ?? 8, labelNames, availabilityZones: ['az1'], ...options.pool });
  const labels = new Map(
    labelNames.map((name) => [name, { name, minReady: options.minReady ?? 0, maxReadyAge: 0 }] as const),
  );
  return aConfig({ labels, ...options.top }, aProvider(options.provider, pool));
}
