import { assertNodeTransition } from '../../domain/lifecycle/node-lifecycle.js';
import { assertRequestTransition } from '../../domain/lifecycle/request-lifecycle.js';
import type { Node, NodeState } from '../../domain/model/node.js';
import type { NodeRequest, RequestState } from '../../domain/model/request.js';
import type { RecordLease, Releasable } from '../../ports/records/record-lease.js';

/** Moves a node to another state, along the lifecycle table. @throws IllegalTransitionError before anything is written */
export async function moveNode(lease: RecordLease<Node>, to: NodeState, change: Partial<Node> = {}): Promise<Node> {
  assertNodeTransition(lease.current.value.state, to);
  return lease.update({ ...change, state: to });
}

/** Moves a request to another state, along the lifecycle table. @throws IllegalTransitionError before anything is written */
export async function moveRequest(
  lease: RecordLease<NodeRequest>,
  to: RequestState,
  change: Partial<NodeRequest> = {},
): Promise<NodeRequest> {
  assertRequestTransition(lease.current.value.state, to);
  return lease.update({ ...change, state: to });
}

/** As `moveRequest`, and lets go of the request and of what it was given: nobody sees it in that state and any of it still locked. */
export async function concludeRequest(
  lease: RecordLease<NodeRequest>,
  to: RequestState,
  change: Partial<NodeRequest>,
  held: readonly Releasable[] = [],
): Promise<NodeRequest> {
  assertRequestTransition(lease.current.value.state, to);
  return lease.conclude({ ...change, state: to }, held);
}
