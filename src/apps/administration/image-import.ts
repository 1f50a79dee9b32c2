import type { ImageData } from '../../ports/administration/commands.js';
import { ImageDataError } from '../../ports/administration/errors.js';
import { RecordExistsError } from '../../ports/coordination/errors.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import { parseImageDataPath } from './image-paths.js';

/** Counting a folder up takes one write per number; a number beyond this is a damaged file rather than a busy provider. */
const HIGHEST_UPLOAD = 1_000_000;
/** Writes under way at once. */
const BATCH = 64;

const encoder = new TextEncoder();

/** Writes exported records back. @throws ImageDataError before anything is written */
export async function importImages(store: TreeStore, data: ImageData): Promise<void> {
  const plan = planImport(data);
  for (const { path, text } of plan.plain) await put(store, path, text);
  for (const [folder, uploads] of plan.folders) await importFolder(store, folder, uploads);
}

interface ImportPlan {
  /** Pauses and builds, parents before children. */
  readonly plain: readonly { readonly path: string; readonly text: string }[];
  /** Folder of uploads to number to text. */
  readonly folders: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

function planImport(data: ImageData): ImportPlan {
  const plain: { path: string; text: string }[] = [];
  const folders = new Map<string, Map<number, string>>();
  for (const path of Object.keys(data).sort()) {
    const text: unknown = data[path];
    const parsed = parseImageDataPath(path);
    if (!parsed) throw new ImageDataError(`${path} is not the path of an image record`);
    if (typeof text !== 'string') throw new ImageDataError(`${path} does not have a text`);
    if (parsed.kind !== 'upload') {
      plain.push({ path, text });
      continue;
    }
    const number = Number(parsed.upload);
    if (number > HIGHEST_UPLOAD) throw new ImageDataError(`${path} has an upload number beyond ${HIGHEST_UPLOAD}`);
    const folder = folders.get(parsed.folder) ?? new Map<number, string>();
    folders.set(parsed.folder, folder.set(number, text));
  }
  return { plain, folders };
}

/**
 * The store counts what was ever created in a folder, so the count has to be brought up to the highest imported number before
 * builders create uploads here again: else they would meet numbers that are taken (spec BUILDER 3.4).
 */
async function importFolder(store: TreeStore, folder: string, uploads: ReadonlyMap<number, string>): Promise<void> {
  const highest = Math.max(...uploads.keys());
  for (let counted = -1; counted < highest;) {
    const batch = counted < 0 ? 1 : Math.min(BATCH, highest - counted);
    const numbers = await Promise.all(Array.from({ length: batch }, () => count(store, folder, uploads)));
    for (const number of numbers) {
      if (number === undefined) await countUnnamed(store, folder);
      else counted = Math.max(counted, number);
    }
  }
  for (const [number, text] of uploads) await put(store, uploadPath(folder, number), text);
}

/**
 * Counts up by one and answers the number; keeps the record only if it is to be imported. Undefined if a record of the next
 * number exists, put there without counting: the store then refuses to count.
 */
async function count(
  store: TreeStore,
  folder: string,
  uploads: ReadonlyMap<number, string>,
): Promise<number | undefined> {
  try {
    const path = await store.create(`${folder}/`, new Uint8Array(), { sequential: true, makeParents: true });
    const number = Number(path.slice(path.lastIndexOf('/') + 1));
    if (!uploads.has(number)) await store.remove(path);
    return number;
  } catch (error: unknown) {
    if (error instanceof RecordExistsError) return undefined;
    throw error;
  }
}

/** Every child counts, whatever its name. */
async function countUnnamed(store: TreeStore, folder: string): Promise<void> {
  const path = await store.create(`${folder}/counting`, new Uint8Array());
  await store.remove(path);
}

function uploadPath(folder: string, number: number): string {
  return `${folder}/${String(number).padStart(10, '0')}`;
}

async function put(store: TreeStore, path: string, text: string): Promise<void> {
  const data = encoder.encode(text);
  try {
    await store.create(path, data, { makeParents: true });
  } catch (error: unknown) {
    if (!(error instanceof RecordExistsError)) throw error;
    await store.write(path, data);
  }
}
