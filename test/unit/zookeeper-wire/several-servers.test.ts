import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { Dial } from '../../../src/adapters/zookeeper/wire/transport.js';
import { WireTreeStore } from '../../../src/adapters/zookeeper/wire/wire-tree-store.js';
import { FakeNetwork } from '../../simulation/wire/fake-network.js';
import { FakeServer } from '../../simulation/wire/fake-server.js';

const SOMEBODY = { id: 99n, notify: (): void => undefined };
const NAMES = ['one', 'two', 'three'];

/** Three servers of one ensemble: they share tree and sessions, and each has a network of its own. */
let clock: VirtualClock;
let ensemble: FakeServer;
let networks: ReadonlyMap<string, FakeNetwork>;
let store: WireTreeStore;
let logger: MemoryLogger;
/** Servers in the order in which they were tried. */
let dialled: string[];

beforeEach(() => {
  clock = new VirtualClock();
  ensemble = new FakeServer(clock);
  const random = new SeededRandom(17);
  networks = new Map(NAMES.map((name) => [name, new FakeNetwork(ensemble, clock, random)]));
  logger = new MemoryLogger();
  dialled = [];
  const dial: Dial = (server, events) => {
    dialled.push(server.host);
    return networkOf(server.host).dial(server, events);
  };
  store = new WireTreeStore({
    servers: NAMES.map((host) => ({ host, port: 2181 })),
    chroot: '',
    sessionTimeout: 6,
    tls: null,
    clock,
    random,
    logger,
    resolve: (servers) => Promise.resolve(servers),
    dial,
  });
});
afterEach(async () => {
  const closing = store.close();
  await clock.advance(5);
  await closing;
});

function networkOf(name: string): FakeNetwork {
  const network = networks.get(name);
  if (!network) throw new Error(`${name} is nowhere`);
  return network;
}

const connected = (): boolean => store.session.state === 'connected';

async function connect(): Promise<void> {
  await store.start();
  expect(await clock.advanceUntil(connected, 10)).toBe(true);
}

describe('a client of several servers', () => {
  it('goes on with its session, ephemeral records and watches on another server when one is lost', async () => {
    await connect();
    const made = store.create('/mine', new Uint8Array([1]), { ephemeral: true });
    await clock.advance(1);
    await made;
    let told = 0;
    const watching = store.read('/mine', () => (told += 1));
    await clock.advance(1);
    await watching;
    const lost = dialled.at(-1) ?? '';
    networkOf(lost).refusing = true;
    networkOf(lost).cut();
    expect(await clock.advanceUntil(() => !connected(), 1)).toBe(true);
    expect(await clock.advanceUntil(connected, 2)).toBe(true);
    expect(dialled.at(-1)).not.toBe(lost);
    expect([store.session.generation, ensemble.sessions.size]).toEqual([1, 1]);
    ensemble.write('/mine', new Uint8Array([2]));
    await clock.advance(1);
    expect(told).toBe(1);
    expect(ensemble.tree.stat('/mine')?.ephemeral).toBe(true);
  });

  it('asks all of them within the time of a session, however long they have been silent', async () => {
    await connect();
    for (const network of networks.values()) {
      network.silent = true;
      network.cut();
    }
    await clock.advance(60);
    const before = dialled.length;
    await clock.advance(6);
    expect(new Set(dialled.slice(before))).toEqual(new Set(NAMES));
  });

  it('believes nothing that it saw when the ensemble was set back under its session', async () => {
    for (let count = 0; count < 5; count += 1) ensemble.create(`/record-${count}`, new Uint8Array(), {}, SOMEBODY);
    await connect();
    let told = 0;
    const watching = store.read('/record-0', () => (told += 1));
    await clock.advance(1);
    await watching;
    // As from a backup: the same record, older than what was seen of it, and of other contents.
    ensemble.tree = new MemoryTree(clock);
    ensemble.create('/record-0', new Uint8Array([7]), {}, SOMEBODY);
    for (const network of networks.values()) network.cut();
    expect(await clock.advanceUntil(() => told > 0, 20)).toBe(true);
    expect(store.session.generation).toBe(1);
  });

  it('takes no server that is cut off from its ensemble and answers reads only, and says so', async () => {
    ensemble.readOnly = true;
    await store.start();
    await clock.advance(10);
    expect(connected()).toBe(false);
    expect(new Set(dialled)).toEqual(new Set(NAMES));
    expect(logger.messages('warn').join()).toContain('answers reads only; trying another');
    ensemble.readOnly = false;
    expect(await clock.advanceUntil(connected, 2)).toBe(true);
  });
});
