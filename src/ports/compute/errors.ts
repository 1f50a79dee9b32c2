/**
 * How a provider failed, as far as it matters to what happens next. Drivers throw `ProviderError`; anything else they throw
 * counts as `transient`.
 * - `quota`: the account's quota is used up: the node is aborted, the request waits.
 * - `capacity`: the cloud has no room now.
 * - `rate`: too many calls.
 * - `authentication`: credentials are refused.
 * - `not-found`: the thing asked for does not exist.
 * - `configuration`: will fail until the configuration changes; the label is broken.
 * - `transient`: everything else; retried.
 */
export type ProviderErrorKind =
  'quota' | 'capacity' | 'rate' | 'authentication' | 'not-found' | 'configuration' | 'transient';

export class ProviderError extends Error {
  readonly code = 'NP_PROVIDER';
  override readonly name = 'ProviderError';
  constructor(
    readonly kind: ProviderErrorKind,
    message: string,
    readonly details: {
      /** Launch result for metrics, e.g. `error.status`; default `error.unknown`, for quota `error.quota`. */
      readonly metric?: string;
      /** The instance that exists all the same and has to be deleted. */
      readonly externalId?: string;
      /** Nobody knows what became of the call: the driver's own patience ended before there was an answer. */
      readonly unanswered?: boolean;
      /** Seconds that the cloud wants to be left in peace (`Retry-After`). Matters for `rate` and `capacity`. */
      readonly retryAfter?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
  }
}

export function providerErrorKind(error: unknown): ProviderErrorKind {
  return error instanceof ProviderError ? error.kind : 'transient';
}
