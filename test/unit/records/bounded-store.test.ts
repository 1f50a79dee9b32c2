import { afterEach, beforeEach, expect, it } from 'vitest';
import { BoundedStore } from '../../../src/adapters/records/bounded-store.js';
import { RecordTooLargeError } from '../../../src/ports/records/record-lease.js';
import { LauncherWorld } from '../../support/launcher-world.js';

let world: LauncherWorld;
beforeEach(() => {
  world = new LauncherWorld();
});
afterEach(() => world.end());

it('[B11] a record that a server would hang up on is never sent, and costs nobody else anything', async () => {
  const behind = world.open();
  const store = new BoundedStore(behind);
  const large = new Uint8Array(900 * 1024 + 1);
  await store.create('/a', large.subarray(1));
  await expect(store.create('/b', large)).rejects.toThrow(RecordTooLargeError);
  await expect(store.write('/a', large)).rejects.toThrow(RecordTooLargeError);
  expect(await behind.stat('/b')).toBeUndefined();
  expect((await behind.stat('/a'))?.version).toBe(0);
  expect(store.session.state).toBe('connected');
  await behind.close();
});
