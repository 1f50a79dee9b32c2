import type { Decision } from '../../domain/explain/reason.js';

/** What a decision was about. */
export interface DecisionSubject {
  readonly kind: 'request' | 'label' | 'node' | 'image';
  readonly id: string;
  /** The pool (launcher id), builder or provider that decided. */
  readonly decider: string;
}

export interface JournalEntry {
  readonly subject: DecisionSubject;
  readonly decision: Decision<string>;
  /** When this verdict with these reasons was first reached, seconds since the epoch. */
  readonly since: number;
}

/** Called synchronously with each new verdict or set of reason codes, and what was said before; must not throw. */
export type JournalListener = (entry: JournalEntry, before: JournalEntry | undefined) => void;

/** A bounded memory of the last decisions, which feeds explanations and logs. Synchronous, never throws. */
export interface DecisionJournal {
  /** Repeating the same verdict with the same reason codes keeps `since`. */
  record(subject: DecisionSubject, decision: Decision<string>): void;
  entries(kind: DecisionSubject['kind'], id: string): readonly JournalEntry[];
}
