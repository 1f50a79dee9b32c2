import { describe, expect, it } from 'vitest';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { EphemeralRecord } from '../../../src/adapters/records/ephemeral-record.js';

const PATH = '/nodepool/components/builder/nb01';
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Turns of the microtask queue. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

describe('a record that is kept as it should be', () => {
  it('takes up a change at whatever moment of the one before it comes', async () => {
    const missed: number[] = [];
    for (let count = 0; count < 200; count += 1) {
      const clock = new VirtualClock();
      const store = new MemoryTreeStore(new MemoryTree(clock), { clock });
      const record = new EphemeralRecord(
        { store, clock, logger: new MemoryLogger() },
        { path: PATH, sequential: false },
      );
      await record.set(encode('first'));
      const before = record.set(encode('second'));
      await turns(count);
      await record.set(encode('third'));
      await before;
      await turns(200);
      const stored = await store.read(PATH);
      if (!record.settled || stored === undefined || new TextDecoder().decode(stored.data) !== 'third')
        missed.push(count);
    }
    expect(missed).toEqual([]);
  });

  it('comes to rest when the store is closed under it', async () => {
    const clock = new VirtualClock();
    const store = new MemoryTreeStore(new MemoryTree(clock), { clock });
    const record = new EphemeralRecord({ store, clock, logger: new MemoryLogger() }, { path: PATH, sequential: false });
    await record.set(encode('first'));
    const change = record.set(encode('second'));
    await store.close();
    await change;
    await record.set(encode('third'));
    // A turn of the loop comes: nothing tries again and again.
    await new Promise((resolve) => setImmediate(resolve));
    expect(record.settled).toBe(false);
  });
});
