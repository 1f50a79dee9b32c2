import { quotaReasons } from '../../domain/decide/quota-fit.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { Resources } from '../../domain/model/quota.js';
import { addResources } from '../../domain/model/quota.js';
import type { WantedTurn } from '../../ports/records/turns.js';
import type { NodeIndex } from './node-index.js';
import type { PoolRoster } from './pool-roster.js';
import { Reservations } from './reservations.js';
import type { LauncherServices } from './services.js';

/** What is about to count: a new node of a pool, or (`pool` null) one that only goes over to a tenant. */
export interface Addition {
  readonly provider: string;
  readonly pool: string | null;
  readonly tenant: string | null;
  readonly resources: Resources;
}

/** `over`: nothing was done, somebody else was faster. */
export type Guarded<T> =
  { readonly kind: 'done'; readonly value: T } | { readonly kind: 'over'; readonly because: readonly Reason[] };

/**
 * Keeps the limits of pools and tenants strictly, over all launchers of ours together (ADR 0006): whatever makes a node count is
 * sent while the turns of those limits are ours, after a last check of a view that shows what all others have done under them.
 */
export class LimitGuard {
  /** Sent, and not in the view yet. */
  private readonly sent = new Reservations();

  constructor(
    private readonly services: Pick<LauncherServices, 'records' | 'config'>,
    private readonly index: NodeIndex,
    private readonly roster: Pick<PoolRoster, 'isOwn'>,
  ) {}

  /** `write` makes it count, with the first thing that it does. @throws what `write` throws, and what `Turns.take` does */
  async add<T>(addition: Addition, write: () => Promise<T>, signal: AbortSignal): Promise<Guarded<T>> {
    const wanted = this.turns(addition);
    if (wanted.length === 0) return { kind: 'done', value: await write() };
    return this.services.records.turns.take(wanted, () => this.send(addition, write), signal);
  }

  private async send<T>(addition: Addition, write: () => Promise<T>): Promise<Guarded<T>> {
    const because = this.obstacles(addition);
    if (because.length > 0) return { kind: 'over', because };
    const { provider, pool, tenant, resources } = addition;
    const sent = this.sent.reserve({ provider, pool: pool ?? '', tenant, resources });
    try {
      return { kind: 'done', value: await write() };
    } finally {
      sent();
    }
  }

  private obstacles({ provider, pool, tenant, resources }: Addition): readonly Reason[] {
    const reasons: Reason[] = [];
    if (pool !== null) {
      const used = addResources(this.index.poolUsage(provider, pool), this.sent.forPool(provider, pool));
      const limit = this.poolLimits(provider, pool);
      reasons.push(...quotaReasons({ code: 'QUOTA_POOL', owner: `${provider}/${pool}`, limit, used }, resources));
    }
    if (tenant !== null) {
      const used = addResources(this.index.tenantUsage(tenant), this.sent.forTenant(tenant));
      const limit = this.tenantLimits(tenant);
      reasons.push(...quotaReasons({ code: 'QUOTA_TENANT', owner: tenant, limit, used }, resources));
    }
    return reasons;
  }

  /** Where there is no limit there are no turns. */
  private turns({ provider, pool, tenant }: Addition): readonly WantedTurn[] {
    const wanted: WantedTurn[] = [];
    if (pool !== null && isLimit(this.poolLimits(provider, pool))) {
      wanted.push({ name: `pool:${provider}:${pool}`, alone: () => this.alone(provider, pool) });
    }
    if (tenant !== null && isLimit(this.tenantLimits(tenant))) {
      wanted.push({ name: `tenant:${tenant}`, alone: () => this.alone() });
    }
    return wanted;
  }

  private poolLimits(provider: string, pool: string): Resources {
    return this.services.config.current.providers.get(provider)?.pools.get(pool)?.limits ?? {};
  }

  private tenantLimits(tenant: string): Resources {
    return this.services.config.current.tenantLimits.get(tenant) ?? {};
  }

  /** Is no other process registered for the pool, or, without one, at all? Old records do not say which pool they are of. */
  private alone(provider?: string, pool?: string): boolean {
    const { view } = this.services.records.launchers;
    if (!view.complete) return false;
    return !view
      .pools()
      .some(
        ({ id, providerName, poolName }) =>
          !this.roster.isOwn(id) &&
          (provider === undefined || (providerName === provider && (poolName === null || poolName === pool))),
      );
  }
}

function isLimit(limits: Resources): boolean {
  return Object.keys(limits).length > 0;
}
