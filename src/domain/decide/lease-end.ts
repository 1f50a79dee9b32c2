/**
 * When a lease ends by itself (spec leases 1, L11, L13). Deadlines are counted on a clock that never jumps, from when this process
 * learnt of what set them; only what it did not see happen is taken from the times in the record.
 */
import { endsAt, waitUntil } from '../model/lease.js';
import type { LeaseOutcome, NodeLease } from '../model/lease.js';

/** Seconds that a lease is given after the restart of its gateway, and that nodes are spared after its end. */
export const LEASE_GRACE = 30;

/** Of a clock that never jumps, seconds; Infinity: never. */
export interface LeaseDeadlines {
  /** Leaves the queue. */
  readonly wait: number;
  /** The last sign of life is too long ago. */
  readonly expiry: number;
  /** Has lasted as long as it may. */
  readonly limit: number;
  /** Until then nodes of a lease that nobody takes care of are left for somebody who does [L10, L11]. */
  readonly spare: number;
}

/** The same moment on both clocks. */
export interface LeaseMoment {
  readonly monotonic: number;
  readonly now: number;
}

/** Of a lease that we saw being created, becoming active or being renewed just now. */
export function deadlinesFrom(lease: NodeLease, event: 'created' | 'active' | 'renewed', at: number): LeaseDeadlines {
  const { ttl } = lease.heartbeat;
  if (event === 'created') {
    const wait = lease.wait === null ? Infinity : at + lease.wait;
    return { wait, expiry: Infinity, limit: Infinity, spare: -Infinity };
  }
  const limit = event === 'active' ? at + lease.maxDuration : Infinity;
  return { wait: Infinity, expiry: at + ttl, limit, spare: at + ttl + LEASE_GRACE };
}

/**
 * Of a lease that was there before us [L13]: it gets `max(expires_at, start + 30 s)`, but never more than the last sign of life + ttl
 * + 30 s. Whatever the wall clock says, nothing lasts longer from now on than it could have from the beginning.
 */
export function deadlinesFound(lease: NodeLease, { monotonic, now }: LeaseMoment): LeaseDeadlines {
  const wait = waitUntil(lease);
  const end = endsAt(lease);
  const active = lease.state === 'active' && lease.expiresAt !== null;
  const most = active ? longest(lease, now) : -Infinity;
  const rest = Math.max((lease.expiresAt ?? 0) - now, LEASE_GRACE);
  return {
    wait: lease.state !== 'waiting' || wait === null ? Infinity : monotonic + clamp(wait - now, 0, lease.wait ?? 0),
    expiry: active ? monotonic + Math.min(rest, most) : Infinity,
    limit: end === null ? Infinity : monotonic + clamp(end - now, 0, lease.maxDuration),
    spare: monotonic + most,
  };
}

/** Until the last sign of life + ttl + 30 s. */
function longest({ heartbeat: { at, ttl } }: NodeLease, now: number): number {
  return clamp(at + ttl + LEASE_GRACE - now, 0, ttl + LEASE_GRACE);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

export type LeaseDue =
  | { readonly verdict: 'end'; readonly outcome: LeaseOutcome }
  /** `again`: when time alone will change the answer, on the same clock. */
  | { readonly verdict: 'keep'; readonly again: number };

/** Of two that are due the earlier one counts: which of them is late is nobody's fault. */
export function leaseDue(lease: NodeLease, deadlines: LeaseDeadlines, monotonic: number): LeaseDue {
  if (lease.state === 'ended') return { verdict: 'keep', again: Infinity };
  if (lease.state === 'waiting') return due([[deadlines.wait, 'timed_out']], monotonic);
  return due(
    [
      [deadlines.limit, 'limit'],
      [deadlines.expiry, 'expired'],
    ],
    monotonic,
  );
}

function due(ends: readonly (readonly [number, LeaseOutcome])[], monotonic: number): LeaseDue {
  const [first] = [...ends].sort(([a], [b]) => a - b);
  if (!first) return { verdict: 'keep', again: Infinity };
  const [at, outcome] = first;
  return at <= monotonic ? { verdict: 'end', outcome } : { verdict: 'keep', again: at };
}
