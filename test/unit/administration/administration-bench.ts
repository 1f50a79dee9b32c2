import { readFileSync } from 'node:fs';
import { FakeClouds } from '../../../src/adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../../src/adapters/fake-cloud/fake-driver.js';
import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { TreeRecords } from '../../../src/adapters/records/tree-records.js';
import { Administration } from '../../../src/apps/administration/administration.js';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import type { Node } from '../../../src/domain/model/node.js';
import type { LauncherAnswer } from '../../../src/ports/administration/explanations.js';
import type { RecordLease } from '../../../src/ports/records/record-lease.js';
import type { MirrorName } from '../../../src/ports/records/records.js';
import { aConfig, aNode, aProvider } from '../../support/builders.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';

const ALL: readonly MirrorName[] = ['nodes', 'requests', 'images', 'launchers'];

/** A store in memory under virtual time with what stands above it, as `nodepool` has it, and a second process beside it. */
export class AdministrationBench {
  readonly clock: VirtualClock;
  readonly logger = new MemoryLogger();
  readonly clouds: FakeClouds;
  readonly store: MemoryTreeStore;
  readonly records: TreeRecords;
  readonly other: TreeRecords;
  readonly administration: Administration;
  config: NodepoolConfig;
  /** What launchers say by address; the others are silent. */
  readonly answers = new Map<string, LauncherAnswer>();
  readonly asked: string[] = [];

  constructor(
    now = 1_795_358_000,
    config: NodepoolConfig = aConfig({}, aProvider({ name: 'cloud', settings: { cloud: 'cloud' } })),
  ) {
    this.clock = new VirtualClock(now);
    this.config = config;
    const random = new SeededRandom(7);
    const tree = new MemoryTree(this.clock);
    const { clock, logger } = this;
    this.clouds = new FakeClouds(clock, random);
    const connect = (): [MemoryTreeStore, TreeRecords] => {
      const store = new MemoryTreeStore(tree, { clock });
      const leases = new KazooLeases(store, { clock, random });
      return [store, new TreeRecords({ store, leases, clock, logger, random, host: { hostname: 'test', pid: 1 } })];
    };
    [this.store, this.records] = connect();
    [, this.other] = connect();
    const driver = new FakeDriver(this.clouds);
    this.administration = new Administration({
      records: this.records,
      store: this.store,
      config: () => this.config,
      provider: async (name, signal) => {
        const provider = driver.createProvider(this.config.providers.get(name)!);
        await provider.start(signal ?? new AbortController().signal);
        return provider;
      },
      opinions: {
        ask: (address, kind, id, _signal, changes = []) => {
          this.asked.push([address, kind, id, ...changes].join(' '));
          return Promise.resolve(this.answers.get(address) ?? { address, kind: 'silent', problem: 'nobody is there' });
        },
      },
      clock,
      logger,
    });
  }

  /** Writes a record as some other process would. */
  async put(path: string, data = ''): Promise<void> {
    await this.store.create(path, new TextEncoder().encode(data), { makeParents: true });
  }

  async text(path: string): Promise<string | undefined> {
    const record = await this.store.read(path);
    return record && new TextDecoder().decode(record.data);
  }

  async json(path: string): Promise<Record<string, unknown> | undefined> {
    const text = await this.text(path);
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
  }

  /** Loads a recorded tree of the original. */
  async load(dump: string): Promise<void> {
    const url = new URL(`../../fixtures/cli/znodes/${dump}.json`, import.meta.url);
    const { records } = JSON.parse(readFileSync(url, 'utf8')) as { records: Record<string, string> };
    for (const [path, data] of Object.entries(records)) {
      if (!(await this.store.stat(path))) await this.put(path, data);
    }
  }

  /** Removes whoever holds or waits for a node's lock. */
  async unlock(id: string): Promise<void> {
    const path = `/nodepool/nodes/${id}/lock`;
    for (const contender of (await this.store.list(path)) ?? []) await this.store.remove(`${path}/${contender}`);
  }

  open(mirrors: readonly MirrorName[] = ALL): Promise<void> {
    return this.records.open(mirrors);
  }

  async node(change: Partial<Node> = {}): Promise<string> {
    const { id } = await this.other.nodes.create(aNode({ stateTime: this.clock.now(), ...change }));
    return id;
  }

  /** The other process takes a node's lock. */
  async lockedElsewhere(id: string): Promise<RecordLease<Node>> {
    const outcome = await this.other.nodes.lock(id);
    if (outcome.kind !== 'locked') throw new Error(`node ${id} is ${outcome.kind}`);
    return outcome.lease;
  }

  /** Lets time pass until the promise is settled. */
  async during<T>(promise: Promise<T>, limit = 2_000): Promise<T> {
    let settled = false;
    const end = (): void => void (settled = true);
    promise.then(end, end);
    await this.clock.advanceUntil(() => settled, limit);
    return promise;
  }

  async close(): Promise<void> {
    await this.records.close();
    await this.other.close();
    await this.store.close();
  }
}
