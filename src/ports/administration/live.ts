import type { LiveSections } from '../../domain/presentation/live.js';

/** What the live page shows. Made from memory when asked, at a cost that grows with the number of records: ask once for all viewers. */
export interface LiveView {
  /** Begins to remember how many nodes there were in each state. Idempotent. */
  start(): void;
  /** Ends that. Idempotent. */
  stop(): void;
  sections(): LiveSections;
  /** Called after anything that is shown may have changed, and often. Answers the way to unsubscribe. */
  onChange(listener: () => void): () => void;
}
