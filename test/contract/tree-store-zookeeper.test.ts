import { afterAll, beforeAll, describe } from 'vitest';
import { ZooKeeperServer, withoutZooKeeper } from '../support/zookeeper-server.js';
import { WIRE, ZOOKEEPER_CLIENTS } from '../support/zookeeper-clients.js';
import { zooKeeperWorld } from '../support/zookeeper-world.js';
import { describeTreeStore } from './tree-store.suite.js';
import { describeTransactions } from './tree-store-together.suite.js';
import { describeTreeWatches } from './tree-watch.suite.js';

describe.skipIf(withoutZooKeeper())('with a real server', () => {
  let server: ZooKeeperServer;
  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterAll(() => server.stop());

  for (const client of ZOOKEEPER_CLIENTS) {
    describeTreeStore(client.name, () => zooKeeperWorld(server, client));
    describeTransactions(client.name, client === WIRE, () => zooKeeperWorld(server, client));
  }
  // The C client has none.
  describeTreeWatches(WIRE.name, () => zooKeeperWorld(server, WIRE));
});
