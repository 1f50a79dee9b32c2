import type { ExplainedReason } from './explained-reason.js';
import type { Reason } from './reason.js';
import { reasonSentence } from './sentences.js';
import { unblockSentence } from './unblock.js';

export function explainReason(reason: Reason, now: number): ExplainedReason {
  const { code, ...facts } = reason;
  return { code, text: reasonSentence(reason, now), unblock: unblockSentence(reason, now), facts };
}
