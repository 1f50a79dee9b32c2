import { holderLeases, leasesInState } from '../../domain/metrics/lease-metrics.js';
import { LEASE_STATES } from '../../domain/model/lease.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { LeaseClocks } from './lease-clocks.js';
import type { LeaseServices } from './services.js';

/** Seconds between two sweeps. */
const INTERVAL = 10;
/** `keep-ended` where no gateway is configured. */
const KEEP_ENDED = 3600;

/** What time alone brings to leases: records of ended ones are forgotten, and gauges sent. */
export class LeaseSweeper {
  /** Gauges that were above 0: whose leases are gone has none, and that has to be said once. */
  private readonly gauges = new Map<string, number>();

  constructor(
    private readonly services: LeaseServices,
    private readonly clocks: LeaseClocks,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, records } = this.services;
    while (!signal.aborted) {
      this.sendGauges();
      try {
        if (records.session.state === 'connected') await this.forget();
      } catch (error) {
        if (!signal.aborted) logger.warn('Ended leases could not be forgotten', errorFields(error));
      }
      await sleep(clock, INTERVAL, signal).catch(() => undefined);
    }
  }

  private async forget(): Promise<void> {
    const { config, records } = this.services;
    const keep = config.current.leaseApi?.keepEnded ?? KEEP_ENDED;
    for (const lease of [...records.leases.view.all().values()])
      if (lease.value.state === 'ended' && this.clocks.endedFor(lease.id) >= keep) await records.leases.remove(lease);
  }

  private sendGauges(): void {
    const counts = new Map<string, number>(LEASE_STATES.map((state) => [leasesInState(state), 0]));
    for (const name of this.gauges.keys()) counts.set(name, 0);
    for (const { value } of this.services.records.leases.view.all().values())
      for (const name of [leasesInState(value.state), holderLeases(value.holder, value.state)])
        counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const [name, count] of counts) {
      this.services.metrics.gauge(name, count);
      if (count > 0) this.gauges.set(name, count);
      else this.gauges.delete(name);
    }
  }
}
