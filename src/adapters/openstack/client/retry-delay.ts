import { classifyApiError } from './classify-error.js';
import type { ApiError, ApiErrorKind } from './api-error.js';

export interface RetryQuestion {
  readonly error: ApiError;
  /** Attempts so far. */
  readonly attempts: number;
  /** Whether the call may be carried out twice. */
  readonly idempotent: boolean;
  /** The image service is often busy; it is asked more often (spec BUILDER 6.1). */
  readonly service: string;
  /** Seconds until the call's deadline. */
  readonly left: number;
  /** From 0 to 1, to spread those who failed together. */
  readonly jitter: number;
}

const RETRIES = 3;
const RETRIES_OF_IMAGES = 5;
const RETRIES_OF_CUT = 2;
const LONGEST = 30;

/** Seconds after which the call is sent again; undefined = it is not. */
export function retryDelay(question: RetryQuestion): number | undefined {
  const { error, attempts, left, jitter } = question;
  if (attempts > retriesAllowed(question)) return undefined;
  const backoff = Math.min(2 ** (attempts - 1), LONGEST) * (0.75 + jitter / 2);
  const delay = error.retryAfter === null ? backoff : Math.max(error.retryAfter, 0.05) * (1 + jitter / 10);
  return delay < left ? delay : undefined;
}

// Without a connection nothing was sent, so that nothing can be done twice.
const NEVER_SENT: readonly ApiErrorKind[] = ['dns', 'refused', 'unreachable'];
const BUSY = [502, 503, 504];

function retriesAllowed({ error, idempotent, service }: RetryQuestion): number {
  if (NEVER_SENT.includes(error.kind)) return RETRIES;
  if (error.kind === 'cut') return idempotent ? RETRIES_OF_CUT : 0;
  if (error.kind !== 'status') return 0;
  // Refused before it was looked at.
  if (classifyApiError(error) === 'rate') return RETRIES;
  if (!idempotent || !BUSY.includes(error.status ?? 0)) return 0;
  return error.status === 503 && service === 'image' ? RETRIES_OF_IMAGES : RETRIES;
}
