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
 * @param said what each pool says, one entry per waiting request; there may be ten thousands
 * @param poolOf the pool of a decider; undefined: not one that counts
 * @param detail are limits of different resources told apart?
 */
export function waitsOf(
  said: Iterable<readonly Said[]>,
  poolOf: (decider: string) => string | undefined,
  detail: 'by resource' | 'by code' = 'by resource',
): Waits {
  const tally = new WaitTally(poolOf, detail === 'by resource');
  for (const all of said) tally.add(all);
  return tally.waits;
}

interface Counted {
  count: number;
  since: number;
  /** The last request that was counted: one counts once, even if several launchers of a pool speak about it. */
  request: number;
  readonly pool: string;
  readonly code: string;
  readonly resource: string | null;
}

class WaitTally {
  private readonly groups = new Map<string, Counted>();
  private served = 0;
  private unheard = 0;
  private requests = 0;

  constructor(
    private readonly poolOf: (decider: string) => string | undefined,
    private readonly byResource: boolean,
  ) {}

  add(all: readonly Said[]): void {
    const known = all.filter(({ decider }) => this.poolOf(decider) !== undefined);
    this.requests += 1;
    if (known.length === 0) this.unheard += 1;
    else if (known.some(({ verdict }) => verdict === 'accept')) this.served += 1;
    else this.addReasons(known);
  }

  get waits(): Waits {
    const groups = [...this.groups.values()].map(({ pool, code, resource, count, since }) => {
      return { pool, code, resource, title: reasonTitle(code), count, since };
    });
    return { groups: groups.sort(byCount), served: this.served, unheard: this.unheard };
  }

  /** Of those that are concerned, or of all if nobody is. */
  private addReasons(said: readonly Said[]): void {
    const concerned = said.some(({ because }) => because.some(({ code }) => !BYSTANDING.has(code)));
    for (const { decider, because, since } of said) {
      for (const reason of because)
        if (!concerned || !BYSTANDING.has(reason.code)) this.count(this.poolOf(decider) ?? decider, reason, since);
    }
  }

  private count(pool: string, reason: Reason, since: number): void {
    const { code } = reason;
    const resource = this.byResource && 'resource' in reason ? reason.resource : null;
    const key = `${pool}\n${code}\n${resource ?? ''}`;
    const group = this.groups.get(key);
    if (!group) this.groups.set(key, { pool, code, resource, count: 1, since, request: this.requests });
    else {
      if (group.request !== this.requests) group.count += 1;
      group.request = this.requests;
      group.since = Math.min(group.since, since);
    }
  }
}

function byCount(a: WaitGroup, b: WaitGroup): number {
  return b.count - a.count || (a.pool + a.code < b.pool + b.code ? -1 : 1);
}
