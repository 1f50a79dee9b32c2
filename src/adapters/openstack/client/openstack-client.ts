import type { Clock } from '../../../ports/runtime/clock.js';
import type { Random } from '../../../ports/runtime/random.js';
import type { Logger } from '../../../ports/telemetry/logger.js';
import type { Metrics } from '../../../ports/telemetry/metrics.js';
import type { ApiAnswer, ApiCall, JsonObject, Service } from './api-call.js';

/** One cloud as one project sees it. Signs in when first needed, and again when the token ends. */
export interface OpenStackClient {
  /** @throws ApiError, or the signal's reason */
  call(call: ApiCall, signal: AbortSignal): Promise<ApiAnswer>;

  /**
   * The lists below `key` of each page, asked for one after another as they are read.
   * @throws ApiError, or the signal's reason
   */
  pages(call: ApiCall, key: string, signal: AbortSignal): AsyncIterable<readonly JsonObject[]>;

  /** Whether the catalogue has the service in our region and interface, or an override names it. @throws ApiError when signing in fails */
  offers(service: Service, signal: AbortSignal): Promise<boolean>;

  /** Where the service is, and which versions it speaks. @throws ApiError, kind `catalogue` when it is not offered */
  endpoint(service: Service, signal: AbortSignal): Promise<ServiceEndpoint>;

  /** The project's id; null when not signed in to one. @throws ApiError */
  projectId(signal: AbortSignal): Promise<string | null>;

  /** Ends all calls with an `ApiError` of kind `closed`, and all connections. Idempotent. */
  close(): Promise<void>;
}

export interface ServiceEndpoint {
  /** With its version, without a slash at the end. */
  readonly url: string;
  /** Newest microversion, e.g. `2.93`; null = none. */
  readonly maxMicroversion: string | null;
  readonly minMicroversion: string | null;
}

export interface OpenStackClientOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** For metrics. */
  readonly provider: string;
  /** Seconds between the starts of two calls; 0 = no limit. */
  readonly rate: number;
  /** Version of the product, for `User-Agent`. */
  readonly version?: string;
}
