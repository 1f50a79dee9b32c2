/** Does something fit into what is left? Every limit that stands in the way becomes a reason (spec LAUNCHER 2.10). */
import type { Reason } from '../explain/reason.js';
import type { Resources } from '../model/quota.js';

export interface QuotaCheck {
  readonly code: 'REQUEST_OVER_POOL' | 'REQUEST_OVER_PROVIDER' | 'QUOTA_POOL' | 'QUOTA_PROVIDER' | 'QUOTA_TENANT';
  /** Whose limit it is. */
  readonly owner: string;
  readonly limit: Resources;
  readonly used: Resources;
}

/** The reasons why `need` does not fit; none means it fits. Only resources that are needed can stand in the way. */
export function quotaReasons(check: QuotaCheck, need: Resources): readonly Reason[] {
  const reasons: Reason[] = [];
  for (const [resource, limit] of Object.entries(check.limit)) {
    const amount = need[resource] ?? 0;
    const used = check.used[resource] ?? 0;
    if (amount > 0 && used + amount > limit) {
      reasons.push({ code: check.code, owner: check.owner, resource, used, limit, need: amount });
    }
  }
  return reasons;
}

/** How often `need` fits into what is left; Infinity if no limit stands in the way. */
export function roomFor(need: Resources, { limit, used }: Pick<QuotaCheck, 'limit' | 'used'>): number {
  const times = Object.entries(limit).map(([resource, most]) => {
    const amount = need[resource] ?? 0;
    return amount > 0 ? Math.max(0, Math.floor((most - (used[resource] ?? 0)) / amount)) : Infinity;
  });
  return Math.min(Infinity, ...times);
}
