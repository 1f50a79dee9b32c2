/** Names of the metrics of leases (spec leases 8). Complete dotted keys, for the `Metrics` port. */
import type { LeasedNode, LeaseState, NodeLease } from '../model/lease.js';
import { safePart } from './name-part.js';

/** Counters, and timers of how long it was active; of a lease that has ended. */
export function leaseEndMetrics({ holder, outcome }: Pick<NodeLease, 'holder' | 'outcome'>): readonly string[] {
  const how = String(outcome);
  return [`nodepool.lease.${how}`, `nodepool.lease.holder.${safePart(holder)}.${how}`];
}

/** Timers of how long it was waited for, two for each label. */
export function leaseWaitMetrics({ holder, labels }: Pick<NodeLease, 'holder' | 'labels'>): readonly string[] {
  return [...new Set(labels)].flatMap((label) => [
    `nodepool.lease.wait.${label}`,
    `nodepool.lease.holder.${safePart(holder)}.wait.${label}`,
  ]);
}

export function leasesInState(state: LeaseState): string {
  return `nodepool.leases.${state}`;
}

export function holderLeases(holder: string, state: LeaseState): string {
  return `nodepool.leases.holder.${safePart(holder)}.${state}`;
}

/** An upload, out of the path of its record. */
export interface UploadOfNode {
  readonly image: string;
  readonly build: string;
  readonly provider: string;
  readonly upload: string;
}

const UPLOAD_PATH =
  /\/images\/(?<image>[^/]+)\/builds\/(?<build>[^/]+)\/providers\/(?<provider>[^/]+)\/images\/(?<upload>[^/]+)$/;

export function uploadOf(imageId: string | null): UploadOfNode | null {
  const groups = UPLOAD_PATH.exec(imageId ?? '')?.groups;
  return groups ? (groups as unknown as UploadOfNode) : null;
}

/** A counter of how holders fared with an upload; null if they did not say, or the node was not made from one. */
export function leaseFaredMetric(
  { verdict }: Pick<NodeLease, 'verdict'>,
  node: Pick<LeasedNode, 'imageId' | 'label'>,
): string | null {
  const upload = uploadOf(node.imageId);
  if (!upload || verdict === null) return null;
  const { image, build, provider, upload: id } = upload;
  return `nodepool.lease.image.${image}.${build}.${provider}.${id}.${node.label}.${verdict}`;
}
