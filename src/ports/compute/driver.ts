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
  /**
   * The id of this installation, as in the metadata of its instances; null while it is not known. What bears another one is not
   * ours. Absent where nobody has records (since 1.1).
   */
  readonly installation?: () => string | null;
}

/**
 * What the providers of a driver can do besides making, listing and deleting machines. Said once, before any provider exists:
 * it decides what is asked of them, and which checks of the contract apply.
 */
export interface DriverCapabilities {
  /** Keeps disk images: `Provider.images` is present. */
  readonly images: boolean;
  /** `Provider.limits` asks the account; otherwise it answers that nothing is limited. */
  readonly quota: boolean;
  /** `Provider.list` shows what we made and lost, so that it can be found and deleted. */
  readonly leaks: boolean;
  /** The cloud has zones, and `InstanceSpec.az` counts. */
  readonly zones: boolean;
  /** `Provider.consoleLog` has texts. */
  readonly console: boolean;
  /**
   * Labels say themselves what is made of them, without an image that Nodepool would know: there are no keys for images, and
   * `InstanceSpec.image` is of kind `none` (since 1.2). Absent: false.
   */
  readonly imageless?: boolean;
}

/** A kind of provider. One per process; makes a `Provider` per configured provider and configuration. */
export interface Driver {
  readonly name: string;
  /** The driver API it was written for; built-in drivers leave it out, they always fit. */
  readonly apiVersion?: string;
  readonly capabilities?: DriverCapabilities;
  /** Synchronous and without I/O; trouble shows in `Provider.start`. @throws ProviderError kind `configuration` */
  createProvider(config: ProviderConfig, context: DriverContext): Provider;
}

export interface DriverRegistry {
  /** Undefined when there is no such driver. */
  driver(name: string): Driver | undefined;
}
