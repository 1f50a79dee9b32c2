import type { Reason } from '../../domain/explain/reason.js';
import type { RequestId, RequestState } from '../../domain/model/request.js';
import type { DecisionJournal } from '../../ports/telemetry/journal.js';
import type { PoolIdentity } from './pool-surroundings.js';

/** What one pool says about requests: its last word on each must be true at any time. */
export class RequestJournal {
  constructor(
    private readonly journal: DecisionJournal,
    private readonly pool: PoolIdentity,
  ) {}

  note(id: RequestId, verdict: string, because: readonly Reason[]): void {
    this.journal.record({ kind: 'request', id, decider: this.pool.launcherId }, { verdict, because });
  }

  /** Taken, or about to be: `waiting` says what some of its nodes wait for. */
  accepted(id: RequestId, waiting: readonly Reason[], lockedByOthers: boolean): void {
    if (lockedByOthers) this.note(id, 'wait', [{ code: 'REQUEST_LOCKED' }]);
    else if (waiting.length > 0) this.note(id, 'wait', waiting);
    else this.note(id, 'accept', [{ code: 'SERVEABLE', pool: this.pool.name }]);
  }

  fulfilled(id: RequestId): void {
    this.note(id, 'fulfilled', [{ code: 'SERVEABLE', pool: this.pool.name }]);
  }

  /** Somebody else has it now: what we said before, unless it was a no, is not true any more. */
  overtaken(id: RequestId, state: RequestState): void {
    const own = this.journal.entries('request', id).find(({ subject }) => subject.decider === this.pool.launcherId)
      ?.decision.verdict;
    if (own === undefined || own === 'decline' || own === 'fulfilled') return;
    this.note(id, 'ignore', [{ code: 'NOT_REQUESTED', state }]);
  }
}
