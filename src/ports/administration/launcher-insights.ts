import type { Change } from '../../domain/decide/what-if.js';
import type { Turnover } from '../../domain/explain/estimate.js';
import type { PoolLimits } from '../../domain/explain/insight.js';
import type { Supposition } from '../../domain/explain/supposition.js';

/**
 * What a launcher knows that is in no record. Synchronous; a question has no effects: nothing is decided, drawn, asked for or written
 * because of it.
 */
export interface LauncherInsights {
  /** Of this launcher's pools in the provider, ordered by name; only of one pool if it is named. */
  limits(provider: string, pool: string | null): readonly PoolLimits[];
  /** What each of its pools would decide about the request. Empty when none of them has to decide about it now. */
  suppose(request: string, changes: readonly Change[]): readonly Supposition[];
  /** What has happened lately in pools, `provider/pool`, whichever launcher did it, as a request of that priority sees it. */
  turnover(pools: readonly string[], priority: string | undefined): Turnover;
}
