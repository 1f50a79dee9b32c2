/**
 * A mirror of records in memory, fed by watches. Reading it is synchronous and free; what it shows may lag behind the store by
 * a moment, so decisions made on it are checked again under the lease of the record they are about.
 */
import type { DamagedRecord, Stored } from '../../domain/model/stored.js';

export type RecordChange<T> =
  | { readonly kind: 'added'; readonly id: string; readonly after: Stored<T> }
  | { readonly kind: 'updated'; readonly id: string; readonly before: Stored<T>; readonly after: Stored<T> }
  | { readonly kind: 'removed'; readonly id: string; readonly before: Stored<T> | undefined }
  /** Somebody took or gave back the record's lock. */
  | { readonly kind: 'locking'; readonly id: string; readonly locked: boolean }
  | { readonly kind: 'damaged'; readonly id: string; readonly record: DamagedRecord }
  /** The whole view was read again after a new session. */
  | { readonly kind: 'resynced' };

export interface RecordView<T> {
  /** True once everything was read under the current session; false again from the loss of the session until the resync. */
  readonly complete: boolean;
  /** Resolves when complete. */
  ready(signal?: AbortSignal): Promise<void>;
  get(id: string): Stored<T> | undefined;
  all(): ReadonlyMap<string, Stored<T>>;
  /** Does anybody hold or wait for the record's lock, as far as the mirror knows? */
  locked(id: string): boolean;
  damaged(): readonly DamagedRecord[];
  /** Called synchronously after the view has changed. Answers the way to unsubscribe. */
  onChange(listener: (change: RecordChange<T>) => void): () => void;
}
