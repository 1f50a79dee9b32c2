/**
 * Which unused node goes so that a waiting request can be served (spec LAUNCHER 2.6-5b). One at a time, and only if what is
 * being deleted already does not make the room (weakness 14).
 */
import type { Decision, Reason } from '../explain/reason.js';
import type { Node, NodeId } from '../model/node.js';
import type { Stored } from '../model/stored.js';

export interface MakeRoomInput {
  /** Why the request waits. */
  readonly because: readonly Reason[];
  /** Nodes of the provider and pool that are on their way out and locked or will be: their resources come back. */
  readonly leaving: number;
  /** Ready, free, unlocked nodes of this provider and pool that nobody has claimed. */
  readonly unused: readonly Stored<Node>[];
}

export function makeRoom(input: MakeRoomInput): Decision<'delete' | 'keep'> & { readonly node?: NodeId } {
  const quota = input.because.some((reason) => reason.code === 'QUOTA_POOL' || reason.code === 'QUOTA_PROVIDER');
  const [oldest] = [...input.unused].sort((a, b) => a.value.stateTime - b.value.stateTime);
  if (!quota || input.leaving > 0 || !oldest) return { verdict: 'keep', because: input.because };
  return { verdict: 'delete', because: input.because, node: oldest.id };
}
