import { Failure } from '../failure.js';
import type { FailureDetails } from '../failure.js';
import type { Status } from './objects.js';

const LONGEST_MESSAGE = 500;

/** The server refused a call. `status` tells what the kind does not: conflicts, and versions that are gone. */
export class ApiFailure extends Failure {
  constructor(
    kind: Failure['kind'],
    message: string,
    readonly status: number,
    details: FailureDetails = {},
  ) {
    super(kind, message, details);
  }
}

export function hasStatus(error: unknown, ...codes: readonly number[]): error is ApiFailure {
  return error instanceof ApiFailure && codes.includes(error.status);
}

/**
 * What a refusal means [K19, K22].
 * @param what the call in words, e.g. `POST pods in main-1`
 * @param answer the server's status object, if it sent one
 */
export function apiFailure(
  what: string,
  code: number,
  answer: Status | null,
  retryAfter: number | undefined,
): ApiFailure {
  const message = `${what}: ${(answer?.message ?? `HTTP status ${code}`).slice(0, LONGEST_MESSAGE)}`;
  if (code === 403) return forbidden(message, answer);
  const kind = KINDS[code] ?? (code >= 500 ? 'transient' : 'configuration');
  const wait = retryAfter ?? retryAfterOf(answer);
  return new ApiFailure(kind, message, code, {
    ...(wait === undefined ? {} : { retryAfter: wait }),
    metric: `error.${kind === 'rate' ? 'rate' : 'kubernetes'}`,
    // Whoever sends this has given up waiting for somebody behind it.
    ...(code === 504 ? { unanswered: true } : {}),
  });
}

function retryAfterOf(answer: Status | null): number | undefined {
  return answer?.details?.retryAfterSeconds;
}

const KINDS: Readonly<Record<number, Failure['kind']>> = {
  401: 'authentication',
  404: 'not-found',
  408: 'transient',
  409: 'transient',
  410: 'transient',
  429: 'rate',
};

/** Quotas are enforced by refusing; so are roles, limit ranges and pod security. */
function forbidden(message: string, answer: Status | null): ApiFailure {
  if (/exceeded quota|cannot create more (?:than \d+ )?projects?|insufficient quota/i.test(message)) {
    return new ApiFailure('quota', message, 403, { metric: 'error.quota' });
  }
  const passing = /because it is being terminated|error looking up service account|no API token found/i.test(message);
  const terminating = answer?.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true;
  if (passing || terminating) return new ApiFailure('transient', message, 403, { metric: 'error.kubernetes' });
  return new ApiFailure('configuration', message, 403, { metric: 'error.kubernetes' });
}
