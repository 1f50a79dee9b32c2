import { formatAge } from '../presentation/age.js';
import type { LeaseView } from './lease-view.js';

/** What a lease still waits for, in one line. */
export function waitingText(lease: LeaseView): string {
  const what = lease.labels.join(', ');
  return [`waiting for ${what}`, placeText(lease), conditionText(lease)].filter((part) => part !== '').join('; ');
}

function placeText({ queue }: LeaseView): string {
  const ahead = queue?.ahead ?? 0;
  const place = ahead === 0 ? '' : ahead === 1 ? '1 request is ahead' : `${ahead} requests are ahead`;
  const p50 = queue?.p50 ?? null;
  return [place, p50 === null ? '' : `about ${formatAge(p50)}`].filter((part) => part !== '').join(', ');
}

function conditionText({ conditions }: LeaseView): string {
  const [first] = conditions;
  if (first === undefined) return '';
  const more = conditions.length > 1 ? ` (and ${conditions.length - 1} more)` : '';
  const pool = first.pool !== null && !first.message.includes(first.pool) ? `${first.pool}: ` : '';
  return `${pool}${first.message}${more}`;
}

/** Why a lease ended, in words for whoever wanted it. */
export function endedText(outcome: string | null): string {
  switch (outcome) {
    case 'released':
      return 'it was given back';
    case 'cancelled':
      return 'it was cancelled';
    case 'timed_out':
      return 'no machine came in time';
    case 'expired':
      return 'no heartbeat came through for its ttl';
    case 'limit':
      return 'its max-duration has passed';
    case 'failed':
      return 'no pool can serve it';
    case 'lost':
      return 'a machine of it was taken away';
    default:
      return outcome === null ? 'it is gone' : `outcome ${outcome}`;
  }
}
