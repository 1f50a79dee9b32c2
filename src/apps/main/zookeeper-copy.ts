import type { CommonOptions } from '../../adapters/cli/session.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { ZooKeeperTreeStore } from '../../adapters/zookeeper/zookeeper-tree-store.js';
import type { ZooKeeperConfig } from '../../domain/config/config.js';
import type { StoreLine } from '../../ports/administration/store-contents.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import { fillStore, linesOfStore } from '../store-tools/tree-copy.js';
import { connectInTime } from './connect-in-time.js';
import { openLog } from './open-log.js';

export function exportZooKeeper(config: ZooKeeperConfig, options: CommonOptions): Promise<readonly StoreLine[]> {
  return onStore(config, options, linesOfStore);
}

/** Answers how many records there are. @throws Error when something is there already, unless forced */
export function importZooKeeper(
  config: ZooKeeperConfig,
  options: CommonOptions,
  lines: readonly StoreLine[],
  force: boolean,
  report: (what: string) => void,
): Promise<number> {
  return onStore(config, options, async (store) => {
    const there = (await store.list('/nodepool')) ?? [];
    if (there.length > 0 && !force)
      throw new Error(`ZooKeeper is not empty: /nodepool has ${[...there].sort().join(', ')}; --force writes over it`);
    const { changesFor, dataOf } = await import('../../adapters/memory/durable/contents.js');
    // Only to see that every line is right before the first is written.
    changesFor(lines, 0);
    await fillStore(store, lines, dataOf, report);
    return lines.length;
  });
}

async function onStore<T>(
  config: ZooKeeperConfig,
  options: CommonOptions,
  act: (store: TreeStore) => Promise<T>,
): Promise<T> {
  const clock = new SystemClock();
  const logger = openLog({ ...options, logTo: 'stderr' });
  const { servers, chroot, timeout: sessionTimeout, tls } = config;
  const store = new ZooKeeperTreeStore({
    servers,
    chroot,
    sessionTimeout,
    tls,
    clock,
    logger: logger.child('zookeeper'),
  });
  try {
    await store.start();
    await connectInTime(clock, options.connectTimeout, config, (signal) => store.session.connected(signal));
    return await act(store);
  } finally {
    await store.close();
  }
}
