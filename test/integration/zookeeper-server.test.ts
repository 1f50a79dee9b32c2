import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';

describe.skipIf(withoutZooKeeper())('the ZooKeeper of the tests', () => {
  it('starts again when it was killed before its new log had a header', async () => {
    const server = await ZooKeeperServer.start();
    try {
      await server.halt();
      await writeFile(path.join(server.logFolder, 'log.ff'), '');
      await server.launch();
      expect(await server.ask('srvr')).toContain('Mode');
    } finally {
      await server.stop();
    }
  });
});
