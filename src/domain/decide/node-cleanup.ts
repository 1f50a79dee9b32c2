/**
 * What to do with a node that nobody holds (spec LAUNCHER 2.11). Asked on the mirror first, then again on what was read under
 * the node's lock; only the second answer is acted on.
 *
 * - `delete`: the instance and then the record.
 * - `free`: clear the allocation, its request is gone.
 * - `keep`: leave it; `again` says when (seconds since the epoch) time alone will change the answer.
 */
import type { NodepoolConfig } from '../config/config.js';
import type { CleanupReason } from '../explain/node-reason.js';
import type { Node, NodeState } from '../model/node.js';

export type CleanupVerdict = 'delete' | 'free' | 'keep';

export interface CleanupDecision {
  readonly verdict: CleanupVerdict;
  readonly because: readonly CleanupReason[];
  readonly again?: number;
}

export interface CleanupInput {
  readonly node: Node;
  readonly now: number;
  readonly config: Pick<NodepoolConfig, 'labels' | 'maxHoldAge'>;
  /** Do we serve this provider (configured, or being drained)? */
  readonly ours: boolean;
  /** For how long we have known it as unlocked in `init`, seconds of a clock that never jumps; its own age may be a wrong clock's. */
  readonly unborn: number;
  /** In `init`, of this process, which does nothing any more that could make it go on. */
  readonly orphan: boolean;
  readonly requestExists: (id: string) => boolean;
  /** The lease that the node belongs to, with the seconds for which it is to be spared; null if it belongs to none. */
  readonly lease?: { readonly id: string; readonly left: number } | null;
  /** Is the launcher that made the node still registered? */
  readonly launcherAlive: (id: string) => boolean;
}

/** How long a node may stand in `init` without a lock before its launcher counts as dead (weakness 5), seconds. */
export const INIT_GRACE = 60;

/**
 * And how long if another launcher made it, which lives, seconds: that one takes the lock at once or never, as after a creation whose
 * answer was lost; but the answers of a slow store take their time. Of its own each launcher knows when it will not come any more.
 */
export const INIT_GRACE_ALIVE = 180;

/** States whose node has no business to be unlocked: whoever held it is done or dead. */
const ABANDONED: ReadonlySet<NodeState> = new Set([
  'used',
  'in-use',
  'building',
  'failed',
  'aborted',
  'deleting',
  'deleted',
]);

export function cleanupUnlockedNode(input: CleanupInput): CleanupDecision {
  const { node } = input;
  if (!input.ours) return { verdict: 'keep', because: [{ code: 'FOREIGN_PROVIDER', provider: node.provider }] };
  if (node.state === 'in-use' && input.lease && input.lease.left > 0) return leased(input.lease, input.now);
  if (ABANDONED.has(node.state)) {
    const finished = node.state !== 'in-use' && node.state !== 'building';
    return { verdict: 'delete', because: [{ code: finished ? 'FINISHED' : 'OWNER_GONE', state: node.state }] };
  }
  if (node.state === 'init') return cleanupInit(input);
  if (node.state === 'hold') return cleanupHeld(input);
  if (node.state === 'ready') return cleanupReady(input);
  return { verdict: 'keep', because: [{ code: 'IN_SERVICE', state: node.state }] };
}

/** Its gateway may be gone; another takes over, and the holder need not know [L10]. */
function leased({ id, left }: NonNullable<CleanupInput['lease']>, now: number): CleanupDecision {
  return { verdict: 'keep', because: [{ code: 'LEASED', lease: id, left }], again: now + left };
}

function cleanupInit(input: CleanupInput): CleanupDecision {
  const { node, now } = input;
  const alive = node.launcher !== null && input.launcherAlive(node.launcher);
  // Its launcher may be about to lock it, whatever our clock says of its age: what counts is how long we have seen it.
  const age = alive ? input.unborn : Math.max(now - node.stateTime, input.unborn);
  const because = [{ code: 'OWNER_GONE', state: 'init' } as const];
  if (input.orphan || age >= (alive ? INIT_GRACE_ALIVE : INIT_GRACE)) return { verdict: 'delete', because };
  return { verdict: 'keep', because: [{ code: 'IN_SERVICE', state: 'init' }], again: now + INIT_GRACE };
}

function cleanupHeld({ node, now, config }: CleanupInput): CleanupDecision {
  return byAge(node, now, longestHold(node, config), 'HELD_TOO_LONG');
}

/** Seconds that a node may be held: as long as whoever holds it has said, and no longer than the configuration allows. */
export function longestHold(node: Pick<Node, 'holdExpiration'>, config: Pick<NodepoolConfig, 'maxHoldAge'>): number {
  const own = node.holdExpiration !== null && node.holdExpiration > 0 ? node.holdExpiration : Infinity;
  return Math.min(own, config.maxHoldAge > 0 ? config.maxHoldAge : Infinity);
}

function cleanupReady(input: CleanupInput): CleanupDecision {
  const { node, now, config } = input;
  if (node.allocatedTo !== null) {
    if (input.requestExists(node.allocatedTo))
      return { verdict: 'keep', because: [{ code: 'IN_SERVICE', state: 'ready' }] };
    return { verdict: 'free', because: [{ code: 'REQUEST_GONE', request: node.allocatedTo }] };
  }
  const limits = node.type.map((label) => config.labels.get(label)?.maxReadyAge ?? 0).filter((age) => age > 0);
  return byAge(node, now, Math.min(Infinity, ...limits), 'READY_TOO_OLD');
}

function byAge(node: Node, now: number, limit: number, code: 'READY_TOO_OLD' | 'HELD_TOO_LONG'): CleanupDecision {
  const age = now - node.stateTime;
  if (age >= limit) return { verdict: 'delete', because: [{ code, age, limit }] };
  const keep: CleanupDecision = { verdict: 'keep', because: [{ code: 'IN_SERVICE', state: node.state }] };
  return limit === Infinity ? keep : { ...keep, again: node.stateTime + limit };
}
