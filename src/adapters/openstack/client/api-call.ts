import type { CloudService } from '../clouds/cloud-access.js';

export type Service = CloudService;
export type JsonObject = Readonly<Record<string, unknown>>;

/** One request to one service of a cloud. */
export interface ApiCall {
  readonly service: Service;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** Below the versioned endpoint, with a leading slash and each part encoded: `/servers/detail`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly json?: unknown;
  /** Instead of `json`. */
  readonly stream?: BodySource;
  readonly headers?: Readonly<Record<string, string>>;
  /** E.g. `2.53`; default: the cloud's `<service>_default_microversion`, else none. */
  readonly microversion?: string;
  /** Statuses that are success. Everything else is thrown as `ApiError`. */
  readonly expected: readonly number[];
  /** Whether the call may be sent again when nobody knows if it was carried out. */
  readonly idempotent: boolean;
  /** Seconds for the whole call with its retries, from its turn at the rate limit on. Default: `api_timeout`, else 60. */
  readonly deadline?: number;
  /** Goes before calls that wait for the rate limit already. */
  readonly urgent?: boolean;
  /** For metrics instead of what the path says: `servers.detail`. */
  readonly name?: string;
}

/** A body that can be sent more than once. */
export interface BodySource {
  /** From its beginning. What it answers is closed (`return`) when it is not read to the end. */
  readonly open: () => AsyncIterable<Uint8Array>;
  /** Bytes; null = not known. */
  readonly length: number | null;
  readonly contentType: string;
}

export interface ApiAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `{}` when the body is empty. */
  readonly json: JsonObject;
}
