import type { Decision } from '../../domain/explain/reason.js';
import type { Spell, SpentTime } from '../../domain/explain/spent-time.js';
import type { Said } from '../../domain/explain/waits.js';

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
  /** What its decisions made the time be spent on since the first that is remembered. */
  readonly time?: SpentTime;
}

/** The last words of an entry. */
export function saidIn({ subject, decision, since }: JournalEntry): Said {
  return { decider: subject.decider, verdict: decision.verdict, because: decision.because, since };
}

/** Called synchronously when something has ceased to be the reason, and for how long it was; must not throw. */
export type SpellListener = (subject: DecisionSubject, spell: Spell) => void;

/** Called synchronously with each new verdict or set of reason codes, and what was said before; must not throw. */
export type JournalListener = (entry: JournalEntry, before: JournalEntry | undefined) => void;

/** A bounded memory of the last decisions, which feeds explanations and logs. Synchronous, never throws. */
export interface DecisionJournal {
  /** Repeating the same verdict with the same reason codes keeps `since`. */
  record(subject: DecisionSubject, decision: Decision<string>): void;
  entries(kind: DecisionSubject['kind'], id: string): readonly JournalEntry[];
}
