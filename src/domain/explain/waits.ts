/** What all the waiting requests wait for, added up: one line for each pool, reason and resource. Times are seconds since the epoch. */
import { BYSTANDING } from './bystanding.js';
import { reasonTitle } from './plain-reason.js';
import type { Reason } from './reason.js';

/** The last word of one pool about one request. */
export interface Said {
  /** The launcher id of the pool. */
  readonly decider: string;
  readonly verdict: string;
  readonly because: readonly Reason[];
  readonly since: number;
}

export interface WaitGroup {
  /** `provider/pool`. */
  readonly pool: string;
  readonly code: string;
  /** Of a limit: what there is not enough of; else null. */
  readonly resource: string | null;
  readonly title: string;
  /** Requests; one that waits for several things counts for each. */
  readonly count: number;
  /** For how long this has been the last word about one of them. */
  readonly since: number;
}

export interface Waits {
  /** The most frequent first. */
  readonly groups: readonly WaitGroup[];
  /** Requests whose nodes are on their way. */
  readonly served: number;
  /** Requests of which no decision is remembered. */
  readonly unheard: number;
}

/**
 * @param said what each pool says, one entry per waiting request
 * @param poolOf the pool of a decider; undefined: not one that counts
 * @param detail are limits of different resources told apart?
 */
export function waitsOf(
  said: Iterable<readonly Said[]>,
  poolOf: (decider: string) => string | undefined,
  detail: 'by resource' | 'by code' = 'by resource',
): Waits {
  const groups = new Map<string, WaitGroup>();
  let served = 0;
  let unheard = 0;
  for (const all of said) {
    const known = all.filter(({ decider }) => poolOf(decider) !== undefined);
    if (known.length === 0) unheard += 1;
    else if (known.some(({ verdict }) => verdict === 'accept')) served += 1;
    else for (const group of groupsOf(telling(known), poolOf, detail)) add(groups, group);
  }
  return { groups: [...groups.values()].sort(byCount), served, unheard };
}

/** Of those that are concerned, or of all if nobody is. */
function telling(said: readonly Said[]): readonly Said[] {
  const concerned = said.flatMap((each) => {
    const because = each.because.filter(({ code }) => !BYSTANDING.has(code));
    return because.length > 0 ? [{ ...each, because }] : [];
  });
  return concerned.length > 0 ? concerned : said;
}

/** What one request waits for: each thing once for each pool, even if several launchers say so. */
function groupsOf(
  said: readonly Said[],
  poolOf: (decider: string) => string | undefined,
  detail: 'by resource' | 'by code',
): Iterable<readonly [string, WaitGroup]> {
  const groups = new Map<string, WaitGroup>();
  for (const { decider, because, since } of said) {
    const pool = poolOf(decider) ?? decider;
    for (const reason of because) {
      const resource = detail === 'by resource' && 'resource' in reason ? reason.resource : null;
      const key = JSON.stringify([pool, reason.code, resource]);
      const before = groups.get(key)?.since ?? since;
      const { code } = reason;
      const title = reasonTitle(code);
      groups.set(key, { pool, code, resource, title, count: 1, since: Math.min(before, since) });
    }
  }
  return groups;
}

function add(groups: Map<string, WaitGroup>, [key, group]: readonly [string, WaitGroup]): void {
  const before = groups.get(key);
  if (!before) groups.set(key, group);
  else groups.set(key, { ...before, count: before.count + 1, since: Math.min(before.since, group.since) });
}

function byCount(a: WaitGroup, b: WaitGroup): number {
  return b.count - a.count || (a.pool + a.code < b.pool + b.code ? -1 : 1);
}
