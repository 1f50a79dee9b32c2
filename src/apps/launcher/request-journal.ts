import type { Reason } from '../../domain/explain/reason.js';
import type { RequestId, RequestState } from '../../domain/model/request.js';
import type { DecisionJournal } from '../../ports/telemetry/journal.js';
import type { PoolIdentity } from './pool-surroundings.js';
import { poolName } from '../../domain/explain/pool-name.js';

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
    else this.note(id, 'accept', [{ code: 'SERVEABLE', pool: poolName(this.pool) }]);
  }

  fulfilled(id: RequestId): void {
    this.note(id, 'fulfilled', [{ code: 'SERVEABLE', pool: poolName(this.pool) }]);
  }

  /** We had taken it, or wanted to decline it, and nothing came of it: most likely somebody else has its lock. */
  dropped(id: RequestId, state: RequestState): void {
    if (state !== 'requested') this.note(id, 'ignore', [{ code: 'NOT_REQUESTED', state }]);
    else if (this.last(id) !== 'wait') this.note(id, 'wait', [{ code: 'REQUEST_LOCKED' }]);
  }

  /** Somebody else has it now: what we said before, unless it was carried out, is not true any more. */
  overtaken(id: RequestId, state: RequestState): void {
    const last = this.last(id);
    if (last === undefined || last === 'decline' || last === 'fulfilled') return;
    this.note(id, 'ignore', [{ code: 'NOT_REQUESTED', state }]);
  }

  /** The record says that we have declined it; the reason is remembered unless we never learned that it was stored. */
  declinedBefore(id: RequestId): void {
    const { launcherId } = this.pool;
    if (this.last(id) !== 'decline') this.note(id, 'decline', [{ code: 'ALREADY_DECLINED', launcher: launcherId }]);
  }

  private last(id: RequestId): string | undefined {
    const { launcherId } = this.pool;
    return this.journal.entries('request', id).find(({ subject }) => subject.decider === launcherId)?.decision.verdict;
  }
}
