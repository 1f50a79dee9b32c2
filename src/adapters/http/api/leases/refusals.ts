import type { LeaseRefusalCode } from '../../../../ports/leasing/lease-desk.js';
import { LeaseRefusedError } from '../../../../ports/leasing/lease-desk.js';
import { ApiProblem } from '../problem.js';

const STATUS: Readonly<Record<LeaseRefusalCode, number>> = {
  'label-not-allowed': 403,
  'priority-not-allowed': 403,
  'not-yours': 403,
  scope: 403,
  'no-such-lease': 404,
  'lease-differs': 409,
  'lease-ended': 410,
  'label-unknown': 422,
  'max-duration-exceeded': 422,
  'ssh-keys-not-supported': 422,
  'too-many-leases': 429,
  'store-away': 503,
  'store-full': 507,
};

/** What the desk refuses, as an answer. */
export async function answering<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error: unknown) {
    if (!(error instanceof LeaseRefusedError)) throw error;
    const { code, message, more } = error;
    throw new ApiProblem(STATUS[code], code, message, {
      cause: error,
      ...(more.retryAfter === undefined ? {} : { retryAfter: more.retryAfter }),
      ...(more.outcome === undefined ? {} : { members: { outcome: more.outcome } }),
    });
  }
}
