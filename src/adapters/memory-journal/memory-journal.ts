import type { Decision } from '../../domain/explain/reason.js';
import { spentOn, timeSpent } from '../../domain/explain/spent-time.js';
import type { SpentTime } from '../../domain/explain/spent-time.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type {
  DecisionJournal,
  DecisionSubject,
  JournalEntry,
  JournalListener,
  SpellListener,
} from '../../ports/telemetry/journal.js';
import { RecentMap } from '../../ports/toolkit/recent-map.js';

export interface MemoryJournalOptions {
  /** Subjects of each kind that are remembered; those not decided about for the longest time go first. Default 10,000. */
  readonly subjects?: number;
  /** Deciders remembered per subject. Default 100. */
  readonly deciders?: number;
  /** Told of every change of a verdict or of its reason codes; not of mere repetitions with other numbers. */
  readonly onChange?: JournalListener;
  /** Told of every spell that has ended. */
  readonly onSpell?: SpellListener;
}

/** Few: the latest decision is the last. */
type Deciders = JournalEntry[];

/** The last decision of each decider about each subject, in memory. */
export class MemoryJournal implements DecisionJournal {
  /** By kind and id, in the order of the last decision. */
  private readonly kinds = new Map<string, RecentMap<Deciders>>();
  private readonly mostSubjects: number;
  private readonly mostDeciders: number;
  private readonly onChange: JournalListener | undefined;
  private readonly onSpell: SpellListener | undefined;

  constructor(
    private readonly clock: Clock,
    options: MemoryJournalOptions = {},
  ) {
    this.mostSubjects = options.subjects ?? 10_000;
    this.mostDeciders = options.deciders ?? 100;
    this.onChange = options.onChange;
    this.onSpell = options.onSpell;
  }

  /** The numbers in the reasons become the new ones even if `since` stays. Called in every pass for all that waits: cheap. */
  record(subject: DecisionSubject, decision: Decision<string>): void {
    const deciders = this.renewed(subject);
    const at = deciders.findIndex((entry) => entry.subject.decider === subject.decider);
    const before = deciders[at];
    // The very same again, as most are in most passes.
    if (before?.decision === decision) return this.putLast(deciders, at, before);
    const changed = !before || !isSame(before.decision, decision);
    const now = this.clock.now();
    const time = timeSpent(before?.time, spentOn(decision), now);
    const entry = { subject, decision, since: changed ? now : before.since, time };
    this.putLast(deciders, at, entry);
    if (changed) this.onChange?.(entry, before);
    this.tellSpell(subject, before?.time, time);
  }

  /** What is known of a subject that is decided about now. */
  private renewed({ kind, id }: DecisionSubject): Deciders {
    const subjects = this.subjects(kind);
    const known = subjects.renewed(id);
    if (known) return known;
    const deciders: Deciders = [];
    subjects.set(id, deciders);
    return deciders;
  }

  /** @param at where the decider's entry was; -1: nowhere */
  private putLast(deciders: Deciders, at: number, entry: JournalEntry): void {
    if (at >= 0 && at === deciders.length - 1) {
      deciders[at] = entry;
      return;
    }
    if (at >= 0) deciders.splice(at, 1);
    deciders.push(entry);
    if (deciders.length > this.mostDeciders) deciders.shift();
  }

  private tellSpell(subject: DecisionSubject, before: SpentTime | undefined, { since }: SpentTime): void {
    if (!before || before.what === null || before.since === since) return;
    this.onSpell?.(subject, { what: before.what, seconds: Math.max(0, since - before.since) });
  }

  /** One entry per decider, the latest decision last. */
  entries(kind: DecisionSubject['kind'], id: string): readonly JournalEntry[] {
    return [...(this.kinds.get(kind)?.get(id) ?? [])];
  }

  private subjects(kind: string): RecentMap<Deciders> {
    const known = this.kinds.get(kind);
    if (known) return known;
    const subjects = new RecentMap<Deciders>(this.mostSubjects);
    this.kinds.set(kind, subjects);
    return subjects;
  }
}

function isSame(a: Decision<string>, b: Decision<string>): boolean {
  if (a.verdict !== b.verdict) return false;
  // Nearly always the codes are the same in the same order; only else is it worth while to compare them as sets.
  const inOrder =
    a.because.length === b.because.length && a.because.every(({ code }, index) => code === b.because[index]?.code);
  return inOrder || codes(a) === codes(b);
}

function codes(decision: Decision<string>): string {
  return [...new Set(decision.because.map((reason) => reason.code))].sort().join(' ');
}
