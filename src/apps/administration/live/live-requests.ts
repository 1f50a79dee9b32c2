import { cutText } from '../../../domain/presentation/visible-text.js';
import { BYSTANDING } from '../../../domain/explain/bystanding.js';
import { plainReason, reasonTitle } from '../../../domain/explain/plain-reason.js';
import { orderRequests } from '../../../domain/decide/request-order.js';
import { isWaiting } from '../../../domain/model/request.js';
import type { NodeRequest } from '../../../domain/model/request.js';
import type { Stored } from '../../../domain/model/stored.js';
import type { LiveOpinion, LiveRequest, LiveRequests } from '../../../domain/presentation/live.js';
import type { DecisionJournal, JournalEntry } from '../../../ports/telemetry/journal.js';
import { countStates } from './count-states.js';

/** So many are shown with their explanations; the reasons of the others are counted. */
const MOST_REQUESTS = 30;
const MOST_OPINIONS = 4;
const MOST_REASONS = 3;
const MOST_LABELS = 12;

/** Who waits, and why. The reasons are those of this process's pools. */
export function liveRequests(
  requests: Iterable<Stored<NodeRequest>>,
  journal: Pick<DecisionJournal, 'entries'>,
  offered: { has(label: string): boolean },
  now: number,
): LiveRequests {
  const all = [...requests];
  const waiting = orderRequests(
    all.filter(({ value }) => isWaiting(value)),
    offered,
  );
  const because = new Map<string, number>();
  for (const { id } of waiting) {
    const codes = journal.entries('request', id).flatMap(({ decision }) => decision.because.map(({ code }) => code));
    const telling = codes.filter((code) => !BYSTANDING.has(code));
    for (const code of new Set(telling.length > 0 ? telling : codes))
      if (code !== 'SERVEABLE') because.set(code, (because.get(code) ?? 0) + 1);
  }
  return {
    total: all.length,
    states: countStates(all),
    because: [...because]
      .map(([code, count]) => ({ code, title: reasonTitle(code), count }))
      .sort((a, b) => b.count - a.count),
    waiting: waiting.slice(0, MOST_REQUESTS).map((request) => liveRequest(request, journal, now)),
  };
}

/** Characters of a text of the client that the page shows. */
const LONGEST_TEXT = 200;

function liveRequest(
  { id, value }: Stored<NodeRequest>,
  journal: Pick<DecisionJournal, 'entries'>,
  now: number,
): LiveRequest {
  return {
    id,
    state: value.state,
    since: value.createdTime ?? value.stateTime,
    labels: value.nodeTypes.slice(0, MOST_LABELS).map((label) => cutText(label, LONGEST_TEXT)),
    requestor: value.requestor === null ? null : cutText(value.requestor, LONGEST_TEXT),
    declinedBy: value.declinedBy.length,
    opinions: telling(journal.entries('request', id))
      .slice(0, MOST_OPINIONS)
      .map((entry) => liveOpinion(entry, now)),
  };
}

/** The newest first; of those that are concerned, or of all if nobody is. */
function telling(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const newest = [...entries].reverse();
  const concerned = newest.filter(({ decision }) => decision.because.some(({ code }) => !BYSTANDING.has(code)));
  return concerned.length > 0 ? concerned : newest;
}

function liveOpinion({ subject, decision, since }: JournalEntry, now: number): LiveOpinion {
  const reasons = decision.because.slice(0, MOST_REASONS).map((reason) => plainReason(reason, now));
  return {
    decider: subject.decider,
    verdict: decision.verdict,
    since,
    reasons,
  };
}
