import type { LeaseTokenConfig } from '../../domain/config/lease-api.js';
import type { LeaseWish, WishRefusal } from '../../domain/decide/lease-wish.js';
import type { LeaseCondition, LeaseId, LeaseState, LeaseVerdict, NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';

/** Who asks, and from where, for the audit. */
export type LeaseCaller = Omit<LeaseTokenConfig, 'sha256'> & { readonly from: string };

export type LeaseRefusalCode =
  | WishRefusal
  | 'no-such-lease'
  | 'not-yours'
  | 'scope'
  | 'lease-differs'
  | 'lease-ended'
  | 'too-many-leases'
  | 'store-away'
  | 'store-full';

/** What was asked for is not to be had; the code is one of the contract's (spec leases 3). Nothing was changed. */
export class LeaseRefusedError extends Error {
  override readonly name = 'LeaseRefusedError';
  constructor(
    readonly code: LeaseRefusalCode,
    message: string,
    readonly more: {
      /** Of a lease that has ended. */
      readonly outcome?: string | null;
      /** Seconds. */
      readonly retryAfter?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
  }
}

export interface LeaseQueueAnswer {
  readonly position: number;
  readonly ahead: number;
  readonly estimate: { readonly p50: number; readonly p90: number; readonly basis: string } | null;
}

export interface LabelAnswer {
  readonly name: string;
  /** Nodes ready and not allocated. */
  readonly ready: number;
  /** Nodes that could be made now. */
  readonly free: number;
  /** `provider/pool`. */
  readonly pools: readonly string[];
  readonly wait: { readonly p50: number; readonly p90: number } | null;
}

/** A lease with what is known about it beyond its record. */
export interface LeaseDescription {
  readonly lease: Stored<NodeLease>;
  readonly conditions: readonly LeaseCondition[];
  readonly queue: LeaseQueueAnswer | null;
}

export interface LeaseFilter {
  readonly state?: LeaseState;
  readonly holder?: string;
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: { readonly createdAt: number; readonly id: LeaseId };
}

/**
 * Leases as their holders see them, driving side. Any process serves any lease; calls by id are linearizable over all of them [L16].
 * Every method may throw LeaseRefusedError. What a caller may not see does not exist for him [L7].
 */
export interface LeaseDesk {
  /**
   * Creates a lease, or answers the one that was made of the same wish under this id [L1].
   * @param digest of the wish as it was sent
   * @param fresh the id is new for certain
   */
  create(
    id: LeaseId,
    wish: LeaseWish,
    digest: string,
    caller: LeaseCaller,
    fresh?: boolean,
  ): Promise<{ readonly description: LeaseDescription; readonly created: boolean }>;

  /** The id under which a wish that bears this key of the caller's is made, the same in all processes. */
  idOfKey(key: string, caller: LeaseCaller): LeaseId;

  freshId(): LeaseId;

  /** Refuses unless the caller may see the lease. No sign of life. */
  find(id: LeaseId, caller: LeaseCaller): Promise<Stored<NodeLease>>;

  /** The lease as it is; a sign of life if the caller holds it. */
  describe(id: LeaseId, caller: LeaseCaller): Promise<LeaseDescription>;

  /** As `describe`, once it is not waiting any more, or after so many seconds, or when the signal fires. */
  await(id: LeaseId, caller: LeaseCaller, seconds: number, signal: AbortSignal): Promise<LeaseDescription>;

  /**
   * Tells of the lease at once and after each change but renewals, in order, until it has ended or the signal fires, and counts as
   * the holder's sign of life meanwhile.
   */
  follow(
    id: LeaseId,
    caller: LeaseCaller,
    signal: AbortSignal,
    tell: (description: LeaseDescription) => void,
  ): Promise<void>;

  renew(id: LeaseId, caller: LeaseCaller, ttl?: number): Promise<LeaseDescription>;

  amend(
    id: LeaseId,
    caller: LeaseCaller,
    change: { readonly ttl?: number; readonly maxDuration?: number; readonly purpose?: string },
  ): Promise<LeaseDescription>;

  /** Idempotent [L3]. */
  end(
    id: LeaseId,
    caller: LeaseCaller,
    fared: { readonly verdict: LeaseVerdict | null; readonly note: string | null },
  ): Promise<void>;

  /** Newest first. May lag by a moment. */
  list(
    caller: LeaseCaller,
    filter: LeaseFilter,
  ): {
    readonly leases: readonly LeaseDescription[];
    readonly next: LeaseFilter['after'] | null;
  };

  labels(caller: LeaseCaller): readonly LabelAnswer[];
}
