import { WireTreeStore } from '../../src/adapters/zookeeper/wire/wire-tree-store.js';
import type { ZooKeeperOptions, ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';

/** Both ways to speak with ZooKeeper: Apache's C client, and the wire protocol by ourselves. */
export type ZooKeeperStore = ZooKeeperTreeStore | WireTreeStore;

export interface ZooKeeperClient {
  readonly name: 'ZooKeeperTreeStore' | 'WireTreeStore';
  make(options: ZooKeeperOptions): ZooKeeperStore;
}

/** It fits the one Node that it was compiled for; on others it is left out, and everything else goes on. */
const native = await import('../../src/adapters/zookeeper/zookeeper-tree-store.js').catch((error: unknown) => {
  if (process.env['NODEPOOL_TEST_NATIVE'] !== 'no') throw error;
  return undefined;
});

export const NATIVE: ZooKeeperClient = {
  name: 'ZooKeeperTreeStore',
  make: (options) => {
    if (!native) throw new Error('The C client was not compiled for this Node');
    return new native.ZooKeeperTreeStore(options);
  },
};

export const WIRE: ZooKeeperClient = {
  name: 'WireTreeStore',
  make: (options) => new WireTreeStore({ ...options, random: new SystemRandom() }),
};

export const ZOOKEEPER_CLIENTS: readonly ZooKeeperClient[] = native ? [NATIVE, WIRE] : [WIRE];
