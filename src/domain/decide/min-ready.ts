/** How many nodes are missing to a label's `min-ready` (spec LAUNCHER 2.9). */
import type { LabelConfig } from '../config/config.js';
import type { Node } from '../model/node.js';
import type { NodeRequest, RequestId } from '../model/request.js';
import { MIN_READY_REQUESTOR } from '../model/request.js';
import type { Stored } from '../model/stored.js';

export interface MinReadyInput {
  readonly label: LabelConfig;
  readonly nodes: Iterable<Stored<Node>>;
  readonly requests: Iterable<Stored<NodeRequest>>;
  readonly requestExists: (id: RequestId) => boolean;
}

export interface MinReadyCount {
  /** Free ready nodes of the label. */
  readonly ready: number;
  /** Min-ready requests for it that are still under way, whoever made them, and ready nodes of requests that are gone: they are freed soon. */
  readonly underway: number;
  readonly missing: number;
}

export function countMinReady(input: MinReadyInput): MinReadyCount {
  let ready = 0;
  let underway = 0;
  for (const { value } of input.nodes) {
    if (value.state !== 'ready' || !value.type.includes(input.label.name)) continue;
    if (value.allocatedTo === null) ready += 1;
    else if (!input.requestExists(value.allocatedTo)) underway += 1;
  }
  for (const { value } of input.requests) {
    if (isMinReadyFor(value, input.label.name) && value.state !== 'failed') underway += 1;
  }
  return { ready, underway, missing: Math.max(0, input.label.minReady - ready - underway) };
}

export function isMinReadyFor(request: NodeRequest, label: string): boolean {
  return request.requestor === MIN_READY_REQUESTOR && request.nodeTypes.includes(label);
}
