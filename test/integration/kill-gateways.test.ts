import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { rawHttp } from '../support/raw-http.js';
import { freePort, withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';

const LAUNCHERS = 3;
const HOLDERS = 60;
const KILLS = 40;
/** Seconds; so long a dead gateway's locks stand. */
const SESSION = 3;
const TTL = 60;
const TOKEN = 'np_kill';

interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

describe.skipIf(withoutZooKeeper())('gateways that are killed while machines are leased', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let store: ZooKeeperTreeStore;
  const ports: number[] = [];

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('kill-gateways', server.address);
    const sha256 = createHash('sha256').update(TOKEN).digest('hex');
    await writeFile(
      path.join(world.folder, 'secure.yaml'),
      JSON.stringify({ 'lease-tokens': [{ name: 'ci', sha256 }] }),
    );
    for (let index = 0; index < LAUNCHERS; index += 1) {
      ports.push(await freePort());
      await writeFile(configOf(index), JSON.stringify(configuration(ports[index] ?? 0)));
    }
    const servers = [{ host: '127.0.0.1', port: server.port }];
    const clock = new SystemClock();
    store = new ZooKeeperTreeStore({
      servers,
      chroot: world.chroot,
      sessionTimeout: 20,
      tls: null,
      clock,
      logger: new MemoryLogger(),
    });
    await store.start();
    await store.session.connected();
  });
  afterAll(async () => {
    await store?.close();
    await world?.close();
    await server?.stop();
  });

  const configOf = (index: number): string => path.join(world.folder, `nodepool-${index}.yaml`);

  const configuration = (port: number): object => ({
    ...world.basics(),
    'zookeeper-timeout': SESSION,
    webapp: { port: 0, listen_address: '127.0.0.1' },
    'lease-api': { port },
    labels: [{ name: 'small' }],
    providers: [
      {
        name: 'cloud',
        driver: 'fake',
        cloud: 'fake',
        fake: { 'boot-time': 0.2, 'delete-time': 0.1, quota: {} },
        'cloud-images': [{ name: 'debian' }],
        pools: [
          { name: 'main', 'max-servers': 30, labels: [{ name: 'small', 'cloud-image': 'debian', 'min-ram': 2048 }] },
        ],
      },
    ],
  });

  const start = (index: number): Daemon =>
    world.start('nodepool-launcher', ['-f', '-c', configOf(index), '-s', path.join(world.folder, 'secure.yaml')]);

  /** Asks one gateway after the other until one answers for good, as a client does that wants its machine. */
  const call = async (method: string, where: string, body?: object): Promise<Reply> => {
    for (let attempt = 0; ; attempt += 1) {
      const port = ports[(attempt + where.length) % LAUNCHERS] ?? 0;
      const headers = {
        Authorization: `Bearer ${TOKEN}`,
        ...(body ? { 'Content-Type': 'application/json' } : {}),
      };
      try {
        const reply = await rawHttp({ port }, method, `/api/v1${where}`, headers, body ? JSON.stringify(body) : '');
        if (reply.status < 500) {
          return { status: reply.status, body: reply.body === '' ? {} : (JSON.parse(reply.body) as Reply['body']) };
        }
      } catch {
        // It was killed, or is not there yet.
      }
      await delay(100);
    }
  };

  /** Takes a machine, keeps it by heartbeats and gives it back; answers the machine. */
  const hold = async (seconds: number): Promise<string> => {
    const id = randomUUID();
    const wish = { labels: ['small'], ttl: TTL, purpose: 'kill test' };
    const made = await call('PUT', `/leases/${id}`, wish);
    expect([200, 201]).toContain(made.status);
    let lease = made.body;
    while (lease['state'] === 'waiting') {
      const reply = await call('GET', `/leases/${id}?wait=5`);
      expect([reply.status, reply.body['code']]).toEqual([200, undefined]);
      lease = reply.body;
    }
    const [node] = lease['nodes'] as readonly { readonly id: string }[];
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until) {
      await delay(500);
      const beat = await call('POST', `/leases/${id}/renew`);
      expect([beat.status, beat.body['outcome'] ?? null]).toEqual([200, null]);
    }
    expect((await call('GET', `/leases/${id}`)).body).toMatchObject({ state: 'active', nodes: [{ id: node?.id }] });
    expect((await call('DELETE', `/leases/${id}`, { outcome: 'ok' })).status).toBe(204);
    expect((await call('GET', `/leases/${id}`)).body).toMatchObject({ state: 'ended', outcome: 'released' });
    return node?.id ?? '';
  };

  it('[L10] [L12] lose no lease, give no machine twice, and leave nothing behind', { timeout: 420_000 }, async () => {
    const running = Array.from({ length: LAUNCHERS }, (_, index) => start(index));
    for (const launcher of running) await launcher.says(/The lease API listens at/);
    const holding = Array.from({ length: HOLDERS }, (_, index) => hold(1 + (index % 20)));
    for (const each of holding) each.catch(() => undefined);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await delay(Math.random() * 1200);
      const index = kill % LAUNCHERS;
      await running[index]?.kill();
      running[index] = start(index);
    }
    const given = await Promise.all(holding);
    expect(new Set(given).size).toBe(HOLDERS);
    await world.until('all nodes are gone', async () => ((await store.list('/nodepool/nodes')) ?? []).length === 0);
    expect(await store.list('/nodepool/requests')).toEqual([]);
    for (const id of (await store.list('/nodepool/leases')) ?? [])
      expect([id, (await store.list(`/nodepool/leases/${id}/lock`)) ?? []]).toEqual([id, []]);
    for (const launcher of running) await launcher.kill();
  });
});
