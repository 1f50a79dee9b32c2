import type { DriverRegistry } from '../../ports/compute/driver.js';
import type { ImageBuilder } from '../../ports/image-building/image-builder.js';
import type { LocalImages } from '../../ports/image-building/local-images.js';
import type { Records } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { ConfigSource } from '../../ports/runtime/config-source.js';
import type { HostIdentity } from '../../ports/runtime/host-identity.js';
import type { ProcessRunner } from '../../ports/runtime/process-runner.js';
import type { Random } from '../../ports/runtime/random.js';
import type { DecisionJournal } from '../../ports/telemetry/journal.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { Metrics } from '../../ports/telemetry/metrics.js';
import type { ProviderManager } from '../providers/provider-manager.js';
import type { BuilderProblems } from './builder-problems.js';
import type { WorkInProgress } from './work-in-progress.js';

/** What the builder is made of. */
export interface BuilderServices {
  readonly records: Records;
  readonly config: ConfigSource;
  readonly drivers: DriverRegistry;
  readonly imageBuilder: ImageBuilder;
  readonly localImages: LocalImages;
  /** Runs post-upload hooks. */
  readonly processes: ProcessRunner;
  /** Our own environment, which hooks inherit. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly host: HostIdentity;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly journal: DecisionJournal;
  readonly version: string;
}

/** All in seconds. Safety nets and rhythms; the work itself is driven by events. */
export interface BuilderIntervals {
  /** Looking for a changed configuration file. */
  readonly configCheck: number;
  /** The scheduler of builds checks everything again; also the first back-off after a failed build. */
  readonly build: number;
  /** The same for uploads. */
  readonly upload: number;
  /** Leftovers in clouds; how long failures stay visible; before a failed deletion is repeated. 0 or less: no cleanup at all. */
  readonly cleanup: number;
}

export const DEFAULT_BUILDER_INTERVALS: BuilderIntervals = { configCheck: 1, build: 10, upload: 10, cleanup: 60 };

export interface BuilderWorkers {
  readonly build: number;
  readonly upload: number;
}

export const DEFAULT_BUILDER_WORKERS: BuilderWorkers = { build: 1, upload: 4 };

export interface BuilderOptions {
  readonly intervals?: Partial<BuilderIntervals>;
  readonly workers?: Partial<BuilderWorkers>;
  /** No build starts with fewer bytes free in the images directory unless the configuration says how many. Default: what the image builder wants. */
  readonly minFreeBytes?: number;
}

/** What the builder's parts share: the services, who we are, and what is going on. */
export interface BuilderContext extends Omit<BuilderServices, 'drivers'> {
  readonly providers: ProviderManager;
  readonly intervals: BuilderIntervals;
  readonly imagesDir: string;
  readonly builderId: string;
  /** Bytes, unless the configuration has `images-min-free`. */
  readonly minFreeBytes: number;
  readonly work: WorkInProgress;
  readonly problems: BuilderProblems;
}

/** Is the mirror of the images complete and the store reachable? Nothing is decided otherwise. */
export function storeUsable({ records }: Pick<BuilderContext, 'records'>): boolean {
  return records.session.state === 'connected' && records.images.view.complete;
}
