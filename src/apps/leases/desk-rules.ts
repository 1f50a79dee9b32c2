import type { NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';
import {
  ConnectionLostError,
  SessionLostError,
  StoreClosedError,
  StoreFailureError,
} from '../../ports/coordination/errors.js';
import { LeaseRefusedError, type LeaseCaller } from '../../ports/leasing/lease-desk.js';
import { DeadlineError } from '../../ports/toolkit/deadline.js';
import { asError } from '../../ports/toolkit/sleep.js';

export function maySee({ holder }: Pick<NodeLease, 'holder'>, { name, scopes }: LeaseCaller): boolean {
  if (scopes.includes('read') || scopes.includes('admin')) return true;
  return holder === name && scopes.includes('lease');
}

/** What a caller may not see does not exist for him [L7]. @throws LeaseRefusedError `no-such-lease` */
export function assertVisible(lease: Stored<NodeLease> | undefined, caller: LeaseCaller): Stored<NodeLease> {
  if (lease && maySee(lease.value, caller)) return lease;
  throw new LeaseRefusedError('no-such-lease', 'There is no such lease.');
}

/** @throws LeaseRefusedError `not-yours`, `no-such-lease`, or `scope` if it is the caller's, who may not lease any more */
export function assertHolder(lease: NodeLease, caller: LeaseCaller): void {
  if (!maySee(lease, caller)) throw new LeaseRefusedError('no-such-lease', 'There is no such lease.');
  if (lease.holder !== caller.name) throw new LeaseRefusedError('not-yours', 'The lease is somebody else’s.');
  if (!caller.scopes.includes('lease')) throw new LeaseRefusedError('scope', 'The token has not the scope lease.');
}

/** Seconds after which to try again while the store is away. */
const RETRY_AFTER = 1;

/** What a caller is told of an error: troubles of the store have codes of their own. */
export function refusalOf(error: unknown): Error {
  const more = { retryAfter: RETRY_AFTER, cause: error };
  if (error instanceof ConnectionLostError || error instanceof SessionLostError || error instanceof StoreClosedError)
    return new LeaseRefusedError('store-away', 'The store cannot be reached.', more);
  if (error instanceof DeadlineError) return new LeaseRefusedError('store-away', 'The store does not answer.', more);
  if (error instanceof StoreFailureError)
    return new LeaseRefusedError('store-full', 'The store cannot be written.', { cause: error });
  return asError(error);
}
