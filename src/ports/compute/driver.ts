import type { ProviderConfig } from '../../domain/config/config.js';
import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Provider } from './provider.js';

/** What a driver may use. Nothing here knows about records. */
export interface DriverContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** A kind of provider. One per process; makes a `Provider` per configured provider and configuration. */
export interface Driver {
  readonly name: string;
  /** Synchronous and without I/O; trouble shows in `Provider.start`. @throws ProviderError kind `configuration` */
  createProvider(config: ProviderConfig, context: DriverContext): Provider;
}

export interface DriverRegistry {
  /** Undefined when there is no such driver. */
  driver(name: string): Driver | undefined;
}
