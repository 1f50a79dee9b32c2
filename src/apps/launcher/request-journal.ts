import type { RequestPlan } from '../../domain/decide/pool-plan.js';
import type { PhaseEvent, RequestPhase } from '../../domain/lifecycle/request-phase.js';
import type { RequestEnding, RequestWait } from '../../domain/lifecycle/request-progress.js';
import { poolName } from '../../domain/explain/pool-name.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { RequestId, RequestState } from '../../domain/model/request.js';
import type { DecisionJournal } from '../../ports/telemetry/journal.js';
import type { PoolIdentity } from '../../domain/model/launcher.js';

/** What one pool says about requests, from its plans and from changes of phase only: its last word on each is true at any time. */
export class RequestJournal {
  private closed = false;

  constructor(
    private readonly journal: DecisionJournal,
    private readonly pool: PoolIdentity,
    /** Does somebody hold or want the request's lock? */
    private readonly locked: (id: RequestId) => boolean,
  ) {}

  planned(plan: RequestPlan): void {
    const { id } = plan;
    switch (plan.kind) {
      case 'take':
        if (this.locked(id)) return this.note(id, 'wait', [{ code: 'REQUEST_LOCKED' }]);
        return this.taken(id, plan.wait);
      case 'serve':
        return this.taken(id, plan.wait);
      case 'put-back':
        return this.note(id, 'wait', plan.because);
      case 'decline':
        // Of one that we do not hold it is said when it is so: somebody else may be there first.
        return plan.held ? this.note(id, 'decline', plan.because) : undefined;
      case 'leave':
        return plan.verdict === 'ignore' ? this.declinedBefore(id) : this.note(id, plan.verdict, plan.because);
    }
  }

  /** `state`: what the record shows now; null if it is gone. */
  changed(
    id: RequestId,
    before: RequestPhase,
    after: RequestPhase,
    event: PhaseEvent,
    state: RequestState | null,
  ): void {
    if (event.kind === 'done') return this.done(id, before, event.outcome, state);
    // Said before it is written, so that whoever sees the write can ask why; what it waited for is not true any more.
    const end = declineOf(after);
    if (end && !declineOf(before)) this.note(id, 'decline', end.because);
    const leftAlone = before.kind === 'open' || before.kind === 'backing-off';
    if (after.kind === 'closed' && leftAlone && state !== null) this.overtaken(id, state);
  }

  /** Nothing but the write is left to do, so that whoever sees the write can ask why. */
  declining(id: RequestId, because: readonly Reason[]): void {
    this.note(id, 'decline', because);
  }

  private done(
    id: RequestId,
    before: RequestPhase,
    outcome: (PhaseEvent & { readonly kind: 'done' })['outcome'],
    state: RequestState | null,
  ): void {
    if (outcome === 'fulfilled') return this.note(id, 'fulfilled', [this.serveable()]);
    if (outcome === 'declined') {
      const end = declineOf(before);
      return end ? this.note(id, 'decline', end.because) : undefined;
    }
    if (state !== null) this.dropped(id, state);
  }

  /** Taken, or about to be. */
  private taken(id: RequestId, wait: RequestWait | null): void {
    if (wait && wait.because.length > 0) this.note(id, 'wait', wait.because);
    else this.note(id, 'accept', [this.serveable()]);
  }

  /** We had taken it, or wanted to decline it, and nothing came of it: most likely somebody else has its lock. */
  private dropped(id: RequestId, state: RequestState): void {
    if (this.closed) return;
    if (state !== 'requested') this.note(id, 'ignore', [{ code: 'NOT_REQUESTED', state }]);
    else if (this.last(id) !== 'wait') this.note(id, 'wait', [{ code: 'REQUEST_LOCKED' }]);
  }

  /** Somebody else has it now: what we said before, unless it was carried out, is not true any more. */
  private overtaken(id: RequestId, state: RequestState): void {
    const last = this.last(id);
    if (last === undefined || last === 'decline' || last === 'fulfilled') return;
    this.note(id, 'ignore', [{ code: 'NOT_REQUESTED', state }]);
  }

  /** The record says that we have declined it; the reason is remembered unless we never learned that it was stored. */
  private declinedBefore(id: RequestId): void {
    const { launcherId } = this.pool;
    if (this.last(id) !== 'decline') this.note(id, 'decline', [{ code: 'ALREADY_DECLINED', launcher: launcherId }]);
  }

  private serveable(): Reason {
    return { code: 'SERVEABLE', pool: poolName(this.pool) };
  }

  /** The pool decides nothing any more: what it lets go of has come to no end that could be told. */
  close(): void {
    this.closed = true;
  }

  private note(id: RequestId, verdict: string, because: readonly Reason[]): void {
    this.journal.record({ kind: 'request', id, decider: this.pool.launcherId }, { verdict, because });
  }

  private last(id: RequestId): string | undefined {
    const { launcherId } = this.pool;
    return this.journal.entries('request', id).find(({ subject }) => subject.decider === launcherId)?.decision.verdict;
  }
}

function declineOf(phase: RequestPhase): (RequestEnding & { readonly kind: 'decline' }) | undefined {
  const end = phase.kind === 'serving' ? phase.progress.end : null;
  return end?.kind === 'decline' ? end : undefined;
}
