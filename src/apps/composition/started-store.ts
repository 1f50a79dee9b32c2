import type { TreeStore } from '../../ports/coordination/tree-store.js';

/** A store that connects when it is told to. */
export interface StartedStore extends TreeStore {
  /** Begins to connect and resolves without waiting for the connection. Idempotent. */
  start(): Promise<void>;
}

export function mustBeStarted(store: TreeStore): store is StartedStore {
  return 'start' in store && typeof store.start === 'function';
}
