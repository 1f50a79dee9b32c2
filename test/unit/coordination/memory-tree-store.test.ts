import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import type { MemoryTreeStoreOptions } from '../../../src/adapters/memory/memory-tree-store.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { ConnectionLostError } from '../../../src/ports/coordination/errors.js';
import { bytes } from '../../support/store-world.js';

/** What the in-memory store offers beyond the port: faults, counters, shared trees. */
describe('MemoryTreeStore', () => {
  let clock: VirtualClock;
  let tree: MemoryTree;
  const open = (options: Partial<MemoryTreeStoreOptions> = {}): MemoryTreeStore =>
    new MemoryTreeStore(tree, { clock, ...options });

  beforeEach(() => {
    clock = new VirtualClock();
    tree = new MemoryTree(clock);
  });

  it('shows stores with different chroots different parts of one tree', async () => {
    const [inside, outside] = [open({ chroot: '/ci/pool/' }), open()];
    await inside.create('/a', bytes('x'));
    expect(await outside.list('/ci/pool')).toEqual(['a']);
    expect(await inside.list('/')).toEqual(['a']);
    expect(tree.size).toBe(3);
  });

  it('stamps records with the clock', async () => {
    const store = open();
    await store.create('/a', bytes(''));
    const created = clock.now();
    await clock.advance(7);
    const stat = await store.write('/a', bytes('x'));
    expect([stat.createdTime, stat.modifiedTime]).toEqual([created, created + 7]);
  });

  it('ends the session on the server when the connection stays away for longer than the time-out', async () => {
    const [store, other] = [open({ sessionTimeout: 4 }), open()];
    await store.create('/e', bytes(''), { ephemeral: true });
    store.loseConnection();
    await clock.advance(3.9);
    expect(await other.stat('/e')).toBeDefined();
    await clock.advance(0.2);
    expect(await other.stat('/e')).toBeUndefined();
    expect([store.session.state, store.session.generation]).toEqual(['suspended', 1]);
    store.restoreConnection();
    await clock.settle();
    expect([store.session.state, store.session.generation]).toEqual(['connected', 2]);
  });

  it('keeps the session when the connection is back in time', async () => {
    const store = open({ sessionTimeout: 4 });
    store.loseConnection();
    await clock.advance(3);
    store.restoreConnection();
    await clock.advance(10);
    expect(store.session.generation).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('takes its time to reconnect if told to', async () => {
    const store = open({ reconnectDelay: 2 });
    store.expireSession();
    await clock.advance(1.9);
    expect(store.session.state).toBe('lost');
    await clock.advance(0.1);
    expect([store.session.state, store.session.generation]).toEqual(['connected', 2]);
  });

  it('loses a call before or after it took effect', async () => {
    const store = open();
    store.loseNextCall('create');
    await expect(store.create('/before', bytes(''))).rejects.toBeInstanceOf(ConnectionLostError);
    await store.session.connected();
    store.loseNextReply('create');
    await expect(store.create('/after', bytes(''))).rejects.toBeInstanceOf(ConnectionLostError);
    await store.session.connected();
    expect(await store.list('/')).toEqual(['after']);
    expect(store.session.generation).toBe(1);
  });

  it('stays cut when the cut comes while a lost connection is about to return', async () => {
    const store = open();
    store.loseNextReply('stat');
    const lost = store.stat('/').catch((error: unknown) => error);
    expect(await lost).toBeInstanceOf(ConnectionLostError);
    store.loseConnection();
    await clock.settle();
    store.restoreConnection();
    store.loseConnection();
    await clock.settle();
    expect(store.session.state).toBe('suspended');
    store.restoreConnection();
    expect(store.session.state).toBe('connected');
  });

  it('lets who awaits an answer go on before it tells of what came after it', async () => {
    const [store, other] = [open(), open()];
    await store.create('/a', bytes(''));
    const order: string[] = [];
    await store.watchTree('/a', () => order.push('told'));
    const asked = (async () => {
      await store.stat('/a');
      for (let hop = 0; hop < 20; hop += 1) await Promise.resolve();
      order.push('answered');
    })();
    await Promise.all([asked, other.write('/a', bytes('x'))]);
    await clock.settle();
    expect(order).toEqual(['answered', 'told']);
  });

  it('counts calls by kind', async () => {
    const store = open();
    await store.create('/a', bytes(''));
    await Promise.all([store.read('/a'), store.read('/b'), store.stat('/a')]);
    await store.write('/a', bytes('')).then(() => store.remove('/a'));
    const none = { transaction: 0, watchTree: 0 };
    expect(store.calls).toEqual({ create: 1, read: 2, list: 0, stat: 1, write: 1, remove: 1, ...none });
    store.resetCalls();
    expect(store.calls.read).toBe(0);
  });

  it('lets calls of several sessions interleave, the same way each time', async () => {
    const run = async (): Promise<readonly string[]> => {
      const shared = new MemoryTree(clock);
      const order: string[] = [];
      const work = async (name: string): Promise<void> => {
        const store = new MemoryTreeStore(shared, { clock });
        for (let round = 0; round < 5; round++) {
          order.push(await store.create(`/${name}`, bytes(''), { sequential: true }));
        }
      };
      await Promise.all(['a', 'b', 'c'].map(work));
      return order;
    };
    const first = await run();
    expect(first).toHaveLength(15);
    expect(new Set(first.slice(0, 3).map((path) => path.charAt(1)))).toEqual(new Set(['a', 'b', 'c']));
    expect(await run()).toEqual(first);
  });

  it('forgets the watches of ended sessions', async () => {
    const store = open();
    await store.create('/a', bytes(''));
    await Promise.all([
      store.read('/a', () => undefined),
      store.list('/', () => undefined),
      store.stat('/b', () => undefined),
    ]);
    expect(tree.watches.size).toBe(3);
    store.expireSession();
    expect(tree.watches.size).toBe(0);
  });
});
