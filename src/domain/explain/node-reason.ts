import type { NodeState } from '../model/node.js';

/** Why a node that nobody holds is deleted, freed or left alone. Ages and limits are seconds. */
export type CleanupReason =
  | { readonly code: 'FINISHED'; readonly state: NodeState }
  | { readonly code: 'OWNER_GONE'; readonly state: NodeState }
  | { readonly code: 'REQUEST_GONE'; readonly request: string }
  | { readonly code: 'READY_TOO_OLD'; readonly age: number; readonly limit: number }
  | { readonly code: 'HELD_TOO_LONG'; readonly age: number; readonly limit: number }
  | { readonly code: 'FOREIGN_PROVIDER'; readonly provider: string | null }
  | { readonly code: 'IN_SERVICE'; readonly state: NodeState };

/** What becomes of a node: its launch, and its cleanup. */
export type NodeReason =
  | CleanupReason
  | { readonly code: 'LAUNCHING'; readonly attempt: number; readonly attempts: number }
  | {
      readonly code: 'LAUNCH_ATTEMPT_FAILED';
      readonly attempt: number;
      readonly attempts: number;
      readonly problem: string;
    }
  /** `seconds`: of the attempt that succeeded. */
  | { readonly code: 'LAUNCHED'; readonly attempt: number; readonly seconds: number }
  | { readonly code: 'DELETE_FAILED'; readonly problem: string };
