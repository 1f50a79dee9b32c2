import { FakeImageBuilder } from '../../../src/adapters/fake-builder/fake-image-builder.js';
import type { MemoryDisk } from '../../../src/adapters/fake-builder/memory-disk.js';
import { MemoryJournal } from '../../../src/adapters/memory-journal/memory-journal.js';
import { RecordingMetrics } from '../../../src/adapters/memory-metrics/recording-metrics.js';
import { Builder } from '../../../src/apps/builder/builder.js';
import type { Records } from '../../../src/ports/records/records.js';
import type { SimLogger } from '../kernel/sim-logger.js';
import type { SimProcess } from '../kernel/sim-process.js';
import type { SimStore } from '../kernel/sim-store.js';
import { judgeEntry } from '../judges/judge.js';
import type { World } from '../world.js';
import { Daemon } from './daemon.js';
import type { RecordsWrapper } from './daemon.js';
import { guardedDrivers } from './guarded-driver.js';
import { ObservedDisk } from './observed-disk.js';

export class BuilderDaemon extends Daemon {
  /** Outlives the process. */
  readonly disk: MemoryDisk;
  /** Seconds a build takes. */
  buildTime = 20;
  /** Builds that fail from now on. */
  failures = 0;
  private dib: FakeImageBuilder | null = null;

  constructor(world: World, host: string, wrap?: RecordsWrapper) {
    super(world, host, 'builder', wrap);
    this.disk = new ObservedDisk(world, host);
  }

  failBuilds(times: number): void {
    this.dib?.failNext(times);
  }

  stopFailing(): void {
    this.dib?.stopFailing();
  }

  protected override begin(
    process: SimProcess,
    store: SimStore,
    records: Records,
    logger: SimLogger,
  ): () => Promise<void> {
    const { clock, dice: random } = process;
    const dib = new FakeImageBuilder(clock, this.disk);
    dib.duration = this.buildTime;
    this.dib = dib;
    const builder = new Builder(
      {
        records,
        config: this.config(),
        drivers: guardedDrivers(this.world, process, store),
        imageBuilder: { build: (job, signal) => process.guard(dib.build(job, signal)) },
        localImages: this.disk,
        processes: { run: () => Promise.resolve({ kind: 'exited', code: 0 }) },
        environment: {},
        clock,
        random,
        host: { hostname: this.host, pid: 1 },
        metrics: new RecordingMetrics(),
        logger,
        journal: new MemoryJournal(clock, { onChange: (entry) => judgeEntry(entry, process, this.world) }),
        version: 'simulated',
      },
      { intervals: { configCheck: 5 } },
    );
    const starting = builder.start().catch((error: unknown) => {
      if (!String(error).includes('stopping')) {
        this.world.chronicle.fail('starts', `${process.name} does not start: ${String(error)}`);
      }
    });
    return async () => {
      await builder.stop({ killBuilds: true });
      await starting;
      await records.close();
    };
  }
}
