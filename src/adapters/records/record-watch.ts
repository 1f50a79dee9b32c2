import type { Stored } from '../../domain/model/stored.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';

/**
 * What a mirror is told by those who lock and write its records, so that our own doings are visible at once and cost no reads:
 * while we hold a record's lease, our copy is the truth, and watches that fire are made up for after the release.
 */
export interface RecordWatch<T> {
  /**
   * We are about to try for the record's lock. Every call is followed by one of `attemptEnded`. `follow`: watches that fire while we
   * hold it are not put off.
   */
  attemptBegins(id: string, follow?: boolean): void;
  attemptEnded(id: string, outcome: 'held' | 'busy' | 'failed'): void;
  /** We held the lock and do not any more. */
  released(id: string): void;
  /** We are about to add or remove a record. */
  expectOwnChange(): void;
  created(stored: Stored<T>): void;
  /** The record as read by somebody else than the mirror. */
  seen(id: string, record: TreeRecord | undefined): void;
  written(stored: Stored<T>, modifiedId: number): void;
  removed(id: string): void;
  /** What we know may be wrong: a call was cut off. */
  doubted(id: string): void;
}
