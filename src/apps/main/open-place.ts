import type { ContainerModule } from 'inversify';
import { SystemClock } from '../../adapters/system/system-clock.js';
import type { NodepoolConfig, StoreConfig } from '../../domain/config/config.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { durableStoreModule, memoryStoreModule } from '../composition/store-modules.js';
import { zookeeperModule } from '../composition/zookeeper-module.js';

/** In ZooKeeper, in the store of the configuration, in one at another place whatever the configuration says, or in memory alone. */
export type Place = 'zookeeper' | 'store' | OtherStore | 'memory';

interface OtherStore extends StoreConfig {
  /** Only what is wrong goes to the log. */
  readonly quiet?: boolean;
}

export interface OpenPlace {
  readonly module: ContainerModule;
  /** After the session was ended. */
  close(): Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

/** Opens where the records are. @throws Error when the configuration names another place, or the store cannot be opened */
export async function openPlace(
  kind: Place,
  config: NodepoolConfig,
  logger: Logger,
  environment: Readonly<Record<string, string>>,
): Promise<OpenPlace> {
  if (kind === 'memory') return { module: memoryStoreModule(), close: nothing };
  const { zookeeper, store } = config;
  if (kind === 'zookeeper') {
    if (store) throw new Error(BELONGS);
    if (!zookeeper) throw new Error('No ZooKeeper servers specified in config.');
    return { module: await zookeeperModule(zookeeper, environment), close: nothing };
  }
  const chosen = kind === 'store' ? store : kind;
  if (!chosen) throw new Error(zookeeper ? NEEDS : NEITHER);
  // Nobody else needs the engine, which is compiled for the machine.
  const { openDurableStore } = await import('../composition/durable-store.js');
  const opened = await openDurableStore(chosen, {
    clock: new SystemClock(),
    logger: typeof kind === 'object' && kind.quiet === true ? quietly(logger.child('store')) : logger.child('store'),
  });
  return { module: durableStoreModule(opened), close: () => opened.close() };
}

const BELONGS =
  'The store in the configuration belongs to nodepool-standalone: start that instead, or set zookeeper-servers in place of store';
const NEEDS =
  'zookeeper-servers in the configuration belong to nodepool-launcher and nodepool-builder: start those instead, or set store in place of zookeeper-servers';
const NEITHER =
  'No store specified in config: set store.directory (or zookeeper-servers, for nodepool-launcher and nodepool-builder)';

function quietly(logger: Logger): Logger {
  const nothing = (): void => undefined;
  return {
    debug: nothing,
    info: nothing,
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
    child: (name, fields) => quietly(logger.child(name, fields)),
  };
}
