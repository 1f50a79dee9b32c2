import { afterAll, beforeAll, describe } from 'vitest';
import { timedRealWorld } from '../support/timed-worlds.js';
import { withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';
import { WIRE } from '../support/zookeeper-clients.js';
import { zooKeeperWorld } from '../support/zookeeper-world.js';
import { describeLeases } from './leases.suite.js';

describe.skipIf(withoutZooKeeper())('with a real server', () => {
  let server: ZooKeeperServer;
  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterAll(() => server.stop());

  // What is long here is the time of leases; the native client is held to the store's own promises elsewhere.
  describeLeases(WIRE.name, () => timedRealWorld(zooKeeperWorld(server, WIRE)));
});
