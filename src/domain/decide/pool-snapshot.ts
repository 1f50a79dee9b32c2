/**
 * Everything that one pass of a pool decides by, as plain values of one moment. Taking it has no effects, and neither has planning on
 * it: whoever asks "what if" changes a copy and plans again (`{ ...snapshot, use: … }`).
 */
import type { PoolConfig, ProviderConfig } from '../config/config.js';
import type { Reason } from '../explain/reason.js';
import type { RequestWait } from '../lifecycle/request-progress.js';
import type { RegisteredPool } from '../model/launcher.js';
import type { Node, NodeId } from '../model/node.js';
import type { Resources } from '../model/quota.js';
import type { NodeRequest, RequestId } from '../model/request.js';
import type { Stored } from '../model/stored.js';
import type { BreakerState } from './circuit-breaker.js';

export interface PoolSnapshot {
  /** Seconds of a clock that never jumps. */
  readonly now: number;
  /** Added to such a time it makes one of the day, seconds since the epoch. */
  readonly epoch: number;
  readonly launcherId: string;
  readonly pool: PoolConfig;
  readonly provider: ProviderConfig;
  /** All registered pools; complete once ours is among them (spec LAUNCHER 2.2-2). */
  readonly registry: { readonly complete: boolean; readonly pools: readonly RegisteredPool[] };
  readonly driver: DriverFacts;
  readonly account: AccountFacts;
  /** What counts against the limits now, reservations of earlier passes included. */
  readonly use: PoolUse;
  /** Tenants that have limits. */
  readonly tenants: ReadonlyMap<string, TenantUse>;
  /** The labels that requests of this pass name. */
  readonly labels: ReadonlyMap<string, LabelFacts>;
  readonly free: FreeNodes;
  readonly breaker: BreakerState;
  /** Why the provider takes no new instances at the moment (it just said its quota is used up). */
  readonly holdOff: readonly Reason[];
  /** Requests of ours that wait for capacity, those that get nothing in this pass included. */
  readonly waiting: number;
  /** Those of ours that lack nodes. */
  readonly held: readonly HeldRequest[];
  /** Those that nobody serves. */
  readonly open: readonly Stored<NodeRequest>[];
  /** Null while none of ours has waited for long enough to ask. */
  readonly rivals: Rivals | null;
  /** In [0, 1): what is random about the pass is drawn from it. */
  readonly chance: number;
}

/** `slots`: what each place of the machines offers that exist by themselves; null where instances are made. */
export type DriverFacts =
  | { readonly state: 'starting' }
  | { readonly state: 'failed'; readonly problem: string; readonly lasting: boolean }
  | { readonly state: 'usable'; readonly slots: readonly { readonly labels: readonly string[] }[] | null };

/** What is known of the account that the provider's instances are made in. */
export interface AccountFacts {
  /** Whoever uses them; null while unknown. */
  readonly limits: Resources | null;
  /** What takes quota and is no node of ours. */
  readonly others: Resources;
  /** Why the limits are unknown; null when they are known, or being asked for the first time. */
  readonly problem: string | null;
  /** To choose from; empty = the cloud has none, or they are not known yet. */
  readonly zones: readonly string[];
}

export interface PoolUse {
  readonly pool: Resources;
  readonly provider: Resources;
  /** Launches under way in all pools of the provider. */
  readonly launches: number;
  /** Nodes of the pool on their way out: their room comes back without anybody's doing. */
  readonly leaving: number;
}

export interface TenantUse {
  readonly limit: Resources;
  readonly used: Resources;
}

export interface LabelFacts {
  readonly resources: Resources;
  /** What stands between us and the label apart from capacity: a missing image, a broken flavor. */
  readonly problems: readonly Reason[];
}

/** Ready nodes of the pool that nobody has claimed, in the order in which they are handed out. */
export interface FreeNodes {
  readonly all: readonly Stored<Node>[];
  readonly byLabel: ReadonlyMap<string, readonly Stored<Node>[]>;
  /** Most likely being let go at this moment by whoever freed them: tried last, and never deleted to make room. */
  readonly locked: ReadonlySet<NodeId>;
}

export interface HeldRequest {
  readonly id: RequestId;
  readonly request: NodeRequest;
  /** Labels for which no node is there or on its way. */
  readonly needed: readonly string[];
  /** The zone of its nodes; undefined = open, null = one without zone. */
  readonly az: string | null | undefined;
  /** Free nodes that turned out not to be. */
  readonly avoid: ReadonlySet<NodeId>;
  /** What of its tenant's use is kept for itself. */
  readonly kept: Resources;
  readonly underway: number;
  readonly wait: RequestWait | null;
}

/** Requests in the hands of other launchers, and all nodes. */
export interface Rivals {
  readonly others: readonly Stored<NodeRequest>[];
  readonly nodes: readonly Stored<Node>[];
}
