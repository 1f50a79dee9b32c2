import { MemoryJournal } from '../../../src/adapters/memory-journal/memory-journal.js';
import { RecordingMetrics } from '../../../src/adapters/memory-metrics/recording-metrics.js';
import { launcherContainer, PARTS } from '../../../src/apps/composition/launcher-module.js';
import { TOKENS } from '../../../src/apps/composition/tokens.js';
import type { PoolRoster } from '../../../src/apps/launcher/pool-roster.js';
import type { Reservations } from '../../../src/apps/launcher/reservations.js';
import type { Launcher } from '../../../src/apps/launcher/launcher.js';
import { ProviderManager } from '../../../src/apps/providers/provider-manager.js';
import type { NodepoolConfig } from '../../../src/domain/config/config.js';
import type { Records } from '../../../src/ports/records/records.js';
import type { SimLogger } from '../kernel/sim-logger.js';
import type { SimProcess } from '../kernel/sim-process.js';
import type { SimStore } from '../kernel/sim-store.js';
import { judgeEntry } from '../judges/judge.js';
import type { World } from '../world.js';
import { Daemon } from './daemon.js';
import type { RecordsWrapper } from './daemon.js';
import { guardedDrivers } from './guarded-driver.js';

export class LauncherDaemon extends Daemon {
  launcher: Launcher | null = null;
  journal: MemoryJournal | null = null;
  /** What it has decided and not done yet. */
  reservations: Reservations | null = null;
  roster: PoolRoster | null = null;
  /** Seconds after which a pool looks again although nothing has happened. */
  poolTick = 10;

  constructor(world: World, host: string, wrap?: RecordsWrapper, fileOf?: (config: NodepoolConfig) => NodepoolConfig) {
    super(world, host, 'launcher', wrap, fileOf);
  }

  protected override begin(
    process: SimProcess,
    store: SimStore,
    records: Records,
    logger: SimLogger,
  ): () => Promise<void> {
    const { clock, dice: random } = process;
    const metrics = new RecordingMetrics();
    const journal = new MemoryJournal(clock, { onChange: (entry) => judgeEntry(entry, process, this.world) });
    const container = launcherContainer({
      records,
      config: this.config(),
      providers: new ProviderManager({
        drivers: guardedDrivers(this.world, process, store),
        context: { clock, random, logger, metrics },
      }),
      clock,
      random,
      host: { hostname: this.host, pid: 1 },
      scanner: { scan: () => Promise.resolve(['ssh-rsa FAKEKEY']) },
      logger,
      metrics,
      journal,
      intervals: { configCheck: 5, poolTick: this.poolTick, deleteRetry: 5, cleanup: 60, stats: 30 },
      version: 'simulated',
    });
    const launcher = container.get(TOKENS.launcher);
    this.launcher = launcher;
    this.reservations = container.get(PARTS.reservations);
    this.roster = container.get(PARTS.roster);
    this.world.reservations.set(process.name, this.reservations);
    this.journal = journal;
    const begun = new AbortController();
    const starting = launcher.start(begun.signal).catch((error: unknown) => {
      if (begun.signal.aborted) return;
      this.world.chronicle.fail('starts', `${process.name} does not start: ${String(error)}`);
    });
    return async () => {
      begun.abort(new Error('stopped while starting'));
      await starting;
      await launcher.stop();
      await records.close();
    };
  }
}
