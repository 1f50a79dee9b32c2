import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { WireTreeStore } from '../../src/adapters/zookeeper/wire/wire-tree-store.js';
import { ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import type { TlsFiles } from '../../src/adapters/zookeeper/tls-trust.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import { makeCertificates } from '../support/certificates.js';
import { ZooKeeperServer } from '../support/zookeeper-server.js';
import type { BenchWorld, ClientName } from './bench-world.js';
import { show } from './figures.js';
import { idleOf, startedWithMany } from './measure-mirror.js';
import { burstsOf } from './measure-requests.js';

const CLIENTS: readonly ClientName[] = ['native', 'wire'];
const CALLS = 4000;
/** As many calls are under way at a time. */
const WINDOWS = [1, 100] as const;

/** The same work with both clients of ZooKeeper, in turns. */
export async function measureClients(world: BenchWorld): Promise<void> {
  for (const client of CLIENTS) await measureRequests(world, client);
  for (const client of CLIENTS) {
    const { packets, cpu } = await idleOf(world, client);
    show({ what: `idle with ${client}: packets to ZooKeeper`, value: packets, unit: '/s', budget: 1 });
    show({ what: `idle with ${client}: CPU`, value: cpu, unit: '% of core', budget: 0.5 });
  }
  for (const client of CLIENTS) {
    const before = await world.packets();
    const launcher = await startedWithMany(world, client);
    show({ what: `10,000 nodes with ${client}: start to serving`, value: launcher.startTime, unit: 's', budget: 3 });
    show({ what: `10,000 nodes with ${client}: CPU of the start`, value: launcher.cpu, unit: 's', budget: null });
    show({
      what: `10,000 nodes with ${client}: resident memory`,
      value: launcher.memory / 1e6,
      unit: 'MB',
      budget: 200,
    });
    // Seeding takes two calls a node.
    const packets = (await world.packets()) - before - 2 * 10_000;
    show({ what: `10,000 nodes with ${client}: packets of the start`, value: packets, unit: '', budget: null });
    await launcher.stop();
  }
  await measureTls();
}

async function measureRequests(world: BenchWorld, client: ClientName): Promise<void> {
  const bursts = await burstsOf(world, client);
  for (const [at, size] of [
    [1, 100],
    [3, 2000],
  ] as const) {
    const burst = bursts[at];
    if (!burst) continue;
    const what = `burst of ${size} with ${client}:`;
    const last = size === 2000;
    show({ what: `${what} requests`, value: burst.perSecond, unit: '/s', budget: null });
    show({ what: `${what} p50`, value: burst.p50, unit: 'ms', budget: null });
    show({ what: `${what} CPU per request`, value: burst.cpu, unit: 'ms', budget: last ? 2 : null });
    show({ what: `${what} packets per request`, value: burst.packets, unit: '', budget: last ? 14 : null });
  }
}

/** Reads of a small record, with and without certificates on both sides. */
async function measureTls(): Promise<void> {
  const certificates = await makeCertificates();
  const server = await ZooKeeperServer.start({ tls: certificates.server });
  try {
    for (const client of CLIENTS) {
      for (const tls of [null, certificates.client]) await measureReads(server, client, tls);
    }
  } finally {
    await server.stop();
    await certificates.remove();
  }
}

async function measureReads(server: ZooKeeperServer, client: ClientName, tls: TlsFiles | null): Promise<void> {
  const Store = client === 'wire' ? WireTreeStore : ZooKeeperTreeStore;
  const store = new Store({
    servers: [{ host: '127.0.0.1', port: tls ? server.tlsPort : server.port }],
    chroot: '',
    sessionTimeout: 10,
    tls,
    clock: new SystemClock(),
    random: new SystemRandom(),
    logger: new MemoryLogger(),
  });
  await store.start();
  await store.session.connected();
  await store.create('/record', new Uint8Array(300), {}).catch(() => undefined);
  await readMany(store, 100);
  for (const window of WINDOWS) {
    const [cpu, started] = [process.cpuUsage(), performance.now()];
    await readMany(store, window);
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const what = `reads with ${client}, ${tls ? 'mutual TLS' : 'plain'}, ${window} at a time`;
    show({ what, value: CALLS / seconds, unit: '/s', budget: null });
    show({ what: `  CPU per call`, value: (user + system) / 1000 / CALLS, unit: 'ms', budget: null });
  }
  await store.close();
}

async function readMany(store: TreeStore, window: number): Promise<void> {
  let left = CALLS;
  const reader = async (): Promise<void> => {
    for (; left > 0; left -= 1) await store.read('/record');
  };
  await Promise.all(Array.from({ length: window }, reader));
}
