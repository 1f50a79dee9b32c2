import type { Change } from '../../domain/decide/what-if.js';
import { estimateOf } from '../../domain/explain/estimate.js';
import type { Estimate } from '../../domain/explain/estimate.js';
import type { SubjectKind } from '../../domain/explain/explanation.js';
import type { Insight } from '../../domain/explain/insight.js';
import { placeOf } from '../../domain/explain/place.js';
import type { Competitor, Place } from '../../domain/explain/place.js';
import { speakers } from '../../domain/explain/pool-name.js';
import { requestTime, spells, total } from '../../domain/explain/spent-time.js';
import type { Spell, SpentTime } from '../../domain/explain/spent-time.js';
import { waitsOf } from '../../domain/explain/waits.js';
import type { Waits } from '../../domain/explain/waits.js';
import { isWaiting, parseRequestId } from '../../domain/model/request.js';
import type { LauncherInsights } from '../../ports/administration/launcher-insights.js';
import type { Records } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { DecisionJournal, JournalEntry } from '../../ports/telemetry/journal.js';
import { saidIn } from '../../ports/telemetry/journal.js';

export interface InsightContext {
  readonly records: Records;
  readonly journal: Pick<DecisionJournal, 'entries'>;
  readonly clock: Clock;
  readonly insights: LauncherInsights;
}

/** What a launcher says besides its opinions: from its memory and from what its pools know. */
export class InsightSource {
  constructor(private readonly context: InsightContext) {}

  /** Undefined when there is nothing to say. */
  insight(kind: SubjectKind, id: string, changes: readonly GivenChange[]): Insight | undefined {
    switch (kind) {
      case 'fleet':
        return { waits: this.waits(() => true) };
      case 'pool':
        return this.holder(id, (pool) => pool === id);
      case 'provider':
        return this.holder(id, (pool) => pool.startsWith(`${id}/`));
      case 'request':
        return this.request(id, changes);
      case 'node':
        return spentOnly(this.nodeTime(id));
      case 'label':
      case 'image':
        return undefined;
    }
  }

  private holder(id: string, which: (pool: string) => boolean): Insight | undefined {
    const { insights, records } = this.context;
    // Names may hold a slash: the registry knows where the one ends and the other begins.
    const registered = records.launchers.view
      .pools()
      .find((pool) => `${pool.providerName}/${pool.poolName ?? ''}` === id);
    const limits = registered
      ? insights.limits(registered.providerName, registered.poolName)
      : insights.limits(id, null);
    return limits.length === 0 ? undefined : { limits, waits: this.waits(which) };
  }

  private waits(which: (pool: string) => boolean): Waits {
    const { records, journal } = this.context;
    const name = speakers(records.launchers.view.pools());
    const poolOf = (decider: string): string | undefined => {
      const pool = name(decider);
      return pool !== undefined && which(pool) ? pool : undefined;
    };
    const waiting = [...records.requests.view.all().values()].filter(({ value }) => isWaiting(value));
    return waitsOf(
      waiting.map(({ id }) => journal.entries('request', id).map(saidIn)),
      poolOf,
    );
  }

  private request(id: string, changes: readonly GivenChange[]): Insight | undefined {
    const { records, journal, clock, insights } = this.context;
    const stored = records.requests.view.get(id);
    const entry = telling(journal.entries('request', id));
    const now = clock.now();
    const waits = stored !== undefined && isWaiting(stored.value);
    const place = waits ? this.place(id) : undefined;
    return definedOnly({
      spent: entry?.time && this.requestTime(id, stored?.value.createdTime ?? null, entry.time, now),
      place,
      estimate: waits ? this.estimate(id, place, entry, now) : undefined,
      whatIf:
        changes.length === 0
          ? undefined
          : {
              changes: changes.map(({ text }) => text),
              pools: insights.suppose(
                id,
                changes.map(({ change }) => change),
              ),
            },
    });
  }

  private requestTime(id: string, created: number | null, time: SpentTime, now: number): readonly Spell[] {
    const nodes = [...this.context.records.nodes.view.all().values()].filter(({ value }) => value.allocatedTo === id);
    return requestTime(
      created,
      time,
      nodes.map((node) => this.nodeTime(node.id)),
      now,
    );
  }

  private nodeTime(id: string): readonly Spell[] {
    const { journal, clock } = this.context;
    const times = journal.entries('node', id).flatMap(({ time }) => (time ? [spells(time, clock.now())] : []));
    return times.sort((a, b) => total(b) - total(a))[0] ?? [];
  }

  private place(id: string): Place | undefined {
    const { records } = this.context;
    const allocated = new Map<string, number>();
    for (const { value } of records.nodes.view.all().values())
      if (value.allocatedTo !== null) allocated.set(value.allocatedTo, (allocated.get(value.allocatedTo) ?? 0) + 1);
    const competitors: Competitor[] = [];
    for (const request of records.requests.view.all().values()) {
      const { nodeTypes } = request.value;
      if (!isWaiting(request.value)) continue;
      competitors.push({ request, lacks: Math.max(0, nodeTypes.length - (allocated.get(request.id) ?? 0)) });
    }
    return placeOf(id, competitors, records.launchers.view.pools());
  }

  private estimate(id: string, place: Place | undefined, entry: JournalEntry | undefined, now: number): Estimate {
    const { insights, records } = this.context;
    if (!entry) return { known: false, why: 'no pool of this launcher has looked at it' };
    const name = speakers(records.launchers.view.pools())(entry.subject.decider);
    const pools = place?.pools ?? (name === undefined ? [] : [name]);
    const since = entry.decision.verdict === 'accept' ? (entry.time?.since ?? now) : null;
    const turnover = insights.turnover(pools, parseRequestId(id)?.priority);
    return estimateOf(place, since === null ? waitsFor(entry) : null, since, turnover, now);
  }
}

/** The code of the reason for which it waits. */
function waitsFor({ time, decision }: JournalEntry): string {
  return time?.what ?? decision.because[0]?.code ?? 'UNKNOWN';
}

/** A change with the words it was given in. */
export interface GivenChange {
  readonly text: string;
  readonly change: Change;
}

const RANK = ['accept', 'fulfilled', 'wait'];

/** Of those who speak about a request the one that has most to do with it: who serves it, or else makes it wait. */
function telling(entries: readonly JournalEntry[]): JournalEntry | undefined {
  const rank = ({ decision }: JournalEntry): number => {
    const at = RANK.indexOf(decision.verdict);
    return at < 0 ? RANK.length : at;
  };
  return [...entries].reverse().sort((a, b) => rank(a) - rank(b))[0];
}

function spentOnly(spent: readonly Spell[]): Insight | undefined {
  return spent.length === 0 ? undefined : { spent };
}

type InsightParts = { readonly [Key in keyof Insight]: Insight[Key] | undefined };

function definedOnly(insight: InsightParts): Insight | undefined {
  const entries = Object.entries(insight).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
