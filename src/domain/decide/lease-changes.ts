/** What happens to a lease's record at each step of its life. Nothing here knows a clock: `now` is seconds since the epoch. */
import { assertLeaseTransition, mayEnd } from '../lifecycle/lease-lifecycle.js';
import { IllegalTransitionError } from '../lifecycle/transition.js';
import { endsAt } from '../model/lease.js';
import type { LeasedNode, LeaseOutcome, NodeLease } from '../model/lease.js';

/**
 * A sign of life of the holder [L2]: never shortens, never goes beyond the end. While waiting nothing runs, so nothing changes.
 * @param ttl for this one only
 */
export function renewed(lease: NodeLease, now: number, ttl: number = lease.ttl): NodeLease {
  const end = endsAt(lease);
  if (lease.state !== 'active' || lease.expiresAt === null || end === null) return lease;
  const wanted = now + ttl;
  const capped = wanted > end;
  return {
    ...lease,
    expiresAt: Math.max(lease.expiresAt, Math.min(wanted, end)),
    cappedBy: capped ? 'max_duration' : null,
    heartbeat: { at: now, ttl, count: lease.heartbeat.count + 1 },
  };
}

/** The nodes are there, and the holder's. */
export function activated(lease: NodeLease, now: number, nodes: readonly LeasedNode[]): NodeLease {
  assertLeaseTransition(lease.state, 'active');
  const active: NodeLease = { ...lease, state: 'active', stateTime: now, activeAt: now, nodes, conditions: [] };
  return renewed({ ...active, expiresAt: now }, now);
}

/** For good [L4]. */
export function ended(
  lease: NodeLease,
  now: number,
  outcome: LeaseOutcome,
  more: Pick<Partial<NodeLease>, 'verdict' | 'note' | 'conditions'> = {},
): NodeLease {
  assertLeaseTransition(lease.state, 'ended');
  if (!mayEnd(lease.state, outcome)) throw new IllegalTransitionError('lease', lease.state, `ended (${outcome})`);
  return { ...lease, ...more, state: 'ended', stateTime: now, outcome, endedAt: now };
}

/** What the holder may change later. Nothing of it shortens `expiresAt`. */
export function amended(
  lease: NodeLease,
  change: Pick<Partial<NodeLease>, 'ttl' | 'maxDuration' | 'purpose'>,
): NodeLease {
  const next = { ...lease, ...change };
  const end = endsAt(next);
  const lifted = end !== null && next.expiresAt !== null && next.expiresAt < end;
  return lifted ? { ...next, cappedBy: null } : next;
}
