import { isForeign } from '../../domain/decide/installation.js';
import type { Node, NodeId, NodeState } from '../../domain/model/node.js';
import type { AccountInstance, Provider } from '../../ports/compute/provider.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import type { InstanceLists } from './instance-lists.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import { DELETE_TIMEOUT } from './services.js';
import { moveNode } from './moves.js';

/**
 * States whose record may lack the id of an instance that exists: whoever launched it died between the cloud's answer and the
 * writing of the id, or never got the answer. What was refused (`aborted`) made none.
 */
const UNSURE: ReadonlySet<NodeState> = new Set(['init', 'building', 'failed', 'deleting']);

export interface NodeDeletion {
  readonly clock: Clock;
  readonly lists: InstanceLists;
  readonly breaker: Pick<CircuitBreaker, 'watch'>;
  /** @throws if it cannot be used */
  readonly provider: () => Provider;
  /** The id of our installation. */
  readonly installation: string | null;
}

/**
 * Deletes a node under its lease: instance first, record last, so that a crash at any point is picked up where it stopped
 * (spec LAUNCHER 2.11). Where no instance is known the provider is asked for one of this node. Rejects when the instance is not
 * gone; the record then stays `deleting`.
 */
export async function deleteNode(lease: RecordLease<Node>, by: NodeDeletion): Promise<void> {
  const { value } = lease.current;
  if (value.state === 'deleted' || value.provider === null) {
    await lease.remove();
    return;
  }
  if (value.state !== 'deleting') await moveNode(lease, 'deleting');
  const { externalId } = value;
  const known = externalId === null ? [] : [externalId];
  const instances = externalId === null && UNSURE.has(value.state) ? await find(lease, by) : known;
  for (const instance of instances) {
    // That an instance takes its time to vanish is no silence: only what the cloud answers within our patience is told.
    await withDeadline(by.clock, DELETE_TIMEOUT, `deleting ${instance}`, lease.signal, (signal) =>
      by.breaker.watch(() => by.provider().delete(instance, signal)),
    );
  }
  await moveNode(lease, 'deleted');
  await lease.remove();
}

/** Instances that were made for the node. */
async function find(lease: RecordLease<Node>, by: NodeDeletion): Promise<readonly string[]> {
  const provider = by.provider();
  if (provider.fixed) return [];
  const all = await by.breaker.watch(() => by.lists.after(provider));
  if (lease.signal.aborted) throw asError(lease.signal.reason);
  const { provider: name } = lease.current.value;
  return all.filter((instance) => isOf(instance, lease.id, name, by.installation)).map(({ externalId }) => externalId);
}

function isOf({ metadata }: AccountInstance, node: NodeId, provider: string | null, own: string | null): boolean {
  const same = metadata['nodepool_node_id'] === node && metadata['nodepool_provider_name'] === provider;
  return same && !isForeign(metadata, own);
}
