import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { litter, tidy } from '../support/foreign-garbage.js';
import { withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';

const ROUNDS = 5;
const PIECES = 40;

describe.skipIf(withoutZooKeeper())('the watches of our daemons', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let store: ZooKeeperTreeStore;
  const clock = new SystemClock();

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('watches', server.address);
    await world.configure({
      ...world.basics(),
      webapp: { port: 0, listen_address: '127.0.0.1' },
      labels: [{ name: 'small' }],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          fake: { 'boot-time': 0.1, 'delete-time': 0.1, quota: {} },
          'cloud-images': [{ name: 'debian' }],
          pools: [
            { name: 'main', 'max-servers': 4, labels: [{ name: 'small', 'cloud-image': 'debian', 'min-ram': 2048 }] },
          ],
        },
      ],
    });
    const servers = [{ host: '127.0.0.1', port: server.port }];
    const logger = new MemoryLogger();
    store = new ZooKeeperTreeStore({ servers, chroot: world.chroot, sessionTimeout: 20, tls: null, clock, logger });
    await store.start();
    await store.session.connected();
  });
  afterAll(async () => {
    await store?.close();
    await world?.close();
    await server?.stop();
  });

  /** What ZooKeeper would tell somebody of, without the chroot. */
  const watched = async (): Promise<readonly string[]> => {
    const lines = (await server.ask('wchp')).split('\n').map((line) => line.trimEnd());
    return lines.filter((line) => line.startsWith(world.chroot)).map((line) => line.slice(world.chroot.length));
  };

  it('[B13] are none on paths that are gone, however much garbage others leave and take away', async () => {
    const launcher = world.launcher();
    const builder = world.builder();
    await launcher.says(/The launcher runs/);
    await builder.says(/The builder runs|Connected to ZooKeeper/);
    await delay(1000);
    // Among them is the folder of the leases, which is waited for until there is the first one.
    const before = await watched();
    for (let round = 0; round < ROUNDS; round += 1) {
      const made = await litter(store, round, PIECES, clock.now());
      // Long enough that all of it is read, watched and cleaned up where that is ours to do.
      await delay(1500);
      await tidy(store, made);
    }
    const goneAndWatched = async (): Promise<readonly string[]> => {
      const paths = (await watched()).filter((path) => !before.includes(path));
      const stats = await Promise.all(paths.map((path) => store.stat(path)));
      return paths.filter((_, index) => stats[index] === undefined);
    };
    // What is wrong is shown, once it has had its time.
    await expect.poll(goneAndWatched, { timeout: 60_000, interval: 500 }).toEqual([]);
    // About as many as before the garbage came: those of the folders that everything lies in.
    expect((await watched()).length).toBeLessThanOrEqual(before.length + 10);
    expect(before.length).toBeGreaterThan(5);
  });
});
