import { NoRecordError, NotEmptyError, VersionConflictError } from '../../ports/coordination/errors.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { Clock } from '../../ports/runtime/clock.js';

const NODES = '/nodepool/nodes';

/**
 * Removes node records with their locks, whoever holds them. Each is marked as deleted first, so that whoever watches it
 * understands what happens (spec BUILDER 3.3).
 */
export async function eraseNodes(store: TreeStore, clock: Clock, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await markDeleted(store, clock, `${NODES}/${id}`);
    await removeTree(store, `${NODES}/${id}`);
  }
}

async function markDeleted(store: TreeStore, clock: Clock, path: string): Promise<void> {
  const found = await store.read(path);
  const record = found && parseObject(found.data);
  if (!record) return;
  const text = JSON.stringify({ ...record, state: 'deleted', state_time: clock.now() });
  try {
    await store.write(path, new TextEncoder().encode(text), found.stat.version);
  } catch (error: unknown) {
    // Somebody was faster. The record goes away all the same.
    if (!(error instanceof NoRecordError || error instanceof VersionConflictError)) throw error;
  }
}

function parseObject(data: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(data));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** A contender may join while we remove; it is removed in the next round. */
async function removeTree(store: TreeStore, path: string, rounds = 10): Promise<void> {
  for (const child of (await store.list(path)) ?? []) await removeTree(store, `${path}/${child}`, rounds);
  try {
    await store.remove(path);
  } catch (error: unknown) {
    if (!(error instanceof NotEmptyError) || rounds <= 1) throw error;
    await removeTree(store, path, rounds - 1);
  }
}
