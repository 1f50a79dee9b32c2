import type { Desk } from '../../src/apps/leases/desk.js';
import type { LeaseId } from '../../src/domain/model/lease.js';

/** Who waits at this desk for what becomes of leases. It has no business to say so itself, but must forget those who have left. */
export function leaseListeners(desk: Desk): ReadonlyMap<LeaseId, ReadonlySet<unknown>> {
  return (desk as unknown as { follower: { watch: { listeners: Map<LeaseId, Set<unknown>> } } }).follower.watch
    .listeners;
}
