import type { LeaseId } from '../../domain/model/lease.js';
import type { LeaseCaller } from '../../ports/leasing/lease-desk.js';
import type { Logger } from '../../ports/telemetry/logger.js';

/** A line of `leases.audit`: who did what to which lease, and from where. */
export function audit(
  logger: Logger,
  { name, from }: Pick<LeaseCaller, 'name' | 'from'>,
  what: string,
  lease: LeaseId,
  more: Readonly<Record<string, unknown>> = {},
): void {
  logger.child('audit').info(`${name} ${what} lease ${lease}`, { audit: what, lease, holder: name, from, ...more });
}
