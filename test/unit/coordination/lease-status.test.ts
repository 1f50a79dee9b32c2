import { expect, it } from 'vitest';
import { KazooLeases } from '../../../src/adapters/leases/kazoo-leases.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';

it('leases tell which locks they hold and which they wait for, until they are let go [BUILDER 139]', async () => {
  const clock = new VirtualClock();
  const store = new MemoryTreeStore(new MemoryTree(clock), { clock });
  const leases = new KazooLeases(store, { clock, random: new SeededRandom(1) });
  await clock.advance(1);
  const first = leases.acquire('/lock', { makeParents: true });
  await clock.advance(1);
  const held = await first;
  const second = leases.acquire('/lock', { wait: 60 });
  await clock.advance(1);
  expect(leases.status()).toEqual([
    { worker: 'Leases', doing: '1 held, 1 wanted', details: ['holds /lock', 'waits for /lock'] },
  ]);
  if (!('lease' in held)) throw new Error('the lock was refused');
  await held.lease.release();
  await clock.advance(1);
  const next = await second;
  if ('lease' in next) await next.lease.release();
  expect(leases.status()).toEqual([{ worker: 'Leases', doing: '0 held, 0 wanted', details: [] }]);
  await store.close();
});
