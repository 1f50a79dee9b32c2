import type { LockOptions, LockOutcome, RecordLease } from '../records/record-lease.js';

/** Records of a kind that can be locked one by one. */
export interface Lockable<T> {
  lock(id: string, options?: LockOptions): Promise<LockOutcome<T>>;
}

/**
 * Does something with a record under its lock, and lets go of it whatever comes of that. Answers how the lock was had; `work` was done
 * only if it was `locked`. @throws what `lock` and `work` throw
 */
export async function withLock<T>(
  records: Lockable<T>,
  id: string,
  work: (lease: RecordLease<T>) => Promise<unknown>,
  options?: LockOptions,
): Promise<LockOutcome<T>['kind']> {
  const outcome = await records.lock(id, options);
  if (outcome.kind !== 'locked') return outcome.kind;
  try {
    await work(outcome.lease);
    return 'locked';
  } finally {
    await outcome.lease.release();
  }
}
