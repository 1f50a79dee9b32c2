import type { LeaseId } from '../../domain/model/lease.js';
import type { LeaseCaller } from '../../ports/leasing/lease-desk.js';
import { audit } from './lease-audit.js';
import type { LeaseServices } from './services.js';

/** Seconds for which renewals are only counted after one was told. */
const QUIET = 600;

interface Counted {
  readonly caller: Pick<LeaseCaller, 'name' | 'from'>;
  /** When renewals were told last, on the clock that never jumps. */
  readonly at: number;
  /** Renewals since. */
  readonly times: number;
}

/**
 * Renewals in the audit log: heartbeats of a thousand leases would otherwise be all that it holds. The first from each address is told at
 * once, those that follow once in ten minutes, and what is left when the lease ends or this process does.
 */
export class RenewalTally {
  private readonly leases = new Map<LeaseId, Map<string, Counted>>();
  private unsubscribe: () => void = () => undefined;

  constructor(private readonly services: Pick<LeaseServices, 'records' | 'clock' | 'logger'>) {}

  open(): void {
    this.unsubscribe = this.services.records.leases.view.onChange((change) => {
      if (change.kind === 'removed' || change.kind === 'damaged') this.finish(change.id);
      if (change.kind === 'updated' && change.after.value.state === 'ended') this.finish(change.id);
    });
  }

  /** Tells all that was only counted. Idempotent. */
  close(): void {
    this.unsubscribe();
    for (const lease of [...this.leases.keys()]) this.finish(lease);
  }

  count(lease: LeaseId, { name, from }: LeaseCaller): void {
    const now = this.services.clock.monotonic();
    const known = this.leases.get(lease) ?? new Map<string, Counted>();
    this.leases.set(lease, known);
    const key = JSON.stringify([name, from]);
    const last = known.get(key) ?? { caller: { name, from }, at: -Infinity, times: 0 };
    const counted = { ...last, times: last.times + 1 };
    known.set(key, counted);
    for (const [each, one] of known) {
      if (now - one.at < QUIET) continue;
      this.tell(lease, one);
      // Whoever calls from another address each time must not fill the memory.
      if (one === counted) known.set(each, { ...one, at: now, times: 0 });
      else known.delete(each);
    }
  }

  private finish(lease: LeaseId): void {
    for (const counted of this.leases.get(lease)?.values() ?? []) this.tell(lease, counted);
    this.leases.delete(lease);
  }

  private tell(lease: LeaseId, { caller, times }: Counted): void {
    if (times > 0) audit(this.services.logger, caller, 'renewed', lease, { times });
  }
}
