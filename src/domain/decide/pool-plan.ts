/** What a pass has decided, in the order in which it was decided. Nothing of it has happened yet. */
import type { AllocationStep } from './allocation.js';
import type { Permission } from './circuit-breaker.js';
import type { RequestWait } from '../lifecycle/request-progress.js';
import type { Reason } from '../explain/reason.js';
import type { NodeId } from '../model/node.js';
import type { RequestId } from '../model/request.js';

export interface PoolPlan {
  readonly requests: readonly RequestPlan[];
  /** Some request waits for its provider, or for what others use there: pools that come after this one need not wait for it. */
  readonly deferring: boolean;
  /** What others use of the account stands in somebody's way. */
  readonly crowded: boolean;
  /** Seconds after which time alone may change something about what is held. */
  readonly again: number;
}

/**
 * - `leave`: nothing is done about it now, and why.
 * - `decline`: it can never be served here as things are.
 * - `take`: it is ours to serve if we get its lock; with the first steps, and what the rest waits for.
 * - `serve`: we hold it; the steps that it gets now, what the rest waits for, and a free node that goes to make room for it.
 * - `put-back`: we hold it and let it go again. `backOff`: seconds for which we leave it alone, whatever happens.
 */
export type RequestPlan =
  | {
      readonly kind: 'leave';
      readonly id: RequestId;
      readonly verdict: 'ignore' | 'yield' | 'wait';
      readonly because: readonly Reason[];
    }
  | { readonly kind: 'decline'; readonly id: RequestId; readonly held: boolean; readonly because: readonly Reason[] }
  | {
      readonly kind: 'take';
      readonly id: RequestId;
      readonly steps: readonly PlannedStep[];
      readonly wait: RequestWait | null;
    }
  | {
      readonly kind: 'serve';
      readonly id: RequestId;
      readonly steps: readonly PlannedStep[];
      readonly wait: RequestWait | null;
      readonly room: NodeId | null;
    }
  | {
      readonly kind: 'put-back';
      readonly id: RequestId;
      readonly because: readonly Reason[];
      readonly backOff: number;
    };

/** A step with its leave to create; null where nothing is created. */
export interface PlannedStep {
  readonly step: AllocationStep;
  readonly permission: Permission | null;
}
