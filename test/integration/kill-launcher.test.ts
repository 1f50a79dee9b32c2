import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { TreeRecords } from '../../src/adapters/records/tree-records.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import { aRequest } from '../support/builders.js';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';

const KILLS = 20;
const REQUESTS_PER_KILL = 10;
/** Seconds; so long a dead launcher's locks stand. */
const SESSION = 2;

describe.skipIf(withoutZooKeeper())('launchers that are killed in the middle of their work', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let store: ZooKeeperTreeStore;
  let records: TreeRecords;
  const clock = new SystemClock();
  const random = new SystemRandom();

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('kill-launcher', server.address);
    await world.configure({
      ...world.basics(),
      'zookeeper-timeout': SESSION,
      webapp: { port: 0, listen_address: '127.0.0.1' },
      labels: [{ name: 'small' }],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          fake: { 'boot-time': 0.2, 'delete-time': 0.1, quota: {} },
          'cloud-images': [{ name: 'debian' }],
          pools: [
            { name: 'main', 'max-servers': 40, labels: [{ name: 'small', 'cloud-image': 'debian', 'min-ram': 2048 }] },
          ],
        },
      ],
    });
    const servers = [{ host: '127.0.0.1', port: server.port }];
    const logger = new MemoryLogger();
    store = new ZooKeeperTreeStore({ servers, chroot: world.chroot, sessionTimeout: 20, tls: null, clock, logger });
    await store.start();
    await store.session.connected();
    const leases = new KazooLeases(store, { clock, random });
    records = new TreeRecords({ store, leases, clock, random, host: { hostname: 'client', pid: 1 }, logger });
    await records.open(['nodes', 'requests', 'launchers']);
  });
  afterAll(async () => {
    await records?.close();
    await store?.close();
    await world?.close();
    await server?.stop();
  });

  /** Node ids that were handed out, in order. */
  const given: string[] = [];
  let served = 0;

  const submit = async (nodes: number): Promise<string> => {
    const now = clock.now();
    const nodeTypes = Array.from({ length: nodes }, () => 'small');
    return (await records.requests.create('200', aRequest({ stateTime: now, createdTime: now, nodeTypes }))).id;
  };

  const state = (id: string): string | undefined => records.requests.view.get(id)?.value.state;

  /** Zuul's part: waits for the nodes, takes them, deletes the request, uses them and gives them back. */
  const consume = async (id: string, nodes: number): Promise<void> => {
    await world.until(`request ${id} is answered`, () => ['fulfilled', 'failed'].includes(state(id) ?? ''));
    const request = records.requests.view.get(id)?.value;
    expect(request).toMatchObject({ state: 'fulfilled' });
    expect(request?.nodes).toHaveLength(nodes);
    const leases = await Promise.all(
      (request?.nodes ?? []).map(async (node) => {
        const outcome = await records.nodes.lock(node, { wait: 30 });
        if (outcome.kind !== 'locked') throw new Error(`node ${node} of ${id} is ${outcome.kind}`);
        expect(outcome.lease.current.value).toMatchObject({ state: 'ready', allocatedTo: id });
        given.push(node);
        return outcome.lease;
      }),
    );
    await records.requests.remove(id);
    for (const lease of leases) await lease.update({ state: 'in-use' });
    await delay(100);
    for (const lease of leases) {
      await lease.update({ state: 'used' });
      await lease.release();
    }
    served += 1;
  };

  const pools = (): readonly string[] => records.launchers.view.pools().map((pool) => pool.id);

  /** Starts one more launcher and waits until it has registered. */
  const start = async (): Promise<Daemon> => {
    const before = new Set(pools());
    const launcher = world.launcher();
    await world.until('one more launcher is registered', () => pools().some((id) => !before.has(id)), { every: 0.01 });
    return launcher;
  };

  it('[LAUNCHER 109] lose no request, hand out no node twice, and leave nothing behind', async () => {
    const running = [await start()];
    const killed: Daemon[] = [];
    const consuming: Promise<void>[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      running.push(await start());
      for (let count = 0; count < REQUESTS_PER_KILL; count += 1) {
        const nodes = 1 + (count % 3);
        const id = await submit(nodes);
        const done = consume(id, nodes);
        // Awaited below; until then a failure must not end the process.
        done.catch(() => undefined);
        consuming.push(done);
      }
      await delay(random.next() * 400);
      const [oldest] = running.splice(0, 1);
      await oldest?.kill();
      if (oldest) killed.push(oldest);
    }
    await Promise.all(consuming);
    expect(served).toBe(KILLS * REQUESTS_PER_KILL);
    expect(new Set(given).size).toBe(given.length);

    // Else nobody was killed in the middle of anything.
    const lost = [...killed, ...running].flatMap((launcher) => launcher.lines(/was lost by its launcher/));
    expect(lost.length).toBeGreaterThan(0);

    await world.until('all nodes are gone', async () => ((await store.list('/nodepool/nodes')) ?? []).length === 0);
    await world.until('only the living are registered', () => pools().length === running.length);
    for (const id of (await store.list('/nodepool/requests-lock')) ?? []) {
      expect([id, await store.list(`/nodepool/requests-lock/${id}`)]).toEqual([id, []]);
    }
    expect(await store.list('/nodepool/requests')).toEqual([]);
    for (const launcher of running) expect((await launcher.stop()).code).toBe(0);
    expect(pools()).toEqual([]);
  });
});
