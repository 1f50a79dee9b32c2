import type { LeaseView } from '../../domain/lease-client/lease-view.js';

/** What somebody wants machines for, and how long. What is undefined is left to the gateway. Times are seconds. */
export interface LeaseWish {
  readonly labels: readonly string[];
  readonly ttl?: number | undefined;
  readonly maxDuration?: number | undefined;
  /** To stay in the queue. */
  readonly wait?: number | undefined;
  readonly purpose?: string | undefined;
  readonly priority?: number | undefined;
  readonly provider?: string | undefined;
  /** Public keys to let in. */
  readonly sshKeys?: readonly string[] | undefined;
}

/** How the holder fared. */
export interface LeaseVerdict {
  readonly outcome?: 'ok' | 'failed' | 'broken' | undefined;
  readonly note?: string | undefined;
}

export interface LeaseChange {
  readonly maxDuration?: number | undefined;
  readonly ttl?: number | undefined;
  readonly purpose?: string | undefined;
}

export interface CallOptions {
  /** Seconds until the call counts as unanswered. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A gateway that hands out leases, as one who asks from outside sees it. Each method is one attempt: when it throws `GatewayAwayError` nothing
 * is known about what became of it, and it may be repeated, since all of them are idempotent. Does not contain the heartbeat, patience and
 * the running of commands: these are for the one who asks.
 * All throw GatewayAwayError, LeaseRefusedError, or the signal's reason when it is aborted.
 */
export interface LeaseService {
  /** @param id a UUID of the caller's; with the same wish it may be asked for again, and is the same lease */
  create(id: string, wish: LeaseWish, options?: CallOptions): Promise<LeaseView>;
  /**
   * Counts as a heartbeat of the holder. @param wait answers when the lease is waiting no more, or after so many seconds (60 at most); the
   * time-out comes on top
   */
  get(id: string, wait?: number, options?: CallOptions): Promise<LeaseView>;
  /** The heartbeat. @param ttl for this time only */
  renew(id: string, ttl?: number, options?: CallOptions): Promise<LeaseView>;
  change(id: string, change: LeaseChange, options?: CallOptions): Promise<LeaseView>;
  /** Ends it; done before is done. */
  release(id: string, verdict: LeaseVerdict, options?: CallOptions): Promise<void>;
  /** All that may be seen, newest first, whatever their number. */
  list(
    filter: { readonly state?: string; readonly holder?: string },
    options?: CallOptions,
  ): Promise<readonly LeaseView[]>;
}

/** No gateway has answered. */
export class GatewayAwayError extends Error {
  readonly code = 'NP_GATEWAY_AWAY';
  override readonly name = 'GatewayAwayError';
}

/** A gateway said no. */
export class LeaseRefusedError extends Error {
  readonly code = 'NP_LEASE_REFUSED';
  override readonly name = 'LeaseRefusedError';

  constructor(
    message: string,
    /** As HTTP has it. */
    readonly status: number,
    /** The stable code; null when whoever answered gave none. */
    readonly problem: string | null,
    /** The same may be granted later. */
    readonly retryable: boolean,
    /** Seconds after which it may; null: not said. */
    readonly retryAfter: number | null,
    /** Of a lease that has ended. */
    readonly outcome: string | null,
  ) {
    super(message);
  }

  /** The lease is surely gone: it has ended, or there is none. */
  get gone(): boolean {
    return this.problem === 'lease-ended' || this.problem === 'no-such-lease';
  }

  /** It is about who asks, not about what is asked. */
  get notAllowed(): boolean {
    return this.status === 401 || this.status === 403 || this.problem === 'max-duration-exceeded';
  }
}
