import type { Turnover } from '../../domain/explain/estimate.js';
import type { Node } from '../../domain/model/node.js';
import { parseRequestId } from '../../domain/model/request.js';
import type { RecordChange } from '../../ports/records/view.js';
import type { Clock } from '../../ports/runtime/clock.js';

/** Seconds; what happened before tells little of what comes. */
const LATELY = 3600;
/** Of each kind and pool. */
const MOST = 200;

interface Happenings {
  /** Moments, oldest first. */
  givenBack: number[];
  launches: { readonly at: number; readonly seconds: number; readonly priority: string | undefined }[];
}

/** What has happened lately in each pool, from the changes of the records: nobody is asked for it. */
export class RecentTurnover {
  private readonly pools = new Map<string, Happenings>();

  constructor(private readonly clock: Clock) {}

  note(change: RecordChange<Node>): void {
    if (change.kind === 'removed' && change.before) this.givenBack(change.before.value);
    if (change.kind === 'updated') this.moved(change.before.value, change.after.value);
  }

  /** @param pools `provider/pool`. @param priority of the request asked about, as in its id */
  of(pools: readonly string[], priority: string | undefined): Turnover {
    const since = this.clock.now() - LATELY;
    const known = pools.flatMap((pool) => this.pools.get(pool) ?? []);
    const launches = known.flatMap(({ launches }) => launches.filter(({ at }) => at >= since));
    return {
      givenBack: known.flatMap(({ givenBack }) => givenBack.filter((at) => at >= since)).sort((a, b) => a - b),
      launches: launches.map(({ seconds }) => seconds),
      overtaking: part(launches, (launch) => isMoreUrgent(launch.priority, priority)),
    };
  }

  /** A node whose launch failed took no room from anybody that it could give back for long. */
  private givenBack(node: Node): void {
    if (node.state === 'failed' || node.state === 'aborted' || node.state === 'building') return;
    keep(this.pool(node).givenBack, this.clock.now());
  }

  private moved(before: Node, after: Node): void {
    if (before.state !== 'building' || after.state !== 'ready') return;
    const seconds = Math.max(0, after.stateTime - before.stateTime);
    const { priority } = parseRequestId(after.allocatedTo ?? '') ?? {};
    keep(this.pool(after).launches, { at: this.clock.now(), seconds, priority });
  }

  private pool({ provider, pool }: Node): Happenings {
    const name = `${provider ?? ''}/${pool ?? ''}`;
    const known = this.pools.get(name);
    if (known) return known;
    const none: Happenings = { givenBack: [], launches: [] };
    this.pools.set(name, none);
    return none;
  }
}

function part<T>(all: readonly T[], which: (one: T) => boolean): number {
  return all.length === 0 ? 0 : all.filter(which).length / all.length;
}

function isMoreUrgent(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one < other;
}

function keep<T>(all: T[], one: T): void {
  all.push(one);
  if (all.length > MOST) all.shift();
}
