/** What failures of nova mean to whoever launches (spec BUILDER 6.6). */
import type { ProviderErrorKind } from '../../ports/compute/errors.js';
import { ProviderError } from '../../ports/compute/errors.js';
import { ApiError } from './client/api-error.js';
import { classifyApiError, classifyFault, providerError } from './client/classify-error.js';
import type { Server } from './server.js';

/** What nova says when all its hosts have refused, or no address is left. */
const NO_ROOM =
  /exhausted all hosts|exceeded maximum number of retries|no more (?:fixed )?ips?\b|no fixed ip addresses/i;
const NO_IMAGE = /can not find requested image|image\b.*\b(?:could not be found|is not active|not found)/i;
/** Nothing but another configuration helps here. */
const MISCONFIGURED =
  /invalid input for field|multiple possible networks|only volume-backed servers|policy doesn't allow/i;

/** A server that went into `ERROR`. */
export function brokenServer(server: Server): ProviderError {
  const said = server.fault || 'nova gives no reason';
  const kind = kindOfFault(server.fault) ?? 'transient';
  return new ProviderError(kind, `Server ${server.id} is in error state: ${said}`, {
    metric: metricOf(kind),
    externalId: server.id,
  });
}

/** A refused or failed create. What is no `ApiError` is answered as it is. */
export function createFailure(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const kind = kindOfRefusal(error);
  return providerError(kind, error, { metric: metricOf(kind) });
}

/** Whether a server may have been made although the call failed. */
export function mayHaveHappened(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.kind === 'cut' || error.kind === 'timeout' || error.kind === 'answer') return true;
  return error.kind === 'status' && (error.status ?? 0) >= 500 && error.status !== 501;
}

function kindOfFault(text: string): ProviderErrorKind | undefined {
  return classifyFault(text) ?? (NO_ROOM.test(text) ? 'capacity' : undefined);
}

function kindOfRefusal(error: ApiError): ProviderErrorKind {
  const { status } = error;
  if (error.kind !== 'status' || status === null) return classifyApiError(error);
  const text = `${error.reason}\n${error.body}`;
  const told = kindOfFault(text);
  if (told) return told;
  if (MISCONFIGURED.test(text)) return 'configuration';
  if (NO_IMAGE.test(text)) return 'not-found';
  // Our picture of the cloud may be out of date, and is being renewed: worth another attempt (spec BUILDER 6.4).
  if (status === 400 || status === 404) return 'transient';
  return classifyApiError(error);
}

function metricOf(kind: ProviderErrorKind): string {
  switch (kind) {
    case 'quota':
      return 'error.quota';
    case 'capacity':
      return 'error.capacity';
    case 'not-found':
    case 'configuration':
      return 'error.nodepool';
    case 'rate':
    case 'authentication':
    case 'transient':
      return 'error.status';
  }
}
