import { waitsOf } from '../../domain/explain/waits.js';
import { waitingRequests } from '../../domain/metrics/launcher-metrics.js';
import { isWaiting } from '../../domain/model/request.js';
import { saidIn } from '../../ports/telemetry/journal.js';
import type { LauncherServices } from './services.js';

/** How many requests wait in which pool for what, as this process's decisions say. */
export class WaitingGauges {
  /** Sent with a number the last time; what is over is sent as 0 once. */
  private sent: ReadonlySet<string> = new Set();

  constructor(private readonly services: Pick<LauncherServices, 'records' | 'journal' | 'metrics'>) {}

  report(): void {
    const counts = this.counts();
    for (const name of this.sent) if (!counts.has(name)) this.services.metrics.gauge(name, 0);
    for (const [name, count] of counts) this.services.metrics.gauge(name, count);
    this.sent = new Set(counts.keys());
  }

  private counts(): ReadonlyMap<string, number> {
    const { records, journal } = this.services;
    const pools = new Map(records.launchers.view.pools().map((pool) => [pool.id, pool]));
    const waiting = [...records.requests.view.all().values()].filter(({ value }) => isWaiting(value));
    const said = waiting.map(({ id }) => journal.entries('request', id).map(saidIn));
    const counts = new Map<string, number>();
    const { groups } = waitsOf(said, (decider) => (pools.has(decider) ? decider : undefined), 'by code');
    for (const { pool: id, code, count } of groups) {
      const { providerName = '', poolName = null } = pools.get(id) ?? {};
      if (poolName !== null) counts.set(waitingRequests(providerName, poolName, code), count);
    }
    return counts;
  }
}
