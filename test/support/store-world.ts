import type { SessionState } from '../../src/ports/coordination/session.js';
import type { TreeStore } from '../../src/ports/coordination/tree-store.js';
import type { Clock } from '../../src/ports/runtime/clock.js';

/** One tree and the network around it, for the contract suites: the same faults on every adapter. */
export interface StoreWorld {
  readonly clock: Clock;
  /** A new store, connected, with a session of its own. */
  open(): Promise<TreeStore>;
  /** Cuts the store's connection; resolves when the store has noticed. */
  cut(store: TreeStore): Promise<void>;
  /** Lets it connect again. */
  restore(store: TreeStore): void;
  /** Ends the store's session on the server; resolves when the server has forgotten it. Works while the connection is cut. */
  expire(store: TreeStore): Promise<void>;
  /** The store's next write reaches the server, its answer does not come back; the connection returns by itself. */
  loseNextReply(store: TreeStore, call: 'create' | 'write' | 'remove'): void;
  /** Lets `seconds` pass. */
  pass(seconds: number): Promise<void>;
  /** Waits until `condition` holds and fails if it does not come to hold. */
  eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Closes everything that was opened. */
  end(): Promise<void>;
}

/** Waits for a state of the store's session. */
export function entering(world: StoreWorld, store: TreeStore, state: SessionState, generation?: number): Promise<void> {
  return world.eventually(
    `the session is ${state}`,
    () => store.session.state === state && (generation === undefined || store.session.generation === generation),
  );
}

/** Resolves when everything the store was told before has arrived: events come before the answer to a later read. */
export async function caughtUp(...stores: readonly TreeStore[]): Promise<void> {
  for (const store of stores) {
    await store.stat('/');
    await store.stat('/');
  }
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data);
