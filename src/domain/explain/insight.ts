/**
 * What only the process that was asked can say, besides its opinions: it holds the limits, the breakers and the memory of what has
 * happened. Times are seconds since the epoch. What there is nothing to say about is absent.
 */
import type { Supposition } from './supposition.js';
import type { Place } from './place.js';
import type { Spell } from './spent-time.js';
import type { Estimate } from './estimate.js';
import type { Waits } from './waits.js';

export interface Insight {
  /** Of everything, a pool or a provider: who waits for what there. */
  readonly waits?: Waits;
  /** Of a pool or provider: the pools of this launcher. */
  readonly limits?: readonly PoolLimits[];
  /** Of a request or node: what it has spent its time on, in the order in which it began. */
  readonly spent?: readonly Spell[];
  /** Of a request that waits. */
  readonly place?: Place;
  readonly estimate?: Estimate;
  /** Of a request: what each pool of this launcher would decide if something were otherwise. */
  readonly whatIf?: WhatIf;
}

export interface WhatIf {
  /** As they were given, `key=value`. */
  readonly changes: readonly string[];
  readonly pools: readonly Supposition[];
}

/** What stands around one pool of this launcher, as it decides by it at this moment. */
export interface PoolLimits {
  readonly provider: string;
  readonly pool: string;
  /** Why the provider cannot be used; null: it can. */
  readonly problem: string | null;
  /** What is used, reservations included, of limits that are known; those of the account include what others use there. */
  readonly use: readonly LimitUse[];
  /** Launches under way in the whole provider. */
  readonly launches: number;
  /** Null: as many as there are. */
  readonly maxConcurrency: number | null;
  /** Requests in the hands of the pool, and of those the ones that wait. */
  readonly holds: number;
  readonly waiting: number;
  /** Where creating is held back; empty while all is well. */
  readonly breaker: readonly CircuitFacts[];
}

export interface LimitUse {
  readonly of: 'pool' | 'provider';
  readonly resource: string;
  readonly used: number;
  readonly limit: number;
}

export interface CircuitFacts {
  readonly cause: 'capacity' | 'rate' | 'silence';
  /** Where: `zone az1`, or the whole provider. */
  readonly scope: string;
  readonly state: 'open' | 'half-open';
  readonly since: number;
  readonly refusals: number;
  /** Null: it waits for the outcome of probes under way. */
  readonly nextProbe: number | null;
  readonly problem: string;
}
