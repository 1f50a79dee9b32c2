import type { ConfigSource } from '../../ports/runtime/config-source.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { HostIdentity } from '../../ports/runtime/host-identity.js';
import type { HostKeyScanner } from '../../ports/runtime/host-key-scan.js';
import type { Random } from '../../ports/runtime/random.js';
import type { Records } from '../../ports/records/records.js';
import type { DecisionJournal } from '../../ports/telemetry/journal.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { Metrics } from '../../ports/telemetry/metrics.js';
import type { ProviderManager } from '../providers/provider-manager.js';

/** What every part of the launcher may use. */
export interface LauncherServices {
  readonly records: Records;
  readonly config: ConfigSource;
  readonly providers: ProviderManager;
  readonly clock: Clock;
  readonly random: Random;
  readonly host: HostIdentity;
  readonly scanner: HostKeyScanner;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly journal: DecisionJournal;
  readonly intervals: LauncherIntervals;
  readonly version: string;
}

/** All in seconds. They are safety nets and rhythms; the work itself is driven by events. */
export interface LauncherIntervals {
  /** Looking for a changed configuration file. */
  readonly configCheck: number;
  /** A pool worker looks at everything again even if nothing happened. */
  readonly poolTick: number;
  /** Before a failed deletion is tried again. */
  readonly deleteRetry: number;
  /** Leaked instances, stale request locks, damaged records. */
  readonly cleanup: number;
  /** Between two reports of the node gauges at least, and of the limit gauges. */
  readonly stats: number;
}

export const DEFAULT_INTERVALS: LauncherIntervals = {
  configCheck: 1,
  poolTick: 10,
  deleteRetry: 5,
  cleanup: 60,
  stats: 10,
};

/** How long an instance may take to go away before the deletion counts as failed (spec LAUNCHER 1.10). */
export const DELETE_TIMEOUT = 600;
