import { ended } from '../../domain/decide/lease-changes.js';
import type { LeaseId, LeaseOutcome, NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';
import { mayEnd } from '../../domain/lifecycle/lease-lifecycle.js';
import type { LeaseServices } from './services.js';
import { LeaseReport } from './lease-report.js';

/** What goes into the record with the end. */
export type EndDetails = Pick<Partial<NodeLease>, 'verdict' | 'note' | 'conditions'>;

/** Ends leases, whoever orders it: exactly one of all processes writes the end, and that one tells of it. */
export class LeaseEnds {
  private readonly report: LeaseReport;

  constructor(private readonly services: LeaseServices) {
    this.report = new LeaseReport(services);
  }

  /** Whatever the lease is by then, unless it has ended; undefined if there is no such lease. */
  async end(
    id: LeaseId,
    outcome: (lease: NodeLease) => LeaseOutcome,
    details: EndDetails = {},
  ): Promise<Stored<NodeLease> | undefined> {
    const { records, clock } = this.services;
    let before: NodeLease | undefined;
    const stored = await records.leases.change(id, (lease) => {
      const why = outcome(lease);
      before = undefined;
      if (lease.state === 'ended' || !mayEnd(lease.state, why)) return undefined;
      before = lease;
      return ended(lease, clock.now(), why, details);
    });
    if (stored && before) this.report.ended(id, before, stored.value);
    return stored;
  }
}
