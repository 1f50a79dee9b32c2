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
