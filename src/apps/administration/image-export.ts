import type { ImageData } from '../../ports/administration/commands.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import { buildPath, buildsPath, IMAGES, LOCK, pausePath, providersPath, uploadsPath } from './image-paths.js';

/**
 * Reads the records of all images as they are stored. Empty records, which stray locks leave behind, are no records. One image
 * after the other, so that not all of a large store is under way at once.
 */
export async function exportImages(store: TreeStore): Promise<ImageData> {
  const data: Record<string, string> = {};
  for (const image of await children(store, IMAGES)) {
    if (await store.stat(pausePath(image))) data[pausePath(image)] = '';
    for (const build of await children(store, buildsPath(image))) {
      await exportRecord(store, buildPath(image, build), data);
      for (const provider of await children(store, providersPath(image, build))) {
        const folder = uploadsPath(image, build, provider);
        const uploads = await children(store, folder);
        await Promise.all(uploads.map((upload) => exportRecord(store, `${folder}/${upload}`, data)));
      }
    }
  }
  return Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function children(store: TreeStore, path: string): Promise<readonly string[]> {
  const names = (await store.list(path)) ?? [];
  return names.filter((name) => name !== LOCK).sort();
}

async function exportRecord(store: TreeStore, path: string, data: Record<string, string>): Promise<void> {
  const record = await store.read(path);
  if (record && record.data.length > 0) data[path] = new TextDecoder().decode(record.data);
}
