/**
 * Leases: mutual exclusion between processes, compatible on the wire with kazoo's Lock (spec LAUNCHER 1.5).
 *
 * A lease is a scoped value: whoever acquires it releases it in `finally`. It is valid while `signal` is not aborted;
 * the signal fires when the session is suspended or lost, and on release. Fair by sequence, not re-entrant (also not between
 * callers of one process).
 */
export interface Lease {
  /** The lock directory. */
  readonly path: string;
  /** The session generation under which it was acquired. */
  readonly generation: number;
  /** Aborted with `LeaseLostError` when the session is suspended or lost, with `LeaseReleasedError` on release. */
  readonly signal: AbortSignal;
  /**
   * The one record by which it is held, for a transaction that does the last thing under the lease and lets go of it by removing that
   * record; null where there may be more than one. Such a transaction is to be followed by `letGo`, or by `release` if it failed.
   */
  readonly contender: string | null;
  /** As `release`, when the record of `contender` was removed already. */
  letGo(): void;
  /** Idempotent; a lost session or missing record is fine. Never rejects for reasons of the store: an own child that cannot be removed now is removed on reconnect. */
  release(): Promise<void>;
}

export interface AcquireOptions {
  /** Seconds to wait; 0 = do not wait (the default). Infinity = for ever. */
  readonly wait?: number;
  /** Data of the contender record, for people; kazoo writes none. */
  readonly identifier?: string;
  /**
   * Create all missing parents of the lock directory. Off: only the directory's last element is created, so that locking
   * a deleted record answers `gone` and re-creates nothing.
   */
  readonly makeParents?: boolean;
  /**
   * The lock directory is expected to be missing (a record nobody has locked yet): it is created first instead of on refusal, which
   * saves a round trip. Never changes the result.
   */
  readonly newDirectory?: boolean;
  readonly signal?: AbortSignal;
}

/** `busy`: somebody else holds it (or the wait ran out). `gone`: the parent of the lock directory does not exist. */
export type AcquireResult = { readonly lease: Lease } | { readonly refused: 'busy' | 'gone' };

export interface LeaseManager {
  /**
   * @throws ConnectionLostError, SessionLostError when the store went away meanwhile (nothing is left behind once it is back),
   *   the signal's reason when aborted (likewise).
   */
  acquire(directory: string, options?: AcquireOptions): Promise<AcquireResult>;

  /** Identifiers of all contenders, the holder first; empty if nobody contends or the directory does not exist. Takes no lock. */
  contenders(directory: string): Promise<readonly string[]>;

  /** Removes the holder's record only (lowest sequence), whoever that is: for locks whose creator is gone for good. */
  forceRelease(directory: string): Promise<boolean>;
}

export class LeaseLostError extends Error {
  readonly code = 'NP_LEASE_LOST';
  override readonly name = 'LeaseLostError';
}

export class LeaseReleasedError extends Error {
  readonly code = 'NP_LEASE_RELEASED';
  override readonly name = 'LeaseReleasedError';
}
