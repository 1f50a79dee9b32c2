import type { StoreLine } from '../../ports/administration/store-contents.js';
import { childOf } from '../../ports/toolkit/paths.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';

const PIECE = 8192;
/** Calls under way at once. */
const AT_ONCE = 200;

/** Every persistent record of any tree store, parents first. What changes meanwhile is there as it was before or after. */
export async function linesOfStore(store: TreeStore): Promise<readonly StoreLine[]> {
  const lines: StoreLine[] = [];
  let level = await childrenOf(store, '/');
  while (level.length > 0) {
    const found = await inTurns(level, (path) => lineOf(store, path));
    const kept = found.filter((line) => line !== null);
    lines.push(...kept);
    const below = await inTurns(
      kept.map(({ path }) => path),
      (path) => childrenOf(store, path),
    );
    level = below.flat();
  }
  return lines;
}

/** Names that the server keeps for itself. */
const RESERVED = new Set(['/zookeeper']);

async function childrenOf(store: TreeStore, path: string): Promise<readonly string[]> {
  const names = (await store.list(path)) ?? [];
  return [...names]
    .sort()
    .map((name) => childOf(path, name))
    .filter((child) => !RESERVED.has(child));
}

async function lineOf(store: TreeStore, path: string): Promise<StoreLine | null> {
  const record = await store.read(path);
  if (!record || record.stat.ephemeral) return null;
  const bytes = record.data;
  const text = new TextDecoder().decode(bytes);
  const again = new TextEncoder().encode(text);
  const same = again.length === bytes.length && again.every((byte, index) => byte === bytes[index]);
  const data = same ? { data: text } : { base64: base64Of(bytes) };
  return { path, ...data, sequence: record.stat.childCreations ?? record.stat.childCount };
}

/** In pieces: a call takes some 100,000 arguments, and a record may have a million bytes. */
function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += PIECE)
    text += String.fromCharCode(...bytes.subarray(from, from + PIECE));
  return btoa(text);
}

/**
 * Creates the records in a tree store, and lets their counters go on where they were: the store counts creations, so as many are made
 * and removed again as are missing.
 * @param report told how many records and counters are done
 */
export async function fillStore(
  store: TreeStore,
  lines: readonly StoreLine[],
  dataOf: (line: StoreLine) => Uint8Array,
  report: (what: string) => void,
): Promise<void> {
  // In the order of the lines: calls of one store are carried out in the order they were made.
  await inTurns(lines, (line) => put(store, line.path, dataOf(line)));
  for (const { path, sequence } of lines) {
    if (sequence === 0) continue;
    const missing = sequence - ((await store.stat(path))?.childCreations ?? 0);
    if (missing > 1000) report(`${path}: counting up by ${missing}`);
    const turns = Array.from({ length: Math.max(0, missing) });
    await inTurns(turns, async () => {
      const passing = await store.create(childOf(path, 'counted-'), new Uint8Array(), { sequential: true });
      await store.remove(passing);
    });
  }
}

async function put(store: TreeStore, path: string, data: Uint8Array): Promise<void> {
  if ((await store.stat(path)) === undefined) await store.create(path, data);
  else await store.write(path, data);
}

async function inTurns<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE)
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(act))));
  return results;
}
