/**
 * What a watch on a part of the tree tells.
 * - `created`, `written`, `removed`: of one record, the one that is watched or any below it. Told in the order of the changes, each once
 *   it is visible to reads of this store, and before the answer to any call that was carried out after it.
 * - `missed`: anything may have changed, and what was told last may have been taken back. After a disconnect of a session that lives on.
 * - `ended`: nothing more will be told, since the store cannot keep such a watch any longer. What changed before was told.
 */
export type TreeEvent =
  | { readonly kind: 'created' | 'written' | 'removed'; readonly path: string }
  | { readonly kind: 'missed' }
  | { readonly kind: 'ended' };

export type TreeListener = (event: TreeEvent) => void;

export interface TreeWatch {
  /** Nothing is told from now on. Idempotent, never rejects; without a connection there is nothing to wait for. */
  stop(): Promise<void>;
}
