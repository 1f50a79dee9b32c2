/** Which state may follow which, and by whose hand (spec LAUNCHER 1.7). */
import type { NodeState } from '../model/node.js';
import { assertTransition } from './transition.js';

/** What a launcher may do. Clients additionally move ready to in-use, in-use to used and anything to hold. */
export const NODE_TRANSITIONS: Readonly<Record<NodeState, readonly NodeState[]>> = {
  init: ['building', 'deleting'],
  building: ['ready', 'failed', 'aborted', 'deleting'],
  testing: ['deleting'],
  ready: ['deleting'],
  'in-use': ['deleting'],
  used: ['deleting'],
  hold: ['deleting'],
  failed: ['deleting'],
  aborted: ['deleting'],
  deleting: ['deleted'],
  deleted: [],
};

export function assertNodeTransition(from: NodeState, to: NodeState): void {
  assertTransition('node', NODE_TRANSITIONS, from, to);
}
