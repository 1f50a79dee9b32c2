import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { removeUnlocked } from '../../../src/adapters/records/remove-tree.js';
import { NotEmptyError, VersionConflictError } from '../../../src/ports/coordination/errors.js';

const NONE = new Uint8Array();
let store: MemoryTreeStore;

beforeEach(async () => {
  const clock = new VirtualClock();
  store = new MemoryTreeStore(new MemoryTree(clock), { clock });
  await store.create('/node', NONE);
  await store.create('/node/lock', NONE);
  await store.create('/node/things/of/others', NONE, { makeParents: true });
});

describe('removing a record with what is below it', () => {
  it('removes everything when nobody contends for its lock', async () => {
    await removeUnlocked(store, '/node', '/node/lock', 0);
    expect(await store.list('/')).toEqual([]);
  });

  it('leaves contenders in their place', async () => {
    await store.create('/node/lock/0__lock__0000000000', NONE);
    await expect(removeUnlocked(store, '/node', '/node/lock')).rejects.toThrow(NotEmptyError);
    expect(await store.list('/node/lock')).toEqual(['0__lock__0000000000']);
  });

  it('leaves what was written meanwhile', async () => {
    await store.write('/node', NONE);
    await expect(removeUnlocked(store, '/node', '/node/lock', 0)).rejects.toThrow(VersionConflictError);
    expect(await store.stat('/node')).toBeDefined();
  });
});
