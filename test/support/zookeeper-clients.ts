import { WireTreeStore } from '../../src/adapters/zookeeper/wire/wire-tree-store.js';
import { ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import type { ZooKeeperOptions } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';

/** Both ways to speak with ZooKeeper: Apache's C client, and the wire protocol by ourselves. */
export type ZooKeeperStore = ZooKeeperTreeStore | WireTreeStore;

export interface ZooKeeperClient {
  readonly name: 'ZooKeeperTreeStore' | 'WireTreeStore';
  make(options: ZooKeeperOptions): ZooKeeperStore;
}

export const NATIVE: ZooKeeperClient = {
  name: 'ZooKeeperTreeStore',
  make: (options) => new ZooKeeperTreeStore(options),
};

export const WIRE: ZooKeeperClient = {
  name: 'WireTreeStore',
  make: (options) => new WireTreeStore({ ...options, random: new SystemRandom() }),
};

export const ZOOKEEPER_CLIENTS: readonly ZooKeeperClient[] = [NATIVE, WIRE];
