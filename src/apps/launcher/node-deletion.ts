import type { Node } from '../../domain/model/node.js';
import type { Provider } from '../../ports/compute/provider.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { withDeadline } from '../../ports/runtime/deadline.js';
import type { LaunchGovernor } from './launch-governor.js';
import { DELETE_TIMEOUT } from './services.js';
import { moveNode } from './moves.js';

/**
 * Deletes a node under its lease: instance first, record last, so that a crash at any point is picked up where it stopped
 * (spec LAUNCHER 2.11). Rejects when the instance is not gone; the record then stays `deleting`.
 */
export async function deleteNode(
  clock: Clock,
  lease: RecordLease<Node>,
  governor: Pick<LaunchGovernor, 'watch'>,
  provider: () => Provider,
): Promise<void> {
  const { value } = lease.current;
  if (value.state === 'deleted' || value.provider === null) {
    await lease.remove();
    return;
  }
  if (value.state !== 'deleting') await moveNode(lease, 'deleting');
  const { externalId } = value;
  if (externalId !== null) {
    // That an instance takes its time to vanish is no silence: only what the cloud answers within our patience is told.
    await withDeadline(clock, DELETE_TIMEOUT, `deleting ${externalId}`, lease.signal, (signal) =>
      governor.watch(() => provider().delete(externalId, signal)),
    );
  }
  await moveNode(lease, 'deleted');
  await lease.remove();
}
