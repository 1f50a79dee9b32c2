import { waitedOut } from '../model/moment.js';
import type { Node } from '../model/node.js';
import type { NodeRequest } from '../model/request.js';

/** Seconds after which somebody who wanted the nodes would have taken them. */
export const UNCLAIMED_AGE = 3600;

/**
 * Was the request fulfilled long ago, and has nobody taken any of its nodes? Its client may be gone for good; a request that
 * was not ephemeral then reserves its nodes for ever (spec LAUNCHER 7.29). Nothing is deleted for it: the client may come back.
 *
 * @param now seconds since the epoch
 * @param nodeOf the node as it is now, undefined if it is gone
 */
export function isUnclaimed(
  request: NodeRequest,
  nodeOf: (id: string) => { readonly value: Node; readonly locked: boolean } | undefined,
  now: number,
): boolean {
  if (request.state !== 'fulfilled' || now < waitedOut(request.stateTime, UNCLAIMED_AGE, now)) return false;
  const nodes = request.nodes.map(nodeOf).filter((node) => node !== undefined);
  return nodes.length > 0 && nodes.every(({ value, locked }) => value.state === 'ready' && !locked);
}
