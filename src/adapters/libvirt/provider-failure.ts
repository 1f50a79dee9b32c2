import { ProviderError } from '../../ports/compute/errors.js';
import { providerKind, VirshError } from './virsh/virsh-error.js';

/** What libvirt's refusals mean to whoever uses the driver. Everything else stays what it is. */
export function toProviderError(error: unknown, details: { externalId?: string } = {}): unknown {
  if (!(error instanceof VirshError)) return error;
  const unanswered = error.kind === 'unanswered' ? { unanswered: true } : {};
  return new ProviderError(providerKind(error.kind), error.message, { ...details, ...unanswered, cause: error });
}

export function isVirshError(error: unknown, ...kinds: readonly VirshError['kind'][]): error is VirshError {
  return error instanceof VirshError && kinds.includes(error.kind);
}

/** Nothing but another configuration helps. */
export function misconfigured(problem: string): ProviderError {
  return new ProviderError('configuration', problem, { metric: 'error.nodepool' });
}
