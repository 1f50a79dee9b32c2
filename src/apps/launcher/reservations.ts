import { addResources, NO_RESOURCES } from '../../domain/model/quota.js';
import type { Resources } from '../../domain/model/quota.js';

export interface ReservedRoom {
  readonly provider: string;
  readonly pool: string;
  readonly tenant: string | null;
  readonly resources: Resources;
}

/**
 * What has been decided but does not show in the records yet: resources of nodes about to be created, and launches under way. Made
 * in the same turn as the decision, so that two decisions never count on the same thing (weakness 16). What is reserved is given back
 * by calling what one gets; giving back twice is harmless.
 */
export class Reservations {
  /** By provider, by pool and by tenant: asked for by every decision, while thousands may be held. */
  private readonly sums = new Map<string, Resources>();
  private readonly launches = new Map<string, number>();

  reserve(room: ReservedRoom): () => void {
    this.add(room, 1);
    return once(() => this.add(room, -1));
  }

  /** Counts one more launch under way in the provider, for `max-concurrency`. */
  beginLaunch(provider: string): () => void {
    this.launches.set(provider, this.launchesOf(provider) + 1);
    return once(() => this.launches.set(provider, this.launchesOf(provider) - 1));
  }

  /** Launches under way, over all pools of the provider. */
  launchesOf(provider: string): number {
    return this.launches.get(provider) ?? 0;
  }

  forProvider(provider: string): Resources {
    return this.sums.get(providerKey(provider)) ?? NO_RESOURCES;
  }

  forPool(provider: string, pool: string): Resources {
    return this.sums.get(poolKey(provider, pool)) ?? NO_RESOURCES;
  }

  forTenant(tenant: string): Resources {
    return this.sums.get(tenantKey(tenant)) ?? NO_RESOURCES;
  }

  private add({ provider, pool, tenant, resources }: ReservedRoom, sign: 1 | -1): void {
    const change = Object.fromEntries(Object.entries(resources).map(([key, amount]) => [key, sign * amount]));
    const keys = [providerKey(provider), poolKey(provider, pool)];
    if (tenant !== null) keys.push(tenantKey(tenant));
    for (const key of keys) this.sums.set(key, addResources(this.sums.get(key) ?? NO_RESOURCES, change));
  }
}

function once(undo: () => void): () => void {
  let open = true;
  return () => {
    if (open) undo();
    open = false;
  };
}

function providerKey(provider: string): string {
  return `p:${provider}`;
}

function poolKey(provider: string, pool: string): string {
  return `l:${provider}\n${pool}`;
}

function tenantKey(tenant: string): string {
  return `t:${tenant}`;
}
