/**
 * What declining does to a request (spec LAUNCHER 2.5). It fails once every registered pool has declined; an incomplete view of
 * the registry never fails anything (weakness 8).
 */
import type { RegisteredPool } from '../model/launcher.js';
import type { NodeRequest } from '../model/request.js';

export function declined(
  request: NodeRequest,
  launcherId: string,
  registry: { readonly complete: boolean; readonly pools: readonly RegisteredPool[] },
): Pick<NodeRequest, 'state' | 'declinedBy' | 'nodes'> {
  const declinedBy = request.declinedBy.includes(launcherId) ? request.declinedBy : [...request.declinedBy, launcherId];
  const everybody = registry.complete && declinedByAll({ declinedBy }, registry.pools);
  return { state: everybody ? 'failed' : 'requested', declinedBy, nodes: [] };
}

export function declinedByAll(request: Pick<NodeRequest, 'declinedBy'>, pools: readonly RegisteredPool[]): boolean {
  return pools.every((pool) => request.declinedBy.includes(pool.id));
}
