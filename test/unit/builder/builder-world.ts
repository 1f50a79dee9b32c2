import { expect } from 'vitest';
import { FakeClouds } from '../../../src/adapters/fake-cloud/fake-clouds.js';
import type { FakeCloud } from '../../../src/adapters/fake-cloud/fake-cloud.js';
import { FakeDriver } from '../../../src/adapters/fake-cloud/fake-driver.js';
import { FakeImageBuilder } from '../../../src/adapters/fake-builder/fake-image-builder.js';
import { MemoryDisk } from '../../../src/adapters/fake-builder/memory-disk.js';
import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../../src/adapters/memory-metrics/recording-metrics.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { TreeRecords } from '../../../src/adapters/records/tree-records.js';
import { Administration } from '../../../src/apps/administration/administration.js';
import { Builder } from '../../../src/apps/builder/builder.js';
import type { BuilderOptions } from '../../../src/apps/builder/services.js';
import type { DiskImageConfig, NodepoolConfig, ProviderConfig } from '../../../src/domain/config/config.js';
import type { Decision } from '../../../src/domain/explain/reason.js';
import type { ImageBuild, ImageUpload, StoredBuild, StoredUpload } from '../../../src/domain/model/image.js';
import type { DriverRegistry } from '../../../src/ports/compute/driver.js';
import type { BuildJob, BuildResult } from '../../../src/ports/image-building/image-builder.js';
import type { LocalImages } from '../../../src/ports/image-building/local-images.js';
import type { ConfigSource } from '../../../src/ports/runtime/config-source.js';
import type { ConfigProblem } from '../../../src/domain/config/config-problem.js';
import type { ProcessOutcome, ProcessRunner, ProcessSpec } from '../../../src/ports/runtime/process-runner.js';
import type { DecisionJournal, DecisionSubject, JournalEntry } from '../../../src/ports/telemetry/journal.js';
import { aConfig, aDiskImage, aProvider } from '../../support/builders.js';

export const DIR = '/images';
export const LOGS = '/logs';
export const HEX = /^[0-9a-f]{32}$/;

/** A configuration that scenarios change, as an operator edits the file. */
class EditableConfig implements ConfigSource {
  mistakes: readonly ConfigProblem[] = [];
  private readonly listeners = new Set<(config: NodepoolConfig) => void>();
  private edited: NodepoolConfig | undefined;

  constructor(public current: NodepoolConfig) {}

  /** The change is seen at the next reload. */
  edit(config: NodepoolConfig): void {
    this.edited = config;
  }

  async reload(): Promise<NodepoolConfig> {
    if (this.edited) {
      this.current = this.edited;
      this.edited = undefined;
      for (const listener of [...this.listeners]) listener(this.current);
    }
    return this.current;
  }

