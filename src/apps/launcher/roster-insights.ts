import type { Change } from '../../domain/decide/what-if.js';
import type { Turnover } from '../../domain/explain/estimate.js';
import type { PoolLimits } from '../../domain/explain/insight.js';
import type { Supposition } from '../../domain/explain/supposition.js';
import type { LauncherInsights } from '../../ports/administration/launcher-insights.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { PoolRoster } from './pool-roster.js';
import type { RecentTurnover } from './recent-turnover.js';

/** Asks the pools of this process. */
export class RosterInsights implements LauncherInsights {
  constructor(
    private readonly roster: PoolRoster,
    private readonly recent: RecentTurnover,
    private readonly clock: Clock,
  ) {}

  limits(provider: string, pool: string | null): readonly PoolLimits[] {
    return this.roster.all
      .filter(({ identity }) => identity.provider === provider && (pool === null || identity.name === pool))
      .flatMap(({ inquiry }) => inquiry.limits() ?? []);
  }

  suppose(request: string, changes: readonly Change[]): readonly Supposition[] {
    const now = this.clock.now();
    return this.roster.all.flatMap(({ inquiry }) => inquiry.suppose(request, changes, now) ?? []);
  }

  turnover(pools: readonly string[], priority: string | undefined): Turnover {
    return this.recent.of(pools, priority);
  }
}
