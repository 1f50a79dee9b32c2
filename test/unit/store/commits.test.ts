import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { TRANSACTION_KEY } from '../../../src/adapters/memory/durable/commit-log.js';
import { DurableTree } from '../../../src/adapters/memory/durable/durable-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { SimulatedDisk } from '../../../src/adapters/simulated-engine/simulated-disk.js';
import { SimulatedEngine } from '../../../src/adapters/simulated-engine/simulated-engine.js';
import { StoreFailureError } from '../../../src/ports/coordination/errors.js';
import type { EngineChange } from '../../../src/ports/coordination/store-engine.js';
import { mayMount, smallDisk } from '../../support/small-disk.js';
import { storeProcess } from '../../support/store-process.js';
import { bytes, text } from '../../support/store-world.js';

/** A durable tree on a simulated disk whose commits take a second. */
class Bench {
  readonly clock = new VirtualClock();
  readonly disk = new SimulatedDisk();
  readonly logger = new MemoryLogger();
  readonly batches: (readonly EngineChange[])[] = [];

  async open(sessionTimeout = 30): Promise<{ readonly durable: DurableTree; readonly store: MemoryTreeStore }> {
    const { clock, disk, logger } = this;
    const engine = new SimulatedEngine({ disk, clock, delay: () => 1 });
    const append = engine.append.bind(engine);
    engine.append = (batch) => {
      this.batches.push(batch);
      return append(batch);
    };
    const afterTurn = (run: () => void): void => void clock.schedule(0, run);
    const durable = await DurableTree.open({ engine, place: 'disk', clock, logger, sessionTimeout, afterTurn });
    return { durable, store: new MemoryTreeStore(durable.tree, { clock }) };
  }
}

function outcome<T>(promise: Promise<T>): { value: T | Error | undefined } {
  const seen: { value: T | Error | undefined } = { value: undefined };
  promise.then(
    (value) => (seen.value = value),
    (error: unknown) => (seen.value = error as Error),
  );
  return seen;
}