  onChange(listener: (config: NodepoolConfig) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Remembers what was run and answers as told. */
class ScriptedProcesses implements ProcessRunner {
  readonly calls: ProcessSpec[] = [];
  outcome: ProcessOutcome = { kind: 'exited', code: 0 };

  async run(spec: ProcessSpec): Promise<ProcessOutcome> {
    this.calls.push(spec);
    spec.onOutput?.(new TextEncoder().encode('hook output\n'));
    return this.outcome;
  }
}

class LastDecisions implements DecisionJournal {
  private readonly last = new Map<string, JournalEntry>();
  /** Verdicts, each time one differs from the decider's last about the same image. */
  readonly changes: string[] = [];

  record(subject: DecisionSubject, decision: Decision<string>): void {
    const key = `${subject.id} ${subject.decider}`;
    if (this.last.get(key)?.decision.verdict !== decision.verdict) this.changes.push(`${key} ${decision.verdict}`);
    this.last.set(key, { subject, decision, since: 0 });
  }

  entries(kind: DecisionSubject['kind'], id: string): readonly JournalEntry[] {
    return [...this.last.values()].filter((entry) => entry.subject.kind === kind && entry.subject.id === id);
  }

  codes(id: string, decider: string): readonly string[] {
    return this.last.get(`${id} ${decider}`)?.decision.because.map((reason) => reason.code) ?? [];
  }
}

export class BuilderNode {
  readonly store: MemoryTreeStore;
  readonly records: TreeRecords;
  readonly disk: MemoryDisk;
  readonly dib: FakeImageBuilder;
  readonly processes = new ScriptedProcesses();
  readonly metrics = new RecordingMetrics();
  readonly logger = new MemoryLogger();
  readonly journal = new LastDecisions();
  readonly builder: Builder;
  private crashed = false;

  constructor(
    readonly world: BuilderWorld,
    readonly hostname: string,
    options: BuilderOptions,
    disk?: MemoryDisk,
  ) {
    const { clock, tree, random } = world;
    this.store = new MemoryTreeStore(tree, { clock });
    const leases = new KazooLeases(this.store, { clock, random });
    const host = { hostname, pid: 1 };
    this.records = new TreeRecords({ store: this.store, leases, clock, random, host, logger: this.logger });
    this.disk = disk ?? new MemoryDisk(random);
    this.dib = new FakeImageBuilder(clock, this.disk);
    this.builder = new Builder(
      {
        records: this.records,
        config: world.config,
        drivers: world.drivers,
        imageBuilder: { build: (job, signal) => world.watchBuild(job, this.dib.build(job, signal)) },
        localImages: this.mortal(this.disk),
        processes: this.processes,
        environment: { PATH: '/bin' },
        clock,
        random,
        host,
        metrics: this.metrics,
        logger: this.logger,
        journal: this.journal,
        version: '1',
      },
      options,
    );
  }

  async start(): Promise<this> {
    await this.builder.start();
    return this;
  }

  get dead(): boolean {
    return this.crashed;
  }

  /** From now on nothing that the process does has any effect. */
  crash(): void {
    this.crashed = true;
    this.store.loseConnection();
    this.store.expireSession();
  }

  /** The process is gone from one moment to the next. */
  async die(): Promise<void> {
    this.crash();
    await this.store.close();
    await this.builder.stop({ killBuilds: true });
  }

  /** The disk outlives the process, which must not touch it any more then. */
  private mortal(disk: MemoryDisk): LocalImages {
    return new Proxy(disk, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        if (this.crashed) return () => Promise.reject(new Error('the process is dead'));
        return (...args: unknown[]): unknown => Reflect.apply(method, target, args);
      },
    });
  }

  files(): readonly string[] {
    return this.disk.names(DIR).filter((name) => name !== 'builder_id.txt');
  }
}

export interface WorldPlan {
  readonly images?: readonly DiskImageConfig[];
  readonly providers?: readonly ProviderConfig[];
  readonly config?: Partial<NodepoolConfig>;
}

/** A store, clouds and any number of builders on virtual time. */
export class BuilderWorld {
  readonly clock = new VirtualClock();
  readonly random = new SeededRandom(7);
  readonly tree = new MemoryTree(this.clock);
  readonly clouds = new FakeClouds(this.clock, this.random);
  readonly drivers: DriverRegistry;
  readonly config: EditableConfig;
  /** What an operator's command line sees and does. */
  readonly operator: TreeRecords;
  private readonly operatorStore: MemoryTreeStore;
  private readonly nodes: BuilderNode[] = [];
  /** Of the same image. */
  mostBuildsAtOnce = 0;
  private readonly buildsRunning = new Map<string, number>();

  constructor(plan: WorldPlan = {}) {
    const fake = new FakeDriver(this.clouds);
    this.drivers = { driver: (name) => (name === 'fake' ? fake : undefined) };
    this.config = new EditableConfig(configOf(plan));
    const { clock, random } = this;
    this.operatorStore = new MemoryTreeStore(this.tree, { clock });
    const leases = new KazooLeases(this.operatorStore, { clock, random });
    const host = { hostname: 'desk', pid: 2 };
    const logger = new MemoryLogger();
    this.operator = new TreeRecords({ store: this.operatorStore, leases, clock, random, host, logger });
  }

  async open(): Promise<this> {
    await this.operator.open(['images']);
    return this;
  }

  node(hostname = 'nb01', options: BuilderOptions = {}, disk?: MemoryDisk): BuilderNode {
    const node = new BuilderNode(this, hostname, options, disk);
    this.nodes.push(node);
    return node;
  }

  started(hostname?: string, options?: BuilderOptions, disk?: MemoryDisk): Promise<BuilderNode> {
    return this.node(hostname, options, disk).start();
  }

  cloud(name = 'fake'): FakeCloud {
    return this.clouds.cloud(name);
  }

  edit(plan: WorldPlan): void {
    this.config.edit(configOf(plan));
  }

  builds(image?: string): readonly StoredBuild[] {
    return this.operator.images.view.builds(image);
  }

