import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { TreeRecords } from '../../src/adapters/records/tree-records.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { WireTreeStore } from '../../src/adapters/zookeeper/wire/wire-tree-store.js';
import { aRequest } from '../support/builders.js';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { judge } from '../support/log-judge/judge.js';
import { LockRule } from '../support/log-judge/lock-rule.js';
import { eventsOf } from '../support/transaction-log.js';
import { withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';

/** In full: `npm run test:kills`, 100 and 20. */
const KILLS = Number(process.env['NODEPOOL_KILLS'] ?? 3);
const RESTARTS = Number(process.env['NODEPOOL_RESTARTS'] ?? 2);
const REQUESTS_PER_KILL = 4;
/** Seconds; so long a dead launcher's locks stand. */
const SESSION = 4;
/**
 * Seconds from the server's first answer until a client is back, p95. A few restarts say nothing of a second: there the bound only tells
 * a client that comes back by itself from one that waits for its session to end.
 */
const RECONNECT = RESTARTS >= 20 ? 1 : 10;

describe.skipIf(withoutZooKeeper())(
  'launchers that are killed while ZooKeeper is restarted again and again',
  () => {
    const clock = new SystemClock();
    const random = new SystemRandom();
    let server: ZooKeeperServer;
    let world: DaemonWorld;
    let store: WireTreeStore;
    let records: TreeRecords;

    beforeAll(async () => {
      server = await ZooKeeperServer.start();
      world = await DaemonWorld.open('kills-and-restarts', server.address);
      const label = { name: 'small', 'cloud-image': 'debian', 'min-ram': 2048 };
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
            pools: [{ name: 'main', 'max-servers': 40, labels: [label] }],
          },
        ],
      });
      const servers = [{ host: '127.0.0.1', port: server.port }];
      const logger = new MemoryLogger();
      const options = { servers, chroot: world.chroot, sessionTimeout: 30, tls: null, clock, random, logger };
      store = new WireTreeStore(options);
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

    /** Does it until the connection has not been in the way. */
    const insist = async <T>(work: () => Promise<T>): Promise<T> => {
      for (;;) {
        await store.session.connected();
        try {
          return await work();
        } catch (error) {
          if (store.session.state === 'connected' && !/connection|lease|locked under/i.test(String(error))) throw error;
        }
      }
    };

    const submit = async (): Promise<string> => {
      const eventId = random.hexId();
      const ours = (): string | undefined =>
        [...records.requests.view.all().values()].find(({ value }) => value.eventId === eventId)?.id;
      return insist(async () => {
        await records.requests.view.catchUp(new AbortController().signal);
        const now = clock.now();
        return (
          ours() ?? (await records.requests.create('200', aRequest({ stateTime: now, createdTime: now, eventId }))).id
        );
      });
    };

    /** Waits for the node as Zuul does, says that it is used up, and deletes the request. */
    const consume = async (id: string): Promise<string> => {
      const request = (): ReturnType<typeof records.requests.view.get> => records.requests.view.get(id);
      const answered = (): boolean => ['fulfilled', 'failed'].includes(request()?.value.state ?? '');
      await world.until(`request ${id} is answered`, answered, { limit: 150 });
      const [node = ''] = request()?.value.nodes ?? [];
      await insist(async () => {
        const outcome = await records.nodes.lock(node, { wait: 30 });
        if (outcome.kind !== 'locked') return;
        await outcome.lease.conclude({ state: 'used' });
      });
      await insist(() => records.requests.remove(id));
      return request()?.value.state ?? 'fulfilled';
    };

    /** Seconds until we are connected again: since the server takes connections, and since it serves whoever connects. */
    const restart = async (): Promise<readonly [listening: number, serving: number]> => {
      await server.halt();
      await world.until('the loss is noticed', () => store.session.state !== 'connected');
      const launched = server.launch();
      const back = store.session.connected().then(() => clock.monotonic());
      while (!(await listens(server.port))) await delay(2);
      const listening = clock.monotonic();
      while (!(await server.ask('srvr').catch(() => '')).includes('Mode')) await delay(2);
      const serving = clock.monotonic();
      const connected = await back;
      await launched;
      return [connected - listening, Math.max(0, connected - serving)];
    };

    const pools = (): number => records.launchers.view.pools().length;

    it('[LAUNCHER 109] hand out no node twice, lose no request, and are back within a second', async () => {
      const running: Daemon[] = [world.launcher(), world.launcher()];
      await world.until('they are registered', () => pools() >= 2);
      const consuming: Promise<string>[] = [];
      const absences: (readonly [listening: number, serving: number])[] = [];
      for (let kill = 0; kill < KILLS; kill += 1) {
        for (let count = 0; count < REQUESTS_PER_KILL; count += 1) {
          const done = submit().then(consume);
          // Awaited below; until then a failure must not end the process.
          done.catch(() => undefined);
          consuming.push(done);
        }
        if (absences.length < ((kill + 1) * RESTARTS) / KILLS) absences.push(await restart());
        await delay(random.next() * 400);
        await running.shift()?.kill();
        running.push(world.launcher());
      }
      expect(new Set(await Promise.all(consuming))).toEqual(new Set(['fulfilled']));
      await world.until('all nodes are gone', async () => ((await store.list('/nodepool/nodes')) ?? []).length === 0, {
        limit: 120,
      });
      for (const launcher of running) expect((await launcher.stop()).code).toBe(0);

      const verdict = judge(eventsOf(await server.transactionLog(), world.chroot), [new LockRule()]);
      expect(verdict.problems).toEqual([]);
      expect(verdict.fulfilled).toBeGreaterThanOrEqual(KILLS * REQUESTS_PER_KILL);
      const since = (at: 0 | 1): readonly number[] => absences.map((both) => both[at]).toSorted((a, b) => a - b);
      const p95 = (times: readonly number[]): number => times[Math.ceil(times.length * 0.95) - 1] ?? 0;
      const told = (times: readonly number[]): string => times.map((seconds) => seconds.toFixed(2)).join(' ');
      console.log(
        `${KILLS} kills, ${RESTARTS} restarts: ${verdict.fulfilled} requests, ${verdict.nodes} nodes. ` +
          `Back, since the server listens: ${told(since(0))} s; since it serves: ${told(since(1))} s`,
      );
      // How long it takes from the one to the other is the server's, and the machine's.
      expect(p95(since(1))).toBeLessThanOrEqual(RECONNECT);
    });
  },
  900_000,
);

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
