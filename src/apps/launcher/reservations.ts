import { addResources, NO_RESOURCES } from '../../domain/model/quota.js';
import type { Resources } from '../../domain/model/quota.js';
import type { NodeId } from '../../domain/model/node.js';

export interface Reservation {
  readonly provider: string;
  readonly pool: string;
  readonly tenant: string | null;
  readonly resources: Resources;
}

/**
 * What has been decided but does not show in the records yet: resources of nodes about to be created, and free nodes about to be
 * taken. Made in the same turn as the decision, so that two decisions never count on the same thing (weakness 16).
 */
export class Reservations {
  /** By provider, by pool and by tenant: asked for by every decision, while thousands may be held. */
  private readonly sums = new Map<string, Resources>();
  private readonly claimed = new Set<NodeId>();

  /** Answers the way to give it back; giving back twice is harmless. */
  reserve(reservation: Reservation): () => void {
    let held = true;
    this.add(reservation, 1);
    return () => {
      if (held) this.add(reservation, -1);
      held = false;
    };
  }

  claim(node: NodeId): () => void {
    this.claimed.add(node);
    let open = true;
    return () => {
      // Somebody else may have claimed it since.
      if (open) this.claimed.delete(node);
      open = false;
    };
  }

  isClaimed(node: NodeId): boolean {
    return this.claimed.has(node);
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

  private add({ provider, pool, tenant, resources }: Reservation, sign: 1 | -1): void {
    const change = Object.fromEntries(Object.entries(resources).map(([key, amount]) => [key, sign * amount]));
    const keys = [providerKey(provider), poolKey(provider, pool)];
    if (tenant !== null) keys.push(tenantKey(tenant));
    for (const key of keys) this.sums.set(key, addResources(this.sums.get(key) ?? NO_RESOURCES, change));
  }
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
