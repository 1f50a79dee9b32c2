/** Where a request stands among those that want the same pools. */
import { orderRequests } from '../decide/request-order.js';
import type { RegisteredPool } from '../model/launcher.js';
import type { NodeRequest } from '../model/request.js';
import type { Stored } from '../model/stored.js';
import { registeredName } from './pool-name.js';

export interface Place {
  /** 1: nobody is ahead of it. */
  readonly position: number;
  /** Those that compete: they lack nodes and want one of its pools. */
  readonly of: number;
  /** Nodes that those ahead of it lack, and that it lacks itself. */
  readonly nodesAhead: number;
  readonly lacks: number;
  /** The pools that could serve it, `provider/pool`. */
  readonly pools: readonly string[];
}

export interface Competitor {
  readonly request: Stored<NodeRequest>;
  /** Nodes that are neither there nor on their way. */
  readonly lacks: number;
}

/** Undefined when it does not wait for nodes, or no pool could serve it. */
export function placeOf(id: string, all: readonly Competitor[], pools: readonly RegisteredPool[]): Place | undefined {
  const own = all.find(({ request }) => request.id === id);
  if (!own || own.lacks === 0) return undefined;
  const wanted = new Set(poolsFor(own.request.value, pools));
  if (wanted.size === 0) return undefined;
  const rivals = all.filter(
    ({ request, lacks }) => lacks > 0 && poolsFor(request.value, pools).some((pool) => wanted.has(pool)),
  );
  const lacks = new Map(rivals.map((rival) => [rival.request.id, rival.lacks]));
  const order = inOrder(rivals.map(({ request }) => request));
  const index = order.findIndex((request) => request.id === id);
  const ahead = order.slice(0, index).reduce((sum, request) => sum + (lacks.get(request.id) ?? 0), 0);
  return { position: index + 1, of: order.length, nodesAhead: ahead, lacks: own.lacks, pools: [...wanted] };
}

/** As pools look at them: those in somebody's hands come first. */
function inOrder(requests: readonly Stored<NodeRequest>[]): readonly Stored<NodeRequest>[] {
  const offered = { has: () => true };
  const [held, open] = [true, false].map((which) =>
    orderRequests(
      requests.filter(({ value }) => (value.state === 'pending') === which),
      offered,
    ),
  );
  return [...(held ?? []), ...(open ?? [])];
}

function poolsFor(
  { nodeTypes, declinedBy, provider }: NodeRequest,
  pools: readonly RegisteredPool[],
): readonly string[] {
  return pools
    .filter(
      ({ id, supportedLabels }) =>
        !declinedBy.includes(id) && nodeTypes.every((label) => supportedLabels.includes(label)),
    )
    .filter(({ providerName }) => provider === null || providerName === provider)
    .map(registeredName);
}
