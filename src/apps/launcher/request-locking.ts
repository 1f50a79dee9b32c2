import { declined } from '../../domain/decide/decline.js';
import { describeReasons } from '../../domain/explain/reason.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { RecordGoneError } from '../../ports/records/record-lease.js';
import type { Records } from '../../ports/records/records.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { moveRequest } from './moves.js';

/** Takes a request that is still open; undefined when somebody else has it, has served it, or it is gone. */
export async function lockRequest(
  records: Pick<Records, 'requests'>,
  id: RequestId,
): Promise<RecordLease<NodeRequest> | undefined> {
  // Cheap look first: while we waited for our turn another launcher may have taken it.
  if (records.requests.view.get(id)?.value.state !== 'requested') return undefined;
  const outcome = await records.requests.lock(id);
  return outcome.kind === 'locked' ? outcome.lease : undefined;
}

/** In whose name a request is declined. */
export interface Decliner {
  readonly launcherId: string;
  readonly registry: () => Parameters<typeof declined>[2];
  readonly logger: Logger;
  /** Called when nothing but the write is left to do, so that whoever sees the write can ask why. */
  readonly declining: () => void;
}

/**
 * Declines a request that this pool can never serve, without making it pending (spec LAUNCHER 2.5). Answers whether the record
 * says so now; it does not when somebody else was there first. @throws what keeps the decline from being stored
 */
export async function declineRequest(
  records: Pick<Records, 'requests'>,
  id: RequestId,
  because: readonly Reason[],
  by: Decliner,
): Promise<boolean> {
  const lease = await lockRequest(records, id);
  if (!lease) return false;
  try {
    const request = lease.current.value;
    if (request.state !== 'requested') return false;
    const change = declined(request, by.launcherId, by.registry());
    if (change.state !== 'failed' && request.declinedBy.includes(by.launcherId)) return true;
    by.declining();
    await moveRequest(lease, change.state, change);
    by.logger.info(change.state === 'failed' ? 'Declined; nobody is left: failed' : 'Declined', {
      request: id,
      eventId: request.eventId,
      because: describeReasons(because),
    });
    return true;
  } catch (error) {
    // A lost lease is nothing to be said of: whoever is there next decides anew.
    if (error instanceof RecordGoneError || lease.signal.aborted) return false;
    throw error;
  } finally {
    await lease.release();
  }
}
