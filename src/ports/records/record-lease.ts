import type { Stored } from '../../domain/model/stored.js';

/** Anything that is held until it is released. */
export interface Releasable {
  /** Idempotent, never rejects. */
  release(): Promise<void>;
}

/**
 * A locked record: the only way to change one. What `current` shows was read under the lock or written by us.
 * Every write is conditional on the version it is based on and carried out only while the lease is valid.
 */
export interface RecordLease<T> extends Releasable {
  readonly id: string;
  readonly current: Stored<T>;
  /** Aborted when the lease is no longer ours; writes reject from then on. */
  readonly signal: AbortSignal;

  /**
   * Changes fields and keeps the rest, unknown keys included. A new `state` stamps `stateTime`. If a foreign client wrote
   * without the lock (as the Jenkins plug-in does) and left the state alone, its keys are taken over and ours applied on top.
   * @throws RecordGoneError (nothing is re-created), RecordChangedError (the state was changed behind the lock), LeaseLostError, ConnectionLostError,
   *   RecordTooLargeError (nothing is written)
   */
  update(change: Partial<T>): Promise<T>;

  /**
   * The last change: as `update`, and lets go of this record and of `others`, which we hold, too. In one where the store has transactions;
   * else of the others first, so that whoever sees the change finds them free in either case. Rejects as `update` does, with this lease
   * still ours unless it is lost; of the others some may be let go of then.
   */
  conclude(change: Partial<T>, others?: readonly Releasable[]): Promise<T>;

  /**
   * Removes the record with everything below it and releases the lease. Removing what is gone succeeds. Answers whether it is
   * gone: if somebody else contends for the lock meanwhile the record stays as it was written last, and the next pass removes it.
   * @throws RecordChangedError (the state was changed behind the lock), LeaseLostError, ConnectionLostError
   */
  remove(): Promise<boolean>;
}

/** `busy`: locked by somebody else. `gone`: no such record, or empty. `damaged`: cannot be understood. */
export type LockOutcome<T> =
  | { readonly kind: 'locked'; readonly lease: RecordLease<T> }
  | { readonly kind: 'busy' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'damaged' };

export interface LockOptions {
  /** Seconds to wait for the lock; default 0. */
  readonly wait?: number;
  /** The view goes on following what others do to the record while we hold it; else our own writes count as all there is. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** The record was removed by somebody. */
export class RecordGoneError extends Error {
  readonly code = 'NP_RECORD_GONE';
  override readonly name = 'RecordGoneError';
  constructor(readonly path: string) {
    super(`${path} does not exist any more`);
  }
}

/** Somebody changed the record's state without holding its lock. */
export class RecordChangedError extends Error {
  readonly code = 'NP_RECORD_CHANGED';
  override readonly name = 'RecordChangedError';
  constructor(
    readonly path: string,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`${path} was changed from ${expected} to ${found} by somebody who did not hold its lock`);
  }
}

/** The record would have become larger than a store takes. Nothing was written. */
export class RecordTooLargeError extends Error {
  readonly code = 'NP_RECORD_TOO_LARGE';
  override readonly name = 'RecordTooLargeError';
  constructor(
    readonly path: string,
    readonly bytes: number,
    readonly limit: number,
  ) {
    super(`${path} would have ${bytes} bytes, more than the ${limit} that a record may have`);
  }
}
