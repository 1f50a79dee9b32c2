/**
 * The state of the connection to the store, in kazoo's words.
 * - `connected`: calls go through.
 * - `suspended`: the connection is down, the session may live on; leases must not be relied on.
 * - `lost`: the session is over; its ephemeral records and leases are gone. A new session follows as `connected`, with a new generation.
 *
 * The state is told before the calls fail: whoever sees a `ConnectionLostError` or `SessionLostError` of a call never finds `connected`
 * here unless the connection came back since, which takes at least a turn of the event loop and is told to `onChange`. So waiting for
 * the next `connected` after such a failure always ends, and never at once.
 */
export type SessionState = 'connected' | 'suspended' | 'lost';

export interface SessionEvent {
  readonly state: SessionState;
  readonly generation: number;
}

export interface SessionMonitor {
  readonly state: SessionState;
  /** 0 before the first connection, then 1, growing with each new session. */
  readonly generation: number;
  /** Listeners are called synchronously in order of registration, once per change. Answers the way to unsubscribe. */
  onChange(listener: (event: SessionEvent) => void): () => void;
  /** Resolves when (or if) connected; rejects with the signal's reason when aborted, with StoreClosedError when closed. */
  connected(signal?: AbortSignal): Promise<void>;
}
