/** No answer came, or none that an API of ours would give. Says nothing about what became of the call unless `sent` is false. */
export class ApiUnreachableError extends Error {
  readonly code = 'NP_API_UNREACHABLE';
  override readonly name = 'ApiUnreachableError';

  constructor(
    readonly address: string,
    readonly reason: string,
    /** False: the call has surely not reached the other side. */
    readonly sent: boolean,
  ) {
    super(`${address} cannot be reached: ${reason}`);
  }
}

/** An answer that refuses, with what RFC 9457 says of it. */
export interface ApiProblem {
  readonly status: number;
  /** The stable code, as `label-not-allowed`; null when whoever answered gave none (a proxy, another server). */
  readonly problem: string | null;
  readonly detail: string;
  /** The same call may succeed later. */
  readonly retryable: boolean;
  /** Seconds after which it may, when the answer says so. */
  readonly retryAfter: number | null;
  /** Further members of the problem, as `outcome`. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** The API refused the call. */
export class ApiProblemError extends Error implements ApiProblem {
  readonly code = 'NP_API_PROBLEM';
  override readonly name = 'ApiProblemError';
  readonly status: number;
  readonly problem: string | null;
  readonly detail: string;
  readonly retryable: boolean;
  readonly retryAfter: number | null;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(facts: ApiProblem) {
    super(facts.detail);
    this.status = facts.status;
    this.problem = facts.problem;
    this.detail = facts.detail;
    this.retryable = facts.retryable;
    this.retryAfter = facts.retryAfter;
    this.members = facts.members;
  }
}

/** A file or variable that the connection needs (token, CA) cannot be used. Its contents are never named. */
export class ApiCredentialError extends Error {
  readonly code = 'NP_API_CREDENTIAL';
  override readonly name = 'ApiCredentialError';
}
