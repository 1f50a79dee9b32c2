import { afterAll, beforeAll, describe } from 'vitest';
import { timedRealWorld } from '../support/timed-worlds.js';
import { withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';
import { zooKeeperWorld } from '../support/zookeeper-world.js';
import { describeLeases } from './leases.suite.js';

describe.skipIf(withoutZooKeeper())('with a real server', () => {
  let server: ZooKeeperServer;
  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterAll(() => server.stop());

  describeLeases('ZooKeeperTreeStore', () => timedRealWorld(zooKeeperWorld(server)));
});
