import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigFile } from '../../src/adapters/config-yaml/config-file.js';
import { FakeClouds } from '../../src/adapters/fake-cloud/fake-clouds.js';
import { FakeDriver } from '../../src/adapters/fake-cloud/fake-driver.js';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { MemoryJournal } from '../../src/adapters/memory-journal/memory-journal.js';
import { RecordingMetrics } from '../../src/adapters/memory-metrics/recording-metrics.js';
import { TreeRecords } from '../../src/adapters/records/tree-records.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { launcherContainer } from '../../src/apps/composition/launcher-module.js';
import { TOKENS } from '../../src/apps/composition/tokens.js';
import type { Launcher } from '../../src/apps/launcher/launcher.js';
import { DEFAULT_INTERVALS } from '../../src/apps/launcher/services.js';
import { loadOptions } from '../../src/apps/main/load-options.js';
import { ProviderManager } from '../../src/apps/providers/provider-manager.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import { eventually } from '../support/eventually.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { configuration } from './launcher-process.js';

export interface LauncherHere {
  readonly launcher: Launcher;
  readonly records: TreeRecords;
  stop(): Promise<void>;
}

/** The launcher in this process on a store of our choice, for looking inside. */
export async function launcherHere(store: TreeStore, folder: string, maxServers?: number): Promise<LauncherHere> {
  const path = join(folder, 'here.yaml');
  writeFileSync(path, configuration({ zooKeeperPort: 1, chroot: '' }, 0, maxServers));
  const clock = new SystemClock();
  const random = new SystemRandom();
  const logger = new MemoryLogger();
  const metrics = new RecordingMetrics();
  const host = { hostname: 'bench', pid: process.pid };
  const leases = new KazooLeases(store, { clock, random });
  const records = new TreeRecords({ store, leases, clock, random, host, logger });
  const driver = new FakeDriver(new FakeClouds(clock, random));
  const launcher = launcherContainer({
    records,
    config: await ConfigFile.open(loadOptions(path, null, {}), logger),
    providers: new ProviderManager({
      drivers: { driver: () => driver },
      context: { clock, random, logger, metrics },
    }),
    clock,
    random,
    host,
    scanner: { scan: () => Promise.resolve([]) },
    logger,
    metrics,
    journal: new MemoryJournal(clock),
    intervals: DEFAULT_INTERVALS,
    version: 'bench',
  }).get(TOKENS.launcher);
  await launcher.start();
  await eventually('the launcher is ready', () => launcher.ready);
  return {
    launcher,
    records,
    async stop() {
      await launcher.stop();
      await records.close();
      await store.close();
    },
  };
}
