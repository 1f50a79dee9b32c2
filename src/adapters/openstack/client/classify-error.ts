import type { ProviderErrorKind } from '../../../ports/compute/errors.js';
import { ProviderError } from '../../../ports/compute/errors.js';
import { ApiError, type ApiErrorKind } from './api-error.js';

const QUOTA =
  /quota[ _-]*exceeded|exceed\w*[^.\n]*quota|quota[^.\n]*exceed|number of ports exceeded|over[ _-]?quota|quota[^.\n]*(?:reached|used up|exhausted)|no (?:more )?quota|is over limit for/i;
const CAPACITY =
  /no valid host|not enough hosts|insufficient (?:capacity|resources)|no more (?:ip addresses|floating)|IpAddressGenerationFailure|ExternalIpAddressExhausted|out of (?:capacity|stock)/i;

/** Kind of a text in which nova, neutron or cinder says why something failed, e.g. the fault of a server; undefined = it does not tell. */
export function classifyFault(text: string): ProviderErrorKind | undefined {
  if (QUOTA.test(text)) return 'quota';
  if (CAPACITY.test(text)) return 'capacity';
  return undefined;
}

const KINDS: Readonly<Record<Exclude<ApiErrorKind, 'status'>, ProviderErrorKind>> = {
  catalogue: 'configuration',
  settings: 'configuration',
  answer: 'transient',
  dns: 'transient',
  refused: 'transient',
  unreachable: 'transient',
  tls: 'transient',
  cut: 'transient',
  timeout: 'transient',
  body: 'transient',
  closed: 'transient',
};

/** What a failed call means to the driver (spec BUILDER 6.6). Quota goes by the text, whatever the status. */
export function classifyApiError({ kind, reason, body, status }: ApiError): ProviderErrorKind {
  if (kind !== 'status') return KINDS[kind];
  return classifyFault(`${reason}\n${body}`) ?? classifyStatus(status ?? 0);
}

function classifyStatus(status: number): ProviderErrorKind {
  if (status === 401 || status === 403) return 'authentication';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 413 || status === 429) return 'rate';
  // 400 is not among them: an image or a flavor may just have gone, and the next attempt looks again.
  if (status === 405 || status === 406 || status === 422) return 'configuration';
  return 'transient';
}

/** The error as the port wants it. What is no `ApiError` (an abort, an error of ours) is answered as it is. */
export function toProviderError(error: unknown, details: { metric?: string; externalId?: string } = {}): unknown {
  if (!(error instanceof ApiError)) return error;
  return providerError(classifyApiError(error), error, details);
}

/** With what the port wants to know besides: whether there was an answer, and how long the cloud wants to be left in peace. */
export function providerError(
  kind: ProviderErrorKind,
  error: ApiError,
  details: { metric?: string; externalId?: string } = {},
): ProviderError {
  const { message, retryAfter } = error;
  return new ProviderError(kind, message, {
    ...details,
    ...(error.kind === 'timeout' ? { unanswered: true } : {}),
    ...(retryAfter === null ? {} : { retryAfter }),
    cause: error,
  });
}
