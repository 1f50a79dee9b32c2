import type { Node } from '../../domain/model/node.js';
import type { RecordChange } from '../../ports/records/view.js';
import type { LeaseServices } from './services.js';

const HOUR = 3600;

/** When nodes of pools were given back, for an hour: what estimates are made from. */
export class NodesGivenBack {
  private readonly moments = new Map<string, number[]>();
  private readonly unsubscribe: () => void;

  constructor(private readonly services: Pick<LeaseServices, 'records' | 'clock'>) {
    this.unsubscribe = services.records.nodes.view.onChange((change) => this.apply(change));
  }

  close(): void {
    this.unsubscribe();
  }

  /** @param pools `provider/pool` */
  lastHour(pools: ReadonlySet<string>): number {
    const since = this.services.clock.monotonic() - HOUR;
    let count = 0;
    for (const [pool, moments] of this.moments) {
      while (moments[0] !== undefined && moments[0] < since) moments.shift();
      if (pools.has(pool)) count += moments.length;
    }
    return count;
  }

  private apply(change: RecordChange<Node>): void {
    if (change.kind !== 'updated' && change.kind !== 'removed') return;
    const before = change.before?.value;
    if (before?.state !== 'in-use') return;
    const after = change.kind === 'updated' ? change.after.value.state : 'gone';
    if (after === 'in-use' || after === 'hold') return;
    const pool = `${String(before.provider)}/${String(before.pool)}`;
    const moments = this.moments.get(pool) ?? [];
    this.moments.set(pool, moments);
    moments.push(this.services.clock.monotonic());
  }
}