describe('commits of a durable tree', () => {
  it('[S5] nothing is answered before it is on disk, reads of it neither', async () => {
    const bench = new Bench();
    const { store } = await bench.open();
    const created = outcome(store.create('/a', bytes('1')));
    const read = outcome(store.read('/a'));
    await bench.clock.advance(0.9);
    expect([created.value, read.value]).toEqual([undefined, undefined]);
    await bench.clock.advance(0.2);
    expect(created.value).toBe('/a');
    expect(read.value).toMatchObject({ data: bytes('1') });
  });

  it('[S5] calls of one turn are committed together, and a call as a whole', async () => {
    const bench = new Bench();
    const { store } = await bench.open();
    const calls = Promise.all([
      ...Array.from({ length: 100 }, (_, number) => store.create(`/${number}`, bytes('x'))),
      store.create('/a/b/c', bytes('x'), { makeParents: true }),
    ]);
    await bench.clock.advance(2);
    await calls;
    expect(bench.batches).toHaveLength(1);
    expect(bench.batches[0]?.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['/0', '/99', '/a', '/a/b', '/a/b/c']),
    );
  });

  it('[S10] who writes alone waits for one commit each time, of the record and the number of the change', async () => {
    const bench = new Bench();
    const { store } = await bench.open();
    for (const path of ['/a', '/a/b']) {
      const created = outcome(store.create(path, bytes('0')));
      await bench.clock.advance(1);
      expect(created.value).toBe(path);
    }
    bench.batches.length = 0;
    for (let version = 1; version <= 3; version++) {
      const written = outcome(store.write('/a/b', bytes('x'.repeat(1500))));
      await bench.clock.advance(1);
      expect(written.value).toMatchObject({ version });
    }
    expect(bench.batches.map((batch) => batch.map(({ key }) => key))).toEqual(Array(3).fill(['/a/b', TRANSACTION_KEY]));
  });

  it.each([0, 1])(
    '[S6] a process that dies in the middle of a commit leaves %d of it, whole or not at all',
    async (keep) => {
      const bench = new Bench();
      const { store } = await bench.open();
      void store.create('/a/b/c', bytes('x'), { makeParents: true });
      await bench.clock.advance(0.5);
      bench.disk.crash({ keep, torn: keep === 0 });
      const next = await bench.open();
      const found = [...next.durable.tree.walk()].map(([path]) => path);
      expect(found).toEqual(keep === 1 ? ['/', '/a', '/a/b', '/a/b/c'] : ['/']);
    },
  );

  it('[S8] a full disk refuses writes with a typed error, loses nothing and goes on when there is room', async () => {
    const bench = new Bench();
    const { durable, store } = await bench.open();
    const first = store.create('/a', bytes('1'));
    await bench.clock.advance(2);
    await first;
    bench.disk.full = true;
    const write = outcome(store.write('/a', bytes('2')));
    const below = outcome(store.create('/a/b', bytes('x')));
    const read = outcome(store.read('/a'));
    await bench.clock.advance(2);
    expect(write.value).toBeInstanceOf(StoreFailureError);
    expect(below.value).toBeInstanceOf(StoreFailureError);
    expect(read.value).toMatchObject({ data: bytes('1'), stat: { version: 0, childCount: 0 } });
    expect(durable.refusesWrites).toBe(true);
    expect(store.session.state).toBe('connected');
    bench.disk.full = false;
    await bench.clock.advance(10);
    expect(durable.refusesWrites).toBe(false);
    const messages = bench.logger.lines
      .filter(({ name }) => name === 'nodepool')
      .map(({ level, message }) => `${level} ${message}`);
    expect(messages).toContainEqual(expect.stringMatching(/^error The store cannot be written/));
    expect(messages).toContainEqual('info The store can be written again');
    const again = outcome(store.write('/a', bytes('3'), 0));
    await bench.clock.advance(2);
    expect(again.value).toMatchObject({ version: 1 });
  });

  it('[S8] watches stay right over writes that were taken back', async () => {
    const bench = new Bench();
    const { store } = await bench.open();
    const first = store.create('/a', bytes('1'));
    await bench.clock.advance(2);
    await first;
    let fired = 0;
    const watched = store.read('/a', () => (fired += 1));
    await bench.clock.advance(0);
    await watched;
    bench.disk.full = true;
    const refused = outcome(store.write('/a', bytes('2')));
    await bench.clock.advance(2);
    expect(refused.value).toBeInstanceOf(StoreFailureError);
    // Whoever is told reads again, and finds what was there.
    expect(text((await outcomeNow(bench, store.read('/a')))?.data)).toBe('1');
    expect(fired).toBeLessThanOrEqual(1);
  });

  it('[S8] who watches a part of the tree is told to look again when changes were taken back', async () => {
    const bench = new Bench();
    const { store } = await bench.open();
    const told: string[] = [];
    const set = outcome(store.watchTree('/', ({ kind }) => told.push(kind)));
    await bench.clock.advance(2);
    expect(set.value).toBeDefined();
    bench.disk.full = true;
    const refused = outcome(store.create('/a', bytes('1')));
    await bench.clock.advance(2);
    expect(refused.value).toBeInstanceOf(StoreFailureError);
    expect(told).toEqual(['missed']);
  });

  it('[S6] a transaction is one commit, kept or taken back as a whole', async () => {
    const bench = new Bench();
    const { store } = await bench.open();
    const made = store.transaction([
      { kind: 'create', path: '/a', data: bytes('1') },
      { kind: 'create', path: '/a/b', data: bytes('2') },
    ]);
    await bench.clock.advance(2);
    await made;
    expect(bench.batches.map((batch) => batch.length)).toEqual([4]);
    bench.disk.full = true;
    const refused = outcome(
      store.transaction([
        { kind: 'write', path: '/a', data: bytes('3') },
        { kind: 'remove', path: '/a/b' },
      ]),
    );
    await bench.clock.advance(2);
    expect(refused.value).toBeInstanceOf(StoreFailureError);
    const left = await Promise.all(['/a', '/a/b'].map((path) => outcomeNow(bench, store.read(path))));
    expect(left.map((record) => text(record?.data))).toEqual(['1', '2']);
  });

  it('[S9] locks of a process that died stay for the session time-out, and are gone then', async () => {
    const bench = new Bench();
    const { store } = await bench.open();
    const calls = Promise.all([
      store.create('/node/lock/a', bytes('x'), { makeParents: true, ephemeral: true, sequential: true }),
      store.create('/node/kept', bytes('x'), { makeParents: true }),
    ]);
    await bench.clock.advance(2);
    await calls;
    bench.disk.crash({ keep: 0, torn: false });
    const next = await bench.open();
    const gone = outcome(new Promise<void>((resolve) => void next.store.list('/node/lock', resolve)));
    await bench.clock.advance(29);
    expect(next.durable.tree.list('/node/lock')).toEqual(['a0000000000']);
    expect(gone.value).toBeUndefined();
    await bench.clock.advance(2);
    expect(next.durable.tree.list('/node/lock')).toEqual([]);
    expect(next.durable.tree.list('/node')).toEqual(['kept', 'lock']);
    expect(next.durable.tree.stat('/node/lock')).toBeDefined();
  });

  it('[S15] whoever only looks at the store of a dead process is not shown its locks', async () => {
    const bench = new Bench();
    const { store } = await bench.open();
    const locked = store.create('/node/lock/a', bytes('x'), { makeParents: true, ephemeral: true, sequential: true });
    await bench.clock.advance(2);
    await locked;
    bench.disk.crash({ keep: 0, torn: false });
    const { durable } = await bench.open(0);
    expect(durable.tree.list('/node/lock')).toEqual([]);
  });

  it('[S9] a process that ends in order leaves no locks', async () => {
    const bench = new Bench();
    const { durable, store } = await bench.open();
    void store.create('/lock', bytes('x'), { ephemeral: true });
    await bench.clock.advance(2);
    const closed = Promise.all([store.close(), durable.close()]);
    await bench.clock.advance(2);
    await closed;
    expect((await bench.open()).durable.tree.list('/')).toEqual([]);
  });

  it('[S12] sequence numbers, versions and the order of writes go on after a restart', async () => {
    const bench = new Bench();
    const { store } = await bench.open();
    const calls = Promise.all([
      store.create('/nodes/', bytes('x'), { makeParents: true, sequential: true }),
      store.create('/nodes/', bytes('y'), { sequential: true }),
      store.write('/nodes', bytes('z')),
      store.remove('/nodes/0000000001'),
    ]);
    await bench.clock.advance(2);
    await calls;
    bench.disk.crash({ keep: 0, torn: false });
    const next = await bench.open();
    expect(next.durable.tree.stat('/nodes')).toMatchObject({ version: 1, childCount: 1 });
    const created = next.store.create('/nodes/', bytes('x'), { sequential: true });
    await bench.clock.advance(2);
    expect(await created).toBe('/nodes/0000000002');
    const before = next.durable.tree.stat('/nodes')?.modifiedId ?? Infinity;
    expect(next.durable.tree.stat('/nodes/0000000002')?.modifiedId).toBeGreaterThan(before + 1);
  });
});

