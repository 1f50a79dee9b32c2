import type { Metrics } from '../../ports/telemetry/metrics.js';

/** Keeps metrics for tests and for the explaining parts of the standalone process. */
export class RecordingMetrics implements Metrics {
  /** Sums. */
  readonly counters = new Map<string, number>();
  /** Last values. */
  readonly gauges = new Map<string, number>();
  /** Seconds, in order. */
  readonly timings = new Map<string, number[]>();

  count(name: string, amount = 1): void {
    if (Number.isFinite(amount)) this.counters.set(name, (this.counters.get(name) ?? 0) + amount);
  }

  gauge(name: string, value: number): void {
    if (Number.isFinite(value)) this.gauges.set(name, value);
  }

  timing(name: string, seconds: number): void {
    if (!Number.isFinite(seconds)) return;
    const known = this.timings.get(name);
    if (known) known.push(seconds);
    else this.timings.set(name, [seconds]);
  }

  clear(): void {
    this.counters.clear();
    this.gauges.clear();
    this.timings.clear();
  }
}
