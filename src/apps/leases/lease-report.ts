import { leaseEndMetrics, leaseFaredMetric, leaseWaitMetrics } from '../../domain/metrics/lease-metrics.js';
import type { LeaseId, NodeLease } from '../../domain/model/lease.js';
import type { LeaseServices } from './services.js';

/** Tells of each change of a lease's state, in the log and in the metrics. Called by whoever has written it, and only by him. */
export class LeaseReport {
  constructor(private readonly services: Pick<LeaseServices, 'logger' | 'metrics'>) {}

  created(id: LeaseId, lease: NodeLease): void {
    this.log(`Lease ${id} waits for ${lease.labels.join(', ')}`, id, lease);
  }

  active(id: LeaseId, lease: NodeLease): void {
    this.log(`Lease ${id} is active`, id, lease, { nodes: lease.nodes.map((node) => node.id) });
    const waited = Math.max(0, (lease.activeAt ?? 0) - lease.createdAt);
    for (const name of leaseWaitMetrics(lease)) this.services.metrics.timing(name, waited);
  }

  ended(id: LeaseId, before: NodeLease, lease: NodeLease): void {
    const { metrics } = this.services;
    const fared = lease.verdict === null ? {} : { verdict: lease.verdict, note: lease.note };
    this.log(`Lease ${id} has ended: ${String(lease.outcome)}`, id, lease, { outcome: lease.outcome, ...fared });
    const active = before.activeAt === null ? 0 : Math.max(0, (lease.endedAt ?? 0) - before.activeAt);
    for (const name of leaseEndMetrics(lease)) {
      metrics.count(name);
      metrics.timing(name, active);
    }
    for (const node of lease.nodes) {
      const name = leaseFaredMetric(lease, node);
      if (name !== null) metrics.count(name);
    }
  }

  private log(message: string, id: LeaseId, lease: NodeLease, more: Readonly<Record<string, unknown>> = {}): void {
    this.services.logger.info(message, { lease: id, holder: lease.holder, request: lease.requestId, ...more });
  }
}
