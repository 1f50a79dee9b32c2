/** What keeps the next step of an allocation from being taken, as reasons to wait; empty = nothing. */
import { poolName } from '../explain/pool-name.js';
import type { Reason } from '../explain/reason.js';
import type { Resources } from '../model/quota.js';
import type { AllocationInput, AllocationState } from './allocation-state.js';
import { quotaReasons } from './quota-fit.js';

export function tenantReasons({ tenant }: AllocationInput, state: AllocationState, need: Resources): readonly Reason[] {
  if (!tenant) return [];
  return quotaReasons({ code: 'QUOTA_TENANT', owner: tenant.name, limit: tenant.limit, used: state.tenantUsed }, need);
}

/** Of a new instance. */
export function obstacles(
  input: AllocationInput,
  state: AllocationState,
  label: string,
  need: Resources,
  az: string | null,
): readonly Reason[] {
  const { pool, provider } = input;
  if (input.fixed) {
    return [{ code: 'NO_FREE_MACHINE', pool: poolName(pool), labels: [label] }];
  }
  const reasons: Reason[] = [
    ...quotaReasons({ code: 'QUOTA_POOL', owner: poolName(pool), limit: pool.limits, used: state.poolUsed }, need),
  ];
  if (input.providerAvailable) {
    const limit = input.providerAvailable;
    reasons.push(
      ...quotaReasons({ code: 'QUOTA_PROVIDER', owner: provider.name, limit, used: state.providerUsed }, need),
    );
  }
  if (reasons.length > 0) return reasons;
  if (state.launches >= provider.maxConcurrency) {
    return [
      { code: 'MAX_CONCURRENCY', provider: provider.name, active: state.launches, limit: provider.maxConcurrency },
    ];
  }
  return input.holdOff.length > 0 ? input.holdOff : heldBack(input, state, az);
}

function heldBack(input: AllocationInput, state: AllocationState, az: string | null): readonly Reason[] {
  const planned = state.creates.get(az) ?? 0;
  if (input.creates(az).allowed > planned) return [];
  if (state.az !== undefined || input.zones.length === 0) return input.creates(az).because(planned);
  // Every zone that could have been chosen is held back; what holds the whole provider back is said once.
  const reasons = input.zones.flatMap((zone) => input.creates(zone).because(0));
  const codes = new Set<string>();
  return reasons.filter(({ code }) => code === 'CLOUD_CAPACITY' || (!codes.has(code) && codes.add(code)));
}
