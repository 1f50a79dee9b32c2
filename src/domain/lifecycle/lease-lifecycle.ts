/** Which state of a lease may follow which, and which outcomes an end may have (spec leases 1). */
import type { LeaseOutcome, LeaseState } from '../model/lease.js';
import { assertTransition } from './transition.js';

export const LEASE_TRANSITIONS: Readonly<Record<LeaseState, readonly LeaseState[]>> = {
  waiting: ['active', 'ended'],
  active: ['ended'],
  ended: [],
};

/** How a lease may end, by the state that it ends in. */
export const LEASE_ENDS: Readonly<Record<LeaseState, readonly LeaseOutcome[]>> = {
  waiting: ['cancelled', 'timed_out', 'failed'],
  active: ['released', 'expired', 'limit', 'lost'],
  ended: [],
};

export function assertLeaseTransition(from: LeaseState, to: LeaseState): void {
  assertTransition('lease', LEASE_TRANSITIONS, from, to);
}

export function mayEnd(state: LeaseState, outcome: LeaseOutcome): boolean {
  return LEASE_ENDS[state].includes(outcome);
}