async function outcomeNow<T>(bench: Bench, promise: Promise<T>): Promise<T> {
  await bench.clock.advance(0);
  return promise;
}

describe.skipIf(!mayMount())('a real disk that is full (needs root, to mount one)', () => {
  const ends: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('[S8] refuses writes, loses nothing, and goes on when there is room', async () => {
    const disk = smallDisk('6m');
    ends.push(() => disk.remove());
    const directory = `${disk.folder}/store`;
    const process = await storeProcess(directory);
    const kept: string[] = [];
    let refusal: unknown;
    for (let number = 0; refusal === undefined && number < 2000; number++) {
      try {
        kept.push(await process.store.create(`/${number}`, randomBytes(10_000)));
      } catch (error) {
        refusal = error;
      }
    }
    expect(refusal).toBeInstanceOf(StoreFailureError);
    expect(kept.length).toBeGreaterThan(50);
    await expect(process.store.write('/0', bytes('x'.repeat(5000)))).rejects.toBeInstanceOf(StoreFailureError);
    expect(await process.store.list('/')).toHaveLength(kept.length);
    disk.remount('size=64m');
    await expect.poll(() => process.durable.refusesWrites).toBe(false);
    await process.store.create('/after', bytes('x'));
    await process.die();
    const next = await storeProcess(directory);
    expect((await next.store.list('/'))?.length).toBe(kept.length + 1);
    expect(next.logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
    await next.close();
  });

  it('[S4] is refused at the start, as is one that is read-only, and nothing is changed', async () => {
    const disk = smallDisk('64k');
    ends.push(() => disk.remove());
    spawnSync('dd', ['if=/dev/zero', `of=${disk.folder}/fill`, 'bs=1k', 'count=100']);
    await expect(storeProcess(`${disk.folder}/store`)).rejects.toThrow(/file system that is full/);
    expect(readdirSync(disk.folder)).toEqual(['fill']);
    disk.remount('size=8m,ro');
    await expect(storeProcess(`${disk.folder}/store`)).rejects.toThrow(/mounted read-only/);
    disk.remount('rw');
    const process = await storeProcess(`${disk.folder}/store`);
    await process.store.create('/a', bytes('x'));
    await process.close();
    disk.remount('ro');
    await expect(storeProcess(`${disk.folder}/store`)).rejects.toThrow(/mounted read-only/);
  });
});