  uploads(of?: { readonly image?: string; readonly provider?: string }): readonly StoredUpload[] {
    return this.operator.images.view.uploads(of);
  }

  ready(): readonly StoredBuild[] {
    return this.builds().filter((build) => build.value.state === 'ready');
  }

  readyUploads(provider?: string): readonly StoredUpload[] {
    return this.uploads(provider === undefined ? {} : { provider }).filter((upload) => upload.value.state === 'ready');
  }

  async givenBuild(build: string, change: Partial<ImageBuild> = {}, image = 'image'): Promise<void> {
    const { builds } = this.operator.images;
    const value: ImageBuild = {
      state: 'ready',
      stateTime: this.clock.now(),
      builder: 'elsewhere',
      builderId: 'somebody',
      formats: ['qcow2'],
      username: 'zuul',
      pythonPath: 'auto',
      shellType: null,
      extra: {},
      ...change,
    };
    await builds.create({ image, build }, value);
  }

  async givenUpload(build: string, change: Partial<ImageUpload> = {}, provider = 'cloud'): Promise<StoredUpload> {
    const value: ImageUpload = {
      state: 'ready',
      stateTime: this.clock.now(),
      externalId: 'external',
      externalName: 'name',
      format: 'qcow2',
      username: 'zuul',
      pythonPath: 'auto',
      shellType: null,
      extra: {},
      ...change,
    };
    const subject = { image: 'image', build, provider };
    const held = await this.operator.images.uploads.lockProvider(subject);
    const key = await this.operator.images.uploads.create(subject, value);
    if ('lease' in held) await held.lease.release();
    return { ...key, value };
  }

  /** Takes note of builds that run at the same time. */
  async watchBuild(job: BuildJob, build: Promise<BuildResult>): Promise<BuildResult> {
    const { name } = job.image;
    const running = (this.buildsRunning.get(name) ?? 0) + 1;
    this.buildsRunning.set(name, running);
    this.mostBuildsAtOnce = Math.max(this.mostBuildsAtOnce, running);
    try {
      return await build;
    } finally {
      this.buildsRunning.set(name, (this.buildsRunning.get(name) ?? 0) - 1);
    }
  }

  /** What stands behind `nodepool`, in a process of its own. */
  administration(): Administration {
    return new Administration({
      records: this.operator,
      store: this.operatorStore,
      config: () => this.config.current,
      provider: () => Promise.reject(new Error('no cloud is asked here')),
      opinions: { ask: () => Promise.reject(new Error('no launcher is asked here')) },
      clock: this.clock,
      logger: new MemoryLogger(),
    });
  }

  /** Writes a record as a foreign process would. */
  async put(path: string, data: string): Promise<void> {
    await this.operatorStore.create(path, new TextEncoder().encode(data), { makeParents: true });
  }

  async json(path: string): Promise<Record<string, unknown> | undefined> {
    const record = await this.operatorStore.read(path);
    return record && (JSON.parse(new TextDecoder().decode(record.data)) as Record<string, unknown>);
  }

  children(path: string): Promise<readonly string[] | undefined> {
    return this.operatorStore.list(path);
  }

  pass(seconds: number): Promise<void> {
    return this.clock.advance(seconds);
  }

  /** Lets time pass until it has come about; fails after `limit` seconds. */
  async until(what: string, condition: () => boolean, limit = 300): Promise<void> {
    const came = await this.clock.advanceUntil(condition, limit);
    expect(came, `it did not come about that ${what}; logs: ${this.troubles()}`).toBe(true);
  }

  /** The builders' warnings and errors. */
  troubles(): string {
    const lines = this.nodes.flatMap((node) => node.logger.lines);
    return lines
      .filter((line) => line.level === 'error' || line.level === 'warn')
      .map(
        (line) =>
          `${line.message} ${line.fields['err'] instanceof Error ? line.fields['err'].message : ''} ${JSON.stringify(line.fields)}`,
      )
      .join('; ');
  }

  async end(): Promise<void> {
    for (const node of this.nodes) {
      await node.builder.stop({ killBuilds: true });
      await node.records.close();
      await node.store.close();
    }
    await this.operator.close();
    await this.operatorStore.close();
  }
}

function configOf({ images = [aDiskImage()], providers = [aProvider()], config = {} }: WorldPlan): NodepoolConfig {
  const diskImages = new Map(images.map((image) => [image.name, image]));
  return aConfig({ imagesDir: DIR, buildLogDir: LOGS, diskImages, ...config }, ...providers);
}
