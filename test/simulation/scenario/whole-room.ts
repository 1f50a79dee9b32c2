import type { JobPlan } from '../actors/requestor.js';
import { TENANT } from './draft.js';
import type { Draft, PoolDraft, ProviderDraft } from './draft.js';

/** Cores and memory of a node, by the memory that its label asks for (see `FLAVORS`). */
const CORES_PER_RAM = 4 / 8192;

/** Limits of pools and tenants as they are in another draft of the same world. */
export function restoreLimits(draft: Draft, from: Draft): void {
  draft.providers.forEach((provider, at) =>
    provider.pools.forEach((pool, index) => {
      const other = from.providers[at]?.pools[index];
      Object.assign(pool, { maxServers: other?.maxServers ?? 0, limits: other?.limits ?? {} });
    }),
  );
  Object.assign(draft, { tenantInstances: from.tenantInstances });
}

/** One request for all that the largest pool of each provider has room for, and one for all that the tenant may have. */
export function wholeRooms(draft: Draft): readonly JobPlan[] {
  const plans = draft.providers.flatMap((provider) => {
    const best = largest(provider, draft);
    return best ? [planOf(best.label, best.count, provider.name, null)] : [];
  });
  const { tenantInstances } = draft;
  if (tenantInstances === null) return plans;
  const [roomy] = draft.providers
    .flatMap((provider) => largest(provider, draft) ?? [])
    .filter(({ count }) => count >= tenantInstances);
  return roomy ? [...plans, planOf(roomy.label, tenantInstances, null, TENANT)] : plans;
}

function largest(
  provider: ProviderDraft,
  draft: Draft,
): { readonly label: string; readonly count: number } | undefined {
  return provider.pools
    .flatMap((pool) => pool.labels.map((label) => ({ label, count: roomFor(label, pool, draft) })))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)[0];
}

function roomFor(name: string, { maxServers, limits = {} }: PoolDraft, draft: Draft): number {
  const ram = draft.labels.find((label) => label.name === name)?.minRam ?? 8192;
  const cores = ram * CORES_PER_RAM;
  const within = (limit: number | undefined, each: number): number => Math.floor((limit ?? Infinity) / each);
  return Math.min(maxServers, within(limits['cores'], cores), within(limits['ram'], ram));
}

function planOf(label: string, count: number, provider: string | null, tenant: string | null): JobPlan {
  return {
    labels: Array.from({ length: count }, () => label),
    priority: '100',
    relativePriority: 0,
    provider,
    tenant,
    work: 1,
    hold: null,
    cancelAfter: null,
    hesitation: 0,
  };
}
