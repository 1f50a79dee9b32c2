/**
 * Launchers that share a limit do not know each other's waiting requests. Two requests that each hold a part of the room and wait
 * for the rest would wait for each other for ever: the one that comes later gives up what it has.
 */
import type { Reason } from '../explain/reason.js';
import type { Node } from '../model/node.js';
import type { NodeRequest, RequestId } from '../model/request.js';
import type { Stored } from '../model/stored.js';
import { orderRequests } from './request-order.js';

/** After so long, seconds, a request that another launcher's waits for in turn gives up what it has, and for so long it rests. */
export const TIED = 10;

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

/** A request that comes before ours and holds a part of what ours waits for; undefined = ours holds nothing, or may go on waiting. */
export function waitsBehind(input: MutualWaitInput): RequestId | undefined {
  const { request, because } = input;
  const pooled = because.some(({ code }) => code === 'QUOTA_POOL');
  const tenant = because.some(({ code }) => code === 'QUOTA_TENANT') ? request.value.tenantName : null;
  if (!pooled && tenant === null) return undefined;
  const nodes = [...input.nodes];
  if (!nodes.some(({ value }) => value.allocatedTo === request.id)) return undefined;
  const held = heldOf(
    nodes,
    (node) => (pooled && isOf(input, node)) || (tenant !== null && node.tenantName === tenant),
  );
  const rivals = [...input.others].filter(({ id, value }) => {
    const has = held.get(id) ?? 0;
    return value.state === 'pending' && has > 0 && has < value.nodeTypes.length;
  });
  const [first] = orderRequests([request, ...rivals], { has: () => true });
  return first && first.id !== request.id ? first.id : undefined;
}

/** Nodes that requests hold of what is waited for, by request. */
function heldOf(nodes: readonly Stored<Node>[], counts: (node: Node) => boolean): ReadonlyMap<RequestId, number> {
  const held = new Map<RequestId, number>();
  for (const { value } of nodes) {
    if (value.allocatedTo === null || value.state === 'deleting' || !counts(value)) continue;
    held.set(value.allocatedTo, (held.get(value.allocatedTo) ?? 0) + 1);
  }
  return held;
}

function isOf({ provider, pool }: MutualWaitInput, node: Node): boolean {
  return node.provider === provider && node.pool === pool;
}
