import { LeaseFailure } from '../../../ports/lease-client/lease-desk.js';
import { GatewayAwayError, LeaseRefusedError } from '../../../ports/lease-client/lease-service.js';

/** As sysexits.h has them: UNAVAILABLE, SOFTWARE, TEMPFAIL, NOPERM. */
const AWAY = 69;
const LOST = 70;
const NO_MACHINE = 75;
const NOT_ALLOWED = 77;

/** The exit status that tells scripts why a command about leases failed. @param usage what the command answers to a wrong command line */
export function leaseStatus(error: Error, usage: number): number {
  if (error instanceof GatewayAwayError) return AWAY;
  if (error instanceof LeaseRefusedError) return refusedStatus(error, usage);
  if (!(error instanceof LeaseFailure)) return 1;
  switch (error.why) {
    case 'no-machine':
      return NO_MACHINE;
    case 'away':
      return AWAY;
    case 'lost':
      return LOST;
    case 'not-allowed':
      return NOT_ALLOWED;
    case 'usage':
      return usage;
    case 'stopped':
      return 128 + error.signalNumber;
    case 'other':
      return 1;
  }
}

function refusedStatus(error: LeaseRefusedError, usage: number): number {
  if (error.notAllowed) return NOT_ALLOWED;
  if (error.status >= 500) return AWAY;
  return error.status === 400 || error.status === 422 ? usage : 1;
}
