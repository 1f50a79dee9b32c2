import { driverBlocked, driverFault } from '../../../domain/metrics/driver-metrics.js';
import type { DriverFault } from '../../../domain/metrics/driver-metrics.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import type { Logger } from '../../../ports/telemetry/logger.js';
import type { Metrics } from '../../../ports/telemetry/metrics.js';

/** Seconds between two log lines about the same fault of the same call. */
const LOG_PAUSE = 60;
const MOST_KINDS = 200;

/** What a driver does wrong for one provider: counted in the metrics, and in the log now and then. */
export class DriverFaults {
  private readonly told = new Map<string, { at: number; since: number }>();

  constructor(
    readonly driver: string,
    readonly provider: string,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {}

  note(fault: DriverFault, call: string, detail: string): void {
    this.metrics.count(driverFault(this.provider, fault));
    const key = `${fault} ${call}`;
    const now = this.clock.monotonic();
    const before = this.told.get(key);
    if (before && now - before.at < LOG_PAUSE) {
      before.since += 1;
      return;
    }
    if (this.told.size >= MOST_KINDS) this.told.clear();
    this.told.set(key, { at: now, since: 0 });
    this.logger.warn(`The driver ${this.driver} misbehaves: ${call} ${detail}`, {
      provider: this.provider,
      driver: this.driver,
      fault,
      call,
      ...(before && before.since > 0 ? { repeated: before.since } : {}),
    });
  }

  blocked(call: string, seconds: number): void {
    this.metrics.timing(driverBlocked(this.provider), seconds);
    this.note('blocked', call, `held up the whole process for ${seconds.toFixed(2)} s`);
  }
}
