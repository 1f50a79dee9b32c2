/**
 * Waiting longer after each failure in a row, so that a broken image or cloud is not hammered (the original retries every pass).
 * The first retry is quick: one base delay, then doubling up to an hour.
 */
export interface Backoff {
  readonly failures: number;
  /** Seconds since the epoch. */
  readonly failedAt: number;
  readonly until: number;
  readonly problem: string;
}

export const LONGEST_BACKOFF = 3600;

export function backoffAfterFailure(
  previous: Backoff | undefined,
  failure: { readonly now: number; readonly base: number; readonly problem: string },
): Backoff {
  const failures = (previous?.failures ?? 0) + 1;
  const delay = Math.min(failure.base * 2 ** (failures - 1), LONGEST_BACKOFF);
  return { failures, failedAt: failure.now, until: failure.now + delay, problem: failure.problem };
}

/** A clock that was set back must not lengthen the wait: a failure in the future holds nothing back. */
export function holdsBack(backoff: Backoff | undefined, now: number): backoff is Backoff {
  return backoff !== undefined && now < backoff.until && now >= backoff.failedAt;
}
