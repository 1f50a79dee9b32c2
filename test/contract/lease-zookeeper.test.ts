import { afterAll, beforeAll, describe } from 'vitest';
import { ZooKeeperServer, withoutZooKeeper } from '../support/zookeeper-server.js';
import { zooKeeperWorld } from '../support/zookeeper-world.js';
import { describeLeases } from './lease.suite.js';

describe.skipIf(withoutZooKeeper())('with a real server', () => {
  let server: ZooKeeperServer;
  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterAll(() => server.stop());

  describeLeases('ZooKeeperTreeStore', () => zooKeeperWorld(server));
});
