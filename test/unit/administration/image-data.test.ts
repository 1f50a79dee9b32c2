import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryTreeStore } from '../../../src/adapters/memory/memory-tree-store.js';
import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { exportImages } from '../../../src/apps/administration/image-export.js';
import { importImages } from '../../../src/apps/administration/image-import.js';
import { ImageDataError } from '../../../src/ports/administration/errors.js';

const BUILD = '/nodepool/images/a/builds/0b6c';
const UPLOADS = `${BUILD}/providers/p/images`;
const encoder = new TextEncoder();

function newStore(): MemoryTreeStore {
  const clock = new VirtualClock();
  return new MemoryTreeStore(new MemoryTree(clock), { clock });
}

let store: MemoryTreeStore;

async function put(path: string, text: string): Promise<void> {
  await store.create(path, encoder.encode(text), { makeParents: true });
}

async function text(path: string): Promise<string | undefined> {
  const record = await store.read(path);
  return record && new TextDecoder().decode(record.data);
}

beforeEach(async () => {
  store = newStore();
  await put(BUILD, '{"state":"ready","grüße":1}');
  await put(`${BUILD}/lock/x__lock__0000000000`, '');
  await put(`${UPLOADS}/lock`, '');
  await put(`${UPLOADS}/0000000003`, '{"state":"ready"}');
  await put(`${UPLOADS}/0000000005`, '{"state":"failed"}');
  await put(`${UPLOADS}/0000000006`, '');
  await put('/nodepool/images/b/pause', '');
  await put('/nodepool/images/b/request-build', '');
  await put('/nodepool/images/b/builds/lock/y__lock__0000000000', '');
});

const EXPORTED = {
  [BUILD]: '{"state":"ready","grüße":1}',
  [`${UPLOADS}/0000000003`]: '{"state":"ready"}',
  [`${UPLOADS}/0000000005`]: '{"state":"failed"}',
  '/nodepool/images/b/pause': '',
};

describe('exporting', () => {
  test('has pauses, builds and uploads as they are stored, no locks, orders or empty records [BUILDER 135]', async () => {
    expect(await exportImages(store)).toEqual(EXPORTED);
  });

  test('an empty store has nothing to export', async () => {
    expect(await exportImages(newStore())).toEqual({});
  });
});

describe('importing', () => {
  test('restores the records in an empty store, and later uploads get higher numbers [BUILDER 135]', async () => {
    const data = await exportImages(store);
    store = newStore();
    await importImages(store, data);
    expect(await exportImages(store)).toEqual(EXPORTED);
    expect([...((await store.list(UPLOADS)) ?? [])].sort()).toEqual(['0000000003', '0000000005']);
    const next = await store.create(`${UPLOADS}/`, new Uint8Array(), { sequential: true });
    expect(Number(next.slice(-10))).toBeGreaterThan(5);
  });

  test('replaces existing records and may be repeated', async () => {
    const data = { [`${UPLOADS}/0000000003`]: '{"state":"deleting"}', '/nodepool/images/b/pause': '' };
    await importImages(store, data);
    await importImages(store, data);
    expect(await text(`${UPLOADS}/0000000003`)).toBe('{"state":"deleting"}');
    expect(await text(`${UPLOADS}/0000000005`)).toBe('{"state":"failed"}');
  });

  test('counts far up', async () => {
    store = newStore();
    await importImages(store, { [`${UPLOADS}/0000000300`]: '{}' });
    expect(await store.list(UPLOADS)).toEqual(['0000000300']);
    const next = await store.create(`${UPLOADS}/`, new Uint8Array(), { sequential: true });
    expect(Number(next.slice(-10))).toBeGreaterThan(300);
  });

  test.each([
    ['/nodepool/nodes/0000000001', '{}'],
    ['/nodepool/images/a/request-build', ''],
    ['/nodepool/images/a/builds/lock', ''],
    ['/nodepool/images/a/builds/../../../nodes/1', '{}'],
    ['/nodepool/images//builds/1', '{}'],
    [`${UPLOADS}/lock`, ''],
    [`${UPLOADS}/0000000001/lock`, ''],
    [`${UPLOADS}/9999999999`, '{}'],
    ['relative', ''],
  ])('refuses %s before anything is written', async (path, value) => {
    const before = await exportImages(store);
    const data = { '/nodepool/images/new/pause': '', [path]: value };
    await expect(importImages(store, data)).rejects.toBeInstanceOf(ImageDataError);
    expect(await exportImages(store)).toEqual(before);
  });

  test('refuses what is no text', async () => {
    const data = { [BUILD]: { state: 'ready' } } as unknown as Record<string, string>;
    await expect(importImages(store, data)).rejects.toThrow(`${BUILD} does not have a text`);
  });
});
