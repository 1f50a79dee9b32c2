import type { NodeState } from '../model/node.js';

/** Why a node that nobody holds is deleted, freed or left alone. Ages and limits are seconds. */
export type CleanupReason =
  | { readonly code: 'FINISHED'; readonly state: NodeState }
  | { readonly code: 'OWNER_GONE'; readonly state: NodeState }
  | { readonly code: 'REQUEST_GONE'; readonly request: string }
  | { readonly code: 'READY_TOO_OLD'; readonly age: number; readonly limit: number }
  | { readonly code: 'HELD_TOO_LONG'; readonly age: number; readonly limit: number }
  | { readonly code: 'FOREIGN_PROVIDER'; readonly provider: string | null }
  /** Of a lease that has not ended, although nobody takes care of it now; it is `left` seconds until the node is deleted. */
  | { readonly code: 'LEASED'; readonly lease: string; readonly left: number }
  | { readonly code: 'IN_SERVICE'; readonly state: NodeState };

/** Why a free node of a machine that exists by itself is withdrawn. */
export type MachineReason =
  | { readonly code: 'MACHINE_NOT_CONFIGURED'; readonly machine: string }
  | {
      readonly code: 'MORE_NODES_THAN_SLOTS';
      readonly machine: string;
      readonly nodes: number;
      readonly slots: number;
    }
  /** It did not answer, or not with the right keys. */
  | { readonly code: 'MACHINE_UNFIT'; readonly machine: string; readonly problem: string };

/** What becomes of a node: its launch, and its cleanup. */
export type NodeReason =
  | CleanupReason
  | MachineReason
  /** `stage`: once the instance runs; until then it is booting. */
  | { readonly code: 'LAUNCHING'; readonly attempt: number; readonly attempts: number; readonly stage?: 'host keys' }
  | {
      readonly code: 'LAUNCH_ATTEMPT_FAILED';
      readonly attempt: number;
      readonly attempts: number;
      readonly problem: string;
    }
  /** `seconds`: of the attempt that succeeded. */
  | { readonly code: 'LAUNCHED'; readonly attempt: number; readonly seconds: number }
  | { readonly code: 'DELETE_FAILED'; readonly problem: string };
