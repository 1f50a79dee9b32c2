import { declined } from '../../domain/decide/decline.js';
import { describeReasons } from '../../domain/explain/wording.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { RecordGoneError } from '../../ports/records/record-lease.js';
import type { Records } from '../../ports/records/records.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
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

/** Declines a request that this pool can never serve, without making it pending (spec LAUNCHER 2.5). */
export async function declineRequest(
  records: Pick<Records, 'requests'>,
  launcherId: string,
  id: RequestId,
  because: readonly Reason[],
  registry: () => Parameters<typeof declined>[2],
  logger: Logger,
): Promise<void> {
  const lease = await lockRequest(records, id);
  if (!lease) return;
  try {
    const request = lease.current.value;
    if (request.state !== 'requested') return;
    const change = declined(request, launcherId, registry());
    if (change.state !== 'failed' && request.declinedBy.includes(launcherId)) return;
    await moveRequest(lease, change.state, change);
    logger.info(change.state === 'failed' ? 'Declined; nobody is left: failed' : 'Declined', {
      request: id,
      eventId: request.eventId,
      because: describeReasons(because),
    });
  } catch (error) {
    if (error instanceof RecordGoneError) return;
    logger.warn('The decline could not be stored', {
      request: id,
      eventId: lease.current.value.eventId,
      ...errorFields(error),
    });
  } finally {
    await lease.release();
  }
}
