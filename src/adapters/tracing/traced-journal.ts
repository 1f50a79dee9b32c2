import type { Decision } from '../../domain/explain/reason.js';
import { describeReasons } from '../../domain/explain/reason.js';
import type { DecisionJournal, DecisionSubject, JournalEntry } from '../../ports/telemetry/journal.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { RecentMap } from '../../ports/toolkit/recent-map.js';

/** Decisions whose last words are remembered, so that what is decided again in each pass is told once. */
const MOST_REMEMBERED = 10_000;

/** Tells of every decision, with its reasons, whenever it is not what was said last. */
export class TracedJournal implements DecisionJournal {
  private readonly said = new RecentMap<string>(MOST_REMEMBERED);

  constructor(
    private readonly journal: DecisionJournal,
    private readonly logger: Logger,
  ) {}

  record(subject: DecisionSubject, decision: Decision<string>): void {
    this.journal.record(subject, decision);
    const { kind, id, decider } = subject;
    const about = `${kind} ${id} ${decider}`;
    const words = `${decision.verdict}: ${describeReasons(decision.because)}`;
    if (this.said.get(about) === words) return;
    this.said.set(about, words);
    this.logger.debug(`${kind} ${id}: ${words}`, { [kind]: id, decider, because: decision.because });
  }

  entries(kind: DecisionSubject['kind'], id: string): readonly JournalEntry[] {
    return this.journal.entries(kind, id);
  }
}
