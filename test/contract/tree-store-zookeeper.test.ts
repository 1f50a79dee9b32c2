import { afterAll, beforeAll, describe } from 'vitest';
import { ZooKeeperServer, withoutZooKeeper } from '../support/zookeeper-server.js';
import { ZOOKEEPER_CLIENTS } from '../support/zookeeper-clients.js';
import { zooKeeperWorld } from '../support/zookeeper-world.js';
import { describeTreeStore } from './tree-store.suite.js';

describe.skipIf(withoutZooKeeper())('with a real server', () => {
  let server: ZooKeeperServer;
  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterAll(() => server.stop());

  for (const client of ZOOKEEPER_CLIENTS) describeTreeStore(client.name, () => zooKeeperWorld(server, client));
});
