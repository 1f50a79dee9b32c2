import type { CancelTimer, Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';

/** Seconds between two warnings (spec LAUNCHER 1.1). */
const INTERVAL = 10;
/** Seconds a first connection may take before anybody is told. */
const GRACE = 2;
/** Seconds by which a timer may come early. */
const SLACK = 0.1;

/** Tells the operator that the server is away, at most every 10 s, and calls `onTick` at each of these moments. */
export class AbsenceLog {
  private since: number | undefined;
  private lastWarning = -Infinity;
  private cancel: CancelTimer = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly servers: string,
    private readonly onTick: () => void,
  ) {}

  begin(): void {
    if (this.since !== undefined) return;
    const now = this.clock.monotonic();
    const first = this.lastWarning === -Infinity;
    this.since = now;
    if (!first) this.warn('The connection to ZooKeeper was lost');
    this.cancel = this.clock.schedule(first ? GRACE : INTERVAL, () => this.tick());
  }

  end(): void {
    if (this.since === undefined) return;
    this.since = undefined;
    this.cancel();
    // From now on a loss is worth a warning at once.
    if (this.lastWarning === -Infinity) this.lastWarning = this.clock.monotonic() - INTERVAL;
  }

  private tick(): void {
    this.warn('There is no connection to ZooKeeper; trying on');
    this.cancel = this.clock.schedule(INTERVAL, () => this.tick());
    this.onTick();
  }

  private warn(message: string): void {
    const now = this.clock.monotonic();
    if (now - this.lastWarning < INTERVAL - SLACK) return;
    this.lastWarning = now;
    this.logger.warn(message, { servers: this.servers, seconds: Math.round(now - (this.since ?? now)) });
  }
}
