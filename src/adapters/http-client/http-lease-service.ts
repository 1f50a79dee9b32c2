import { readLease } from '../../domain/lease-client/read-lease.js';
import type { LeaseView } from '../../domain/lease-client/lease-view.js';
import type {
  CallOptions,
  LeaseChange,
  LeaseService,
  LeaseVerdict,
  LeaseWish,
} from '../../ports/lease-client/lease-service.js';
import { GatewayAwayError, LeaseRefusedError } from '../../ports/lease-client/lease-service.js';
import type { ApiCall, ApiConnection } from './api-connection.js';
import { ApiProblemError, ApiUnreachableError } from './api-errors.js';

const LEASES = 'api/v1/leases';
/** Seconds that a long poll's answer may come later than it was asked for. */
const POLL_MARGIN = 15;

/** Leases by the HTTP interface of a gateway. */
export class HttpLeaseService implements LeaseService {
  constructor(private readonly api: ApiConnection) {}

  create(id: string, wish: LeaseWish, options: CallOptions = {}): Promise<LeaseView> {
    const body = {
      labels: wish.labels,
      ttl: wish.ttl,
      max_duration: wish.maxDuration,
      wait: wish.wait,
      purpose: wish.purpose,
      priority: wish.priority,
      provider: wish.provider,
      ssh_keys: wish.sshKeys,
    };
    return this.lease({ method: 'PUT', path: pathOf(id), body }, options);
  }

  get(id: string, wait?: number, options: CallOptions = {}): Promise<LeaseView> {
    const timeout = options.timeout ?? (wait === undefined ? undefined : wait + POLL_MARGIN);
    return this.lease({ method: 'GET', path: pathOf(id), query: { wait } }, { ...options, timeout });
  }

  renew(id: string, ttl?: number, options: CallOptions = {}): Promise<LeaseView> {
    const body = ttl === undefined ? {} : { body: { ttl } };
    return this.lease({ method: 'POST', path: `${pathOf(id)}/renew`, ...body }, options);
  }

  change(id: string, change: LeaseChange, options: CallOptions = {}): Promise<LeaseView> {
    const body = { max_duration: change.maxDuration, ttl: change.ttl, purpose: change.purpose };
    return this.lease({ method: 'PATCH', path: pathOf(id), body }, options);
  }

  async release(id: string, { outcome, note }: LeaseVerdict, options: CallOptions = {}): Promise<void> {
    const body = outcome === undefined && note === undefined ? {} : { body: { outcome, note } };
    await this.call({ method: 'DELETE', path: pathOf(id), ...body }, options);
  }

  async list(
    { state, holder }: { readonly state?: string; readonly holder?: string },
    options: CallOptions = {},
  ): Promise<readonly LeaseView[]> {
    const found: LeaseView[] = [];
    for (let next: string | undefined; ;) {
      const query = { state, holder, next };
      const page = (await this.call({ method: 'GET', path: LEASES, query }, options)) as {
        leases?: unknown;
        next?: unknown;
      };
      const rows: readonly unknown[] = Array.isArray(page.leases) ? page.leases : [];
      found.push(...rows.flatMap((row) => readLease(row) ?? []));
      // A page without rows that promises more would never end.
      if (typeof page.next !== 'string' || page.next === '' || rows.length === 0) return found;
      next = page.next;
    }
  }

  private async lease(call: ApiCall, options: CallOptions): Promise<LeaseView> {
    const lease = readLease(await this.call(call, options));
    if (lease === undefined)
      throw new GatewayAwayError(`${this.api.address.name} answers with something that is no lease`);
    return lease;
  }

  private async call(call: ApiCall, { timeout, signal }: CallOptions): Promise<unknown> {
    try {
      const { body } = await this.api.call({ ...call, ...(timeout === undefined ? {} : { timeout }), signal });
      return body;
    } catch (error) {
      throw this.asLeaseError(error);
    }
  }

  private asLeaseError(error: unknown): unknown {
    if (error instanceof ApiUnreachableError) return new GatewayAwayError(error.message, { cause: error });
    if (!(error instanceof ApiProblemError)) return error;
    const { message, status, problem, retryable, retryAfter, members } = error;
    const outcome = typeof members['outcome'] === 'string' ? members['outcome'] : null;
    const hint =
      status !== 401
        ? ''
        : this.api.hasToken
          ? ' (the token of NODEPOOL_TOKEN is not known there)'
          : ' (NODEPOOL_TOKEN is not set)';
    return new LeaseRefusedError(message + hint, status, problem, retryable, retryAfter, outcome);
  }
}

/** Ids are the user's words: nothing in one may lead elsewhere. */
function pathOf(id: string): string {
  const encoded = encodeURIComponent(id);
  return `${LEASES}/${/^\.+$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded}`;
}
