/**
 * What went wrong with a call.
 * - `status`: answered with a status that is no success.
 * - `answer`: answered, but not with what was agreed (no JSON, too long).
 * - `dns`, `refused`, `unreachable`, `tls`: there was no connection, so nothing was carried out.
 * - `cut`: the connection ended before the answer did; the call may have been carried out.
 * - `timeout`: no answer in time; the call may have been carried out.
 * - `catalogue`: the cloud does not offer the service in this region and interface.
 * - `settings`: a certificate or another setting of the cloud cannot be used.
 * - `body`: the body to be sent could not be read.
 * - `closed`: the client was closed.
 */
export type ApiErrorKind =
  | 'status'
  | 'answer'
  | 'dns'
  | 'refused'
  | 'unreachable'
  | 'tls'
  | 'cut'
  | 'timeout'
  | 'catalogue'
  | 'settings'
  | 'body'
  | 'closed';

export interface ApiErrorFacts {
  readonly kind: ApiErrorKind;
  readonly method: string;
  /** Without credentials. */
  readonly url: string;
  readonly expected: readonly number[];
  readonly status: number | null;
  /** The beginning of the answer. */
  readonly body: string;
  readonly requestId: string | null;
  /** Seconds that the server asked to wait. */
  readonly retryAfter: number | null;
  /** What the server said, or what the connection died of. */
  readonly reason: string;
}

/** The one error of the client. Neither message nor properties hold a token or a password. */
export class ApiError extends Error {
  readonly code = 'NP_OPENSTACK_API';
  override readonly name = 'ApiError';
  readonly kind: ApiErrorKind;
  readonly method: string;
  readonly url: string;
  readonly expected: readonly number[];
  readonly status: number | null;
  readonly body: string;
  readonly requestId: string | null;
  readonly retryAfter: number | null;
  readonly reason: string;

  constructor(facts: ApiErrorFacts) {
    super(sentence(facts));
    this.kind = facts.kind;
    this.method = facts.method;
    this.url = facts.url;
    this.expected = facts.expected;
    this.status = facts.status;
    this.body = facts.body;
    this.requestId = facts.requestId;
    this.retryAfter = facts.retryAfter;
    this.reason = facts.reason;
  }
}

/** Whether the error is an answer with this status. */
export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof ApiError && error.status !== null && statuses.includes(error.status);
}

function sentence({ method, url, status, expected, reason, requestId }: ApiErrorFacts): string {
  const answered = status === null ? '' : ` answered ${status}, expected ${expected.join(' or ')}`;
  return `${method} ${url}${answered}: ${reason}${requestId ? ` (${requestId})` : ''}`;
}
