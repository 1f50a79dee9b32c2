/** What a pool would decide about a request if something were otherwise. */
import { planPass } from '../decide/plan-pass.js';
import type { RequestPlan } from '../decide/pool-plan.js';
import type { PoolSnapshot } from '../decide/pool-snapshot.js';
import { explainReason } from './explained-reason.js';
import type { ExplainedReason } from './explained-reason.js';
import type { Decision, Reason } from './reason.js';

export interface Supposition {
  /** The launcher id of the pool. */
  readonly decider: string;
  readonly verdict: string;
  readonly reasons: readonly ExplainedReason[];
  /** The pool has declined it already: it would be decided so about a new request like it. */
  readonly anew: boolean;
}

/** The pool's own pass on a snapshot that was changed; nothing comes of it. Undefined when the pass is not about the request. */
export function suppose(snapshot: PoolSnapshot, id: string): Decision<string> | undefined {
  const plan = planPass(snapshot).requests.find((request) => request.id === id);
  return plan && decisionOf(plan);
}

export function supposition(
  decider: string,
  { verdict, because }: Decision<string>,
  anew: boolean,
  now: number,
): Supposition {
  return { decider, verdict, reasons: because.map((reason) => explainReason(reason, now)), anew };
}

function decisionOf(plan: RequestPlan): Decision<string> {
  switch (plan.kind) {
    case 'leave':
      return { verdict: plan.verdict, because: plan.because };
    case 'decline':
      return { verdict: 'decline', because: plan.because };
    case 'put-back':
      return { verdict: 'wait', because: plan.because };
    case 'take':
    case 'serve':
      return waiting(plan.wait?.because ?? []);
  }
}

function waiting(because: readonly Reason[]): Decision<string> {
  return { verdict: because.length > 0 ? 'wait' : 'accept', because };
}
