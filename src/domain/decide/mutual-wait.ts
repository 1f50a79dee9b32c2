/**
 * Launchers that share a limit do not know each other's waiting requests. Two requests that each hold a part of the room and wait
 * for the rest would wait for each other for ever: the one that comes later gives up what it has.
 */
import type { Reason } from '../explain/reason.js';
import type { Node } from '../model/node.js';
import type { NodeRequest, RequestId } from '../model/request.js';
import type { Stored } from '../model/stored.js';
import { orderRequests } from './request-order.js';

export interface MutualWaitInput {
  /** Waits for `because`, with some nodes and nothing on its way. */
  readonly request: Stored<NodeRequest>;
  readonly because: readonly Reason[];
  readonly provider: string;
  readonly pool: string;
  /** In the hands of other launchers. */
  readonly others: Iterable<Stored<NodeRequest>>;
  readonly nodes: Iterable<Stored<Node>>;
}

/** A request that comes before ours and holds a part of what ours waits for; undefined = ours may go on waiting. */
export function waitsBehind(input: MutualWaitInput): RequestId | undefined {
  const { request, because, provider, pool } = input;
  const pooled = because.some(({ code }) => code === 'QUOTA_POOL');
  const tenant = because.some(({ code }) => code === 'QUOTA_TENANT') ? request.value.tenantName : null;
  if (!pooled && tenant === null) return undefined;
  const held = new Map<string, number>();
  for (const { value } of input.nodes) {
    const ofPool = pooled && value.provider === provider && value.pool === pool;
    const ofTenant = tenant !== null && value.tenantName === tenant;
    if (value.allocatedTo === null || value.state === 'deleting' || !(ofPool || ofTenant)) continue;
    held.set(value.allocatedTo, (held.get(value.allocatedTo) ?? 0) + 1);
  }
  const rivals = [...input.others].filter(({ id, value }) => {
    const has = held.get(id) ?? 0;
    return value.state === 'pending' && has > 0 && has < value.nodeTypes.length;
  });
  const [first] = orderRequests([request, ...rivals], { has: () => true });
  return first && first.id !== request.id ? first.id : undefined;
}
