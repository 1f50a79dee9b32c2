import { describeReasons } from '../../domain/explain/reason.js';
import type { DecisionSubject, JournalEntry, JournalListener } from '../../ports/telemetry/journal.js';
import type { LogFields, Logger } from '../../ports/telemetry/logger.js';

/** Lines in one second at most. When a crowd of requests changes its mind at once, nobody reads them one by one. */
const LINES_PER_SECOND = 500;

export interface LogChangesOptions {
  readonly linesPerSecond?: number;
  /** What else is known of the subject, such as the event that a request belongs to. */
  readonly about?: (subject: DecisionSubject) => LogFields;
}

/** What has lines of its own elsewhere is left out: nodes say when they are launched and deleted, images when they are built. */
const LOGGED: ReadonlySet<DecisionSubject['kind']> = new Set(['request', 'label']);

/**
 * One line (info) per change of a verdict about a request or a label. What exceeds the limit is counted, and the number is told
 * with the first line of a later second.
 */
export function logChanges(logger: Logger, options: LogChangesOptions = {}): JournalListener {
  const { linesPerSecond = LINES_PER_SECOND, about = () => ({}) } = options;
  let second = 0;
  let written = 0;
  let left = 0;
  return ({ subject, decision, since }: JournalEntry) => {
    if (!LOGGED.has(subject.kind)) return;
    if (Math.floor(since) !== second) {
      second = Math.floor(since);
      written = 0;
      if (left > 0) logger.info(`${left} more changes of verdicts are not shown one by one`);
      left = 0;
    }
    if (written >= linesPerSecond) {
      left += 1;
      return;
    }
    written += 1;
    logger.info(`${subject.kind} ${subject.id}: ${decision.verdict}: ${describeReasons(decision.because)}`, {
      [subject.kind]: subject.id,
      ...about(subject),
      decider: subject.decider,
      verdict: decision.verdict,
    });
  };
}
