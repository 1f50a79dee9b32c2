import type { NodeRequest } from '../model/request.js';
import type { Stored } from '../model/stored.js';
import { orderRequests } from './request-order.js';

/** Requests in the order in which a pool looks at them, with the shape of each. */
export interface RequestLine {
  readonly requests: readonly Stored<NodeRequest>[];
  readonly shapes: readonly string[];
}

type Labels = ReadonlyMap<string, unknown>;

/** Of arrays that do not change any more: most passes are about the same requests as the one before. */
const LINES = new WeakMap<readonly Stored<NodeRequest>[], RequestLine & { readonly labels: Labels }>();

export function lineOf(open: readonly Stored<NodeRequest>[], labels: Labels): RequestLine {
  const known = LINES.get(open);
  if (known?.labels === labels) return known;
  const requests = orderRequests(open, labels);
  const shared = new Map<string, string>();
  const line = { requests, shapes: requests.map(({ value }) => shapeOf(value, shared)), labels };
  LINES.set(open, line);
  return line;
}

const SHAPES = new WeakMap<NodeRequest, string>();

/** Requests of the same shape are decided about alike as long as nothing else changes. `shared`: the shapes so far, each once. */
function shapeOf(request: NodeRequest, shared: Map<string, string>): string {
  const known = SHAPES.get(request);
  const shape = known ?? newShape(request);
  let same = shared.get(shape);
  if (same === undefined) shared.set(shape, (same = shape));
  if (known === undefined) SHAPES.set(request, same);
  return same;
}

function newShape({ state, declinedBy, nodeTypes, reuse, requestor, provider, tenantName }: NodeRequest): string {
  return JSON.stringify([state, declinedBy, nodeTypes, reuse, requestor, provider, tenantName]);
}
