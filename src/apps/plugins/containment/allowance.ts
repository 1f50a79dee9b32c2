import type { Clock } from '../../../ports/runtime/clock.js';
import type { Metrics } from '../../../ports/telemetry/metrics.js';
import type { LineBudget } from './secrets.js';

/** Lines of log per minute. */
const LINES = 300;
const PERIOD = 60;
/** Names of metrics. */
const NAMES = 500;

/** So many in each period; the first one too many is told. */
export class Allowance implements LineBudget {
  private left = LINES;
  private from = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly exceeded: () => void,
  ) {}

  take(): boolean {
    const now = this.clock.monotonic();
    if (now - this.from >= PERIOD) {
      this.from = now;
      this.left = LINES;
    }
    this.left -= 1;
    if (this.left === -1) this.exceeded();
    return this.left >= 0;
  }
}

/** The metrics as a driver gets them: names that can be names, and not without end. */
export class DriverMetrics implements Metrics {
  private readonly names = new Set<string>();
  private told = false;

  constructor(
    private readonly metrics: Metrics,
    private readonly exceeded: () => void,
  ) {}

  count(name: string, amount = 1): void {
    if (this.admits(name, amount)) this.metrics.count(name, amount);
  }

  gauge(name: string, value: number): void {
    if (this.admits(name, value)) this.metrics.gauge(name, value);
  }

  timing(name: string, seconds: number): void {
    if (this.admits(name, seconds)) this.metrics.timing(name, seconds);
  }

  private admits(name: unknown, value: unknown): boolean {
    if (typeof name !== 'string' || typeof value !== 'number' || !/^[\w.-]{1,200}$/.test(name)) return false;
    if (!this.names.has(name) && this.names.size >= NAMES) {
      if (!this.told) this.exceeded();
      this.told = true;
      return false;
    }
    this.names.add(name);
    return true;
  }
}
