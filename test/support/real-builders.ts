import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLocalImages } from '../../src/adapters/diskimage-builder/file-local-images.js';
import { FakeClouds } from '../../src/adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../src/adapters/fake-cloud/fake-driver.js';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { MemoryJournal } from '../../src/adapters/memory-journal/memory-journal.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../src/adapters/memory-metrics/recording-metrics.js';
import { TreeRecords } from '../../src/adapters/records/tree-records.js';
import { NodeProcessRunner } from '../../src/adapters/system/node-process-runner.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import { Builder } from '../../src/apps/builder/builder.js';
import type { DiskImageConfig, NodepoolConfig } from '../../src/domain/config/config.js';
import type { StoredBuild, StoredUpload } from '../../src/domain/model/image.js';
import type { ImageBuilder } from '../../src/ports/image-building/image-builder.js';
import type { Logger } from '../../src/ports/telemetry/logger.js';
import { aConfig, aProvider } from './builders.js';
import { ZooKeeperServer } from './zookeeper-server.js';

const HOSTS = ['nb01', 'nb02'];

interface Member {
  readonly builder: Builder;
  readonly store: ZooKeeperTreeStore;
  readonly records: TreeRecords;
}

/** Two builders with a directory each on one real ZooKeeper; the cloud alone is fake. */
export class RealBuilders {
  private readonly members: Member[] = [];
  private readonly clock = new SystemClock();
  private readonly random = new SystemRandom();
  private readonly logger = new MemoryLogger();
  private readonly clouds = new FakeClouds(this.clock, this.random);

  private constructor(
    private readonly server: ZooKeeperServer,
    readonly folder: string,
  ) {}

  static async open(): Promise<RealBuilders> {
    const folder = await mkdtemp(join(tmpdir(), 'nodepool-real-builders-'));
    return new RealBuilders(await ZooKeeperServer.start(), folder);
  }

  async start(images: readonly DiskImageConfig[], elementsDir: string, dib: () => ImageBuilder): Promise<void> {
    const [image] = aProvider().diskImages.values();
    const diskImages = new Map(images.map(({ name }) => [name, { ...image!, name }]));
    const provider = aProvider({ diskImages });
    for (const host of HOSTS) {
      await mkdir(join(this.folder, host));
      const config = aConfig(
        {
          imagesDir: join(this.folder, host),
          buildLogDir: join(this.folder, 'logs'),
          elementsDir,
          diskImages: new Map(images.map((each) => [each.name, each])),
        },
        provider,
      );
      this.members.push(await this.join(host, config, dib()));
    }
    await Promise.all(this.members.map(({ builder }) => builder.start()));
  }

  builds(): readonly StoredBuild[] {
    return this.members[0]?.records.images.view.builds() ?? [];
  }

  readyUploads(): readonly StoredUpload[] {
    const uploads = this.members[0]?.records.images.view.uploads() ?? [];
    return uploads.filter((upload) => upload.value.state === 'ready');
  }

  async filesOf(host: string): Promise<readonly string[]> {
    return (await readdir(join(this.folder, host))).filter((name) => name !== 'builder_id.txt').sort();
  }

  troubles(): readonly string[] {
    return [...this.logger.messages('error'), ...this.logger.messages('warn')];
  }

  /** @param limit milliseconds */
  async until(what: string, limit: number, condition: () => boolean): Promise<void> {
    const end = Date.now() + limit;
    while (!condition()) {
      if (Date.now() > end) throw new Error(`it did not come about that ${what}: ${this.troubles().join('; ')}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async end(): Promise<void> {
    for (const { builder, records, store } of this.members) {
      await builder.stop({ killBuilds: true });
      await records.close();
      await store.close();
    }
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async join(hostname: string, config: NodepoolConfig, imageBuilder: ImageBuilder): Promise<Member> {
    const { clock, random } = this;
    const logger: Logger = this.logger;
    const store = new ZooKeeperTreeStore({
      servers: [{ host: '127.0.0.1', port: this.server.port }],
      chroot: '',
      sessionTimeout: 10,
      tls: null,
      clock,
      logger,
    });
    await store.start();
    await store.session.connected();
    const host = { hostname, pid: process.pid };
    const leases = new KazooLeases(store, { clock, random });
    const records = new TreeRecords({ store, leases, clock, random, host, logger });
    const driver = new FakeDriver(this.clouds);
    const builder = new Builder({
      records,
      config: { current: config, mistakes: [], reload: () => Promise.resolve(config), onChange: () => () => undefined },
      drivers: { driver: (name) => (name === 'fake' ? driver : undefined) },
      imageBuilder,
      localImages: new FileLocalImages(random),
      processes: new NodeProcessRunner(),
      environment: {},
      clock,
      random,
      host,
      metrics: new RecordingMetrics(),
      logger,
      journal: new MemoryJournal(clock),
      version: '1',
    });
    return { builder, store, records };
  }
}
