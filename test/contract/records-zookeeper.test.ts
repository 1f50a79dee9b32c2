import { afterAll, beforeAll, describe } from 'vitest';
import { ZooKeeperServer, withoutZooKeeper } from '../support/zookeeper-server.js';
import { ZOOKEEPER_CLIENTS } from '../support/zookeeper-clients.js';
import { zooKeeperWorld } from '../support/zookeeper-world.js';
import { describeImageRecords } from './records-images.suite.js';
import { describeInstallation } from './records-installation.suite.js';
import { describeLauncherRecords } from './records-launchers.suite.js';
import { describeTurns } from './records-turns.suite.js';
import { describeRecords } from './records.suite.js';

describe.skipIf(withoutZooKeeper())('with a real server', () => {
  let server: ZooKeeperServer;
  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterAll(() => server.stop());

  for (const client of ZOOKEEPER_CLIENTS) {
    describeRecords(client.name, () => zooKeeperWorld(server, client));
    describeImageRecords(client.name, () => zooKeeperWorld(server, client));
    describeLauncherRecords(client.name, () => zooKeeperWorld(server, client));
    describeInstallation(client.name, () => zooKeeperWorld(server, client));
    describeTurns(client.name, () => zooKeeperWorld(server, client));
  }
});
