import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { SeededRandom } from '../../src/adapters/memory/seeded-random.js';
import { TreeElections } from '../../src/adapters/records/tree-elections.js';
import { ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import type { AcquireResult, Lease } from '../../src/ports/coordination/lease.js';
import { KazooClient, withoutKazoo } from '../support/kazoo-client.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { eventually } from '../support/eventually.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { bytes } from '../support/store-world.js';
import { withoutZooKeeper, ZooKeeperServer } from '../support/zookeeper-server.js';

const LOCK = '/nodepool/nodes/0000000000/lock';

/** Against the recipe of the real kazoo, in a process of its own. */
describe.skipIf(withoutZooKeeper() || withoutKazoo())('KazooLeases beside kazoo', () => {
  let server: ZooKeeperServer;
  let store: ZooKeeperTreeStore;
  let leases: KazooLeases;
  let kazoo: KazooClient;
  const clock = new SystemClock();
  let chroot = '';
  let worlds = 0;

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    chroot = `/world-${++worlds}`;
    store = new ZooKeeperTreeStore({
      servers: [{ host: '127.0.0.1', port: server.port }],
      chroot,
      sessionTimeout: 10,
      tls: null,
      clock,
      logger: new MemoryLogger(),
    });
    await store.start();
    await store.session.connected();
    await store.create('/nodepool/nodes/0000000000', bytes('{}'), { makeParents: true });
    leases = new KazooLeases(store, { clock, random: new SeededRandom(7) });
    kazoo = await KazooClient.start(server.address + chroot, LOCK, 'python');
  });
  afterEach(async () => {
    await kazoo.stop();
    await store.close();
  });

  it('[LAUNCHER 29] excludes kazoo, and shows it our identifier', async () => {
    const lease = granted(await leases.acquire(LOCK, { identifier: 'typescript' }));
    expect(await kazoo.ask('acquire')).toBe('refused');
    expect(await kazoo.ask('acquire 0.3')).toBe('refused');
    expect(await kazoo.ask('contenders')).toBe('contenders typescript');
    await lease.release();
    expect(await kazoo.ask('acquire')).toBe('held');
  });

  it('[LAUNCHER 33] is excluded by kazoo, and queues behind it', async () => {
    expect(await kazoo.ask('acquire')).toBe('held');
    expect(await leases.contenders(LOCK)).toEqual(['python']);
    expect(await leases.acquire(LOCK)).toEqual({ refused: 'busy' });
    expect(await leases.acquire(LOCK, { wait: 0.2 })).toEqual({ refused: 'busy' });
    const waiting = leases.acquire(LOCK, { wait: Infinity, identifier: 'typescript' });
    await eventually('both stand', async () => (await leases.contenders(LOCK)).length === 2);
    expect(await kazoo.ask('contenders')).toBe('contenders python,typescript');
    expect(await kazoo.ask('release')).toBe('released');
    const lease = granted(await waiting);
    await lease.release();
    expect(await store.list(LOCK)).toEqual([]);
  });

  it('lets kazoo queue behind us and take over', async () => {
    const lease = granted(await leases.acquire(LOCK));
    const answer = kazoo.ask('acquire 30');
    await eventually('both stand', async () => (await store.list(LOCK))?.length === 2);
    await lease.release();
    expect(await answer).toBe('held');
  });

  it('reads a contender without an identifier as kazoo does', async () => {
    granted(await leases.acquire(LOCK));
    expect(await leases.contenders(LOCK)).toEqual(['']);
    expect(await kazoo.ask('contenders')).toBe('contenders ');
  });

  it('[LAUNCHER 39] frees a lock of a kazoo process that hangs', async () => {
    expect(await kazoo.ask('acquire')).toBe('held');
    expect(await leases.forceRelease(LOCK)).toBe(true);
    granted(await leases.acquire(LOCK));
  });

  it('[LAUNCHER 129] takes turns with kazoo as the leader of an election', async () => {
    const path = '/nodepool/elections/stats';
    const candidate = await KazooClient.start(server.address + chroot, path, 'python');
    const elections = new TreeElections({
      session: store.session,
      leases,
      clock,
      random: new SeededRandom(8),
      host: { hostname: 'host', pid: 1 },
      logger: new MemoryLogger(),
    });
    const stop = new AbortController();
    try {
      expect(await candidate.ask('elect')).toBe('leading');
      let led = 0;
      const running = elections.run(
        'stats',
        (leading) => {
          led += 1;
          return new Promise((resolve) => leading.addEventListener('abort', () => resolve(), { once: true }));
        },
        stop.signal,
      );
      // kazoo's leader has nothing to do, so it has stepped down by now; we lead, and kazoo's next turn has to wait.
      await eventually('we lead', () => led === 1);
      expect(await leases.contenders(path)).toEqual(['host-1']);
      const next = candidate.answer().then(() => candidate.ask('elect'));
      await eventually('kazoo waits', async () => (await leases.contenders(path)).length === 2);
      stop.abort(new Error('enough'));
      await running;
      expect(await next).toBe('leading');
    } finally {
      stop.abort();
      await candidate.stop();
    }
  });
});

function granted(result: AcquireResult): Lease {
  if ('refused' in result) throw new Error(`The lease was refused: ${result.refused}`);
  return result.lease;
}
