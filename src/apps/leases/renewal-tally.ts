import type { LeaseId } from '../../domain/model/lease.js';
import type { LeaseCaller } from '../../ports/leasing/lease-desk.js';
import type { Clock } from '../../ports/runtime/clock.js';

/** Seconds for which renewals are only counted after one was told. */
const QUIET = 600;

/**
 * How many renewals one line of the audit log tells: heartbeats of a thousand leases would otherwise be all that it holds. The first from
 * each address is told at once.
 */
export class RenewalTally {
  private readonly told = new Map<string, { readonly at: number; times: number }>();

  constructor(private readonly clock: Clock) {}

  /** Counts a renewal. Answers those to be told of now, this one among them; 0 = none. */
  count(lease: LeaseId, { name, from }: LeaseCaller): number {
    const now = this.clock.monotonic();
    const key = JSON.stringify([lease, name, from]);
    const last = this.told.get(key);
    if (last && now - last.at < QUIET) {
      last.times += 1;
      return 0;
    }
    this.forget(now);
    this.told.delete(key);
    this.told.set(key, { at: now, times: 0 });
    return (last?.times ?? 0) + 1;
  }

  /** Oldest first: leases that are not renewed any more. */
  private forget(now: number): void {
    for (const [key, { at }] of this.told) {
      if (now - at < 2 * QUIET) return;
      this.told.delete(key);
    }
  }
}
