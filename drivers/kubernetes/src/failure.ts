import type { ProviderErrorKind } from 'nodepool/driver';

export interface FailureDetails {
  /** The instance that exists all the same and has to be deleted. */
  readonly externalId?: string;
  /** Last part of the metric's name. */
  readonly metric?: string;
  /** Nobody knows what became of the call. */
  readonly unanswered?: boolean;
  /** Seconds that the server wants to be left in peace. */
  readonly retryAfter?: number;
}

/**
 * An error that Nodepool understands by its looks (`code` and `kind`): this package imports nothing of Nodepool but types, so that it runs
 * wherever it is installed. Messages never hold credentials.
 */
export class Failure extends Error {
  override readonly name = 'ProviderError';
  readonly code = 'NP_PROVIDER';

  constructor(
    readonly kind: ProviderErrorKind,
    message: string,
    readonly details: FailureDetails = {},
  ) {
    super(message);
  }

  /** The same, about something that is there. */
  of(externalId: string): Failure {
    return new Failure(this.kind, this.message, { ...this.details, externalId });
  }
}

export function isKind(error: unknown, kind: ProviderErrorKind): error is Failure {
  return error instanceof Failure && error.kind === kind;
}
