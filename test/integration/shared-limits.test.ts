import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { TreeRecords } from '../../src/adapters/records/tree-records.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import { aRequest } from '../support/builders.js';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { changesOf } from '../support/transaction-log.js';
import { withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';

const REQUESTS = 200;
const WAVE = 20;
const KILLS = 4;
/** Seconds; so long a dead launcher's locks stand. */
const SESSION = 2;
const MAX_SERVERS = 5;
/** Of the tenant that every second request is of. */
const TENANT_LIMIT = 3;

describe.skipIf(withoutZooKeeper())('launchers that share a pool', () => {
  const clock = new SystemClock();
  const random = new SystemRandom();
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let store: ZooKeeperTreeStore;
  let records: TreeRecords;

  beforeEach(async () => {
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('shared-limits', server.address);
    const label = { name: 'small', 'cloud-image': 'debian', 'min-ram': 2048 };
    await world.configure({
      ...world.basics(),
      'zookeeper-timeout': SESSION,
      webapp: { port: 0, listen_address: '127.0.0.1' },
      labels: [{ name: 'small' }],
      'tenant-resource-limits': [{ 'tenant-name': 'acme', 'max-servers': TENANT_LIMIT }],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          fake: { 'boot-time': 0.1, 'delete-time': 0.05, quota: {} },
          'cloud-images': [{ name: 'debian' }],
          pools: [{ name: 'main', 'max-servers': MAX_SERVERS, labels: [label] }],
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
  afterEach(async () => {
    await records?.close();
    await store?.close();
    await world?.close();
    await server?.stop();
  });

  const submit = async (tenantName: string | null): Promise<string> => {
    const now = clock.now();
    const request = aRequest({ stateTime: now, createdTime: now, nodeTypes: ['small'], tenantName });
    return (await records.requests.create('200', request)).id;
  };

  /** Takes the node of a request as Zuul does, and gives it back. */
  const consume = async (id: string): Promise<void> => {
    const request = (): ReturnType<typeof records.requests.view.get> => records.requests.view.get(id);
    // It waits for all that were asked for before it.
    const patience = { limit: 150 };
    const answered = (): boolean => ['fulfilled', 'failed'].includes(request()?.value.state ?? '');
    await world.until(`request ${id} is answered`, answered, patience);
    expect(request()?.value.state).toBe('fulfilled');
    const outcome = await records.nodes.lock(request()?.value.nodes[0] ?? '', { wait: 30 });
    if (outcome.kind !== 'locked') throw new Error(`the node of ${id} is ${outcome.kind}`);
    await records.requests.remove(id);
    await outcome.lease.update({ state: 'in-use' });
    await outcome.lease.update({ state: 'used' });
    await outcome.lease.release();
  };

  /** The most node records there ever were at once: of all, and of the tenant. Servers are made and gone within the life of one. */
  const mostEver = async (): Promise<{ nodes: number; tenant: number; made: number }> => {
    const most = { nodes: 0, tenant: 0, made: 0 };
    const living = new Map<string, unknown>();
    for (const { kind, path, record } of changesOf(await server.transactionLog(), world.chroot)) {
      const id = /^\/nodepool\/nodes\/(\d+)$/.exec(path)?.[1];
      if (id === undefined) continue;
      if (kind === 'remove') living.delete(id);
      else living.set(id, record?.['tenant_name']);
      if (kind === 'create') most.made += 1;
      most.nodes = Math.max(most.nodes, living.size);
      most.tenant = Math.max(most.tenant, [...living.values()].filter((tenant) => tenant === 'acme').length);
    }
    return most;
  };

  it.each([1, 2, 3])(
    '[CASE 20 requests at once] never go beyond its limits, %i of them, killed again and again',
    async (count) => {
      const running: Daemon[] = Array.from({ length: count }, () => world.launcher());
      const pools = (): number => records.launchers.view.pools().length;
      await world.until('all are registered', () => pools() === count);
      const consuming: Promise<void>[] = [];
      for (let wave = 0; wave < REQUESTS / WAVE; wave += 1) {
        const ids = await Promise.all(Array.from({ length: WAVE }, (_, at) => submit(at % 2 === 0 ? 'acme' : null)));
        const jobs = ids.map(consume);
        // Awaited below; until then a failure must not end the process.
        for (const job of jobs) job.catch(() => undefined);
        consuming.push(...jobs);
        await delay(random.next() * 500);
        if (wave % 2 === 1 && wave / 2 < KILLS) {
          await running.shift()?.kill();
          running.push(world.launcher());
        }
        await Promise.race(jobs);
      }
      await Promise.all(consuming);
      await world.until('all nodes are gone', async () => ((await store.list('/nodepool/nodes')) ?? []).length === 0);
      for (const launcher of running) expect((await launcher.stop()).code).toBe(0);
      const most = await mostEver();
      expect(most.made).toBeGreaterThanOrEqual(REQUESTS);
      expect(most).toMatchObject({ nodes: MAX_SERVERS, tenant: TENANT_LIMIT });
    },
  );
});
