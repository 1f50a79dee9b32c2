import type { RequestPlan } from '../../domain/decide/pool-plan.js';
import type { PhaseEvent, RequestPhase } from '../../domain/lifecycle/request-phase.js';
import type { RequestEnding, RequestWait } from '../../domain/lifecycle/request-progress.js';
import { poolName } from '../../domain/explain/pool-name.js';
import type { Decision, Reason } from '../../domain/explain/reason.js';
import type { RequestId, RequestState } from '../../domain/model/request.js';
import type { DecisionJournal } from '../../ports/telemetry/journal.js';
import type { PoolIdentity } from '../../domain/model/launcher.js';
import { RecentMap } from '../../ports/toolkit/recent-map.js';

/** Different words in which requests are left alone that are remembered. */
const MOST_WORDS = 100;
/** What was said before and still holds is said again in every so many passes, so that the journal does not forget it for newer things. */
const SAY_AGAIN = 8;

/** What one pool says about requests, from its plans and from changes of phase only: its last word on each is true at any time. */
export class RequestJournal {
  private closed = false;
  private readonly said = new RecentMap<Decision<string>>(MOST_WORDS);
  /** The last one that was left alone, and how that was said before. */
  private heard: Decision<string> | null = null;
  private repeated: Decision<string> = { verdict: '', because: [] };
  /** Our last word on those that are left alone. */
  private readonly lefts = new Map<RequestId, Decision<string>>();
  /** Counts those that are left alone, beginning elsewhere in each pass. */
  private count = 0;
  private passes = 0;

  constructor(
    private readonly journal: DecisionJournal,
    private readonly pool: PoolIdentity,
    /** Does somebody hold or want the request's lock? */
    private readonly locked: (id: RequestId) => boolean,
  ) {}

  /** A new pass: what is planned for each request follows. */
  begin(): void {
    this.passes += 1;
    this.count = this.passes;
  }

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
        return plan.verdict === 'ignore' ? this.declinedBefore(id) : this.left(id, plan);
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
    this.lefts.delete(id);
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

  private left(id: RequestId, plan: RequestPlan & { readonly kind: 'leave' }): void {
    const decision = this.inTheSameWords(plan);
    this.count += 1;
    if (this.lefts.get(id) === decision && this.count % SAY_AGAIN !== 0) return;
    this.lefts.set(id, decision);
    this.record(id, decision);
  }

  /** Of many that wait nearly all do so for the same reasons, and for the same as in the pass before: then it is the same object. */
  private inTheSameWords({ verdict, because }: RequestPlan & { readonly kind: 'leave' }): Decision<string> {
    if (this.heard?.because === because && this.heard.verdict === verdict) return this.repeated;
    const words = JSON.stringify([verdict, because]);
    this.heard = { verdict, because };
    this.repeated = this.said.renewed(words) ?? this.heard;
    this.said.set(words, this.repeated);
    return this.repeated;
  }

  private note(id: RequestId, verdict: string, because: readonly Reason[]): void {
    this.lefts.delete(id);
    this.record(id, { verdict, because });
  }

  private record(id: RequestId, decision: Decision<string>): void {
    this.journal.record({ kind: 'request', id, decider: this.pool.launcherId }, decision);
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
