import type { Metrics } from '../../ports/telemetry/metrics.js';

/** Metrics that nobody wants. */
export class NoMetrics implements Metrics {
  count(): void {
    // Nobody listens.
  }

  gauge(): void {
    // Nobody listens.
  }

  timing(): void {
    // Nobody listens.
  }

  async close(): Promise<void> {
    // There is nothing to end.
  }
}
