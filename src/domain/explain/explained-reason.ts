import type { Reason } from './reason.js';
import { reasonSentence } from './sentences.js';
import { unblockSentence } from './unblock.js';

/** A reason in words. */
export interface ExplainedReason {
  readonly code: string;
  /** With the code and its numbers. */
  readonly text: string;
  /** What would take the reason away. */
  readonly unblock: string;
  /** The reason's own fields. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export function explainReason(reason: Reason, now: number): ExplainedReason {
  const { code, ...facts } = reason;
  return { code, text: reasonSentence(reason, now), unblock: unblockSentence(reason, now), facts };
}
