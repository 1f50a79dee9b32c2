/** Quotas as the admission of the real server counts them, for the few resources that matter here. */
import type { StoredObject } from './objects.js';

type Demand = Readonly<Record<string, number>>;

export function demandOf(pod: Partial<StoredObject>): Demand {
  const { containers = [] } = (pod.spec ?? {}) as { readonly containers?: readonly Container[] };
  const demand: Record<string, number> = { pods: 1 };
  for (const { resources } of containers) {
    for (const [name, amount] of Object.entries({ ...resources?.limits, ...resources?.requests })) {
      const key = `requests.${name}`;
      demand[key] = (demand[key] ?? 0) + bare(amount);
    }
  }
  return demand;
}

interface Container {
  readonly resources?: { readonly requests?: Record<string, unknown>; readonly limits?: Record<string, unknown> };
}

/** What is wrong, in the server's words; null if it fits. */
export function exceeded(quota: StoredObject, used: readonly Demand[], wanted: Demand): string | null {
  const { hard = {} } = (quota.spec ?? {}) as { readonly hard?: Record<string, unknown> };
  for (const [name, limit] of Object.entries(hard)) {
    const key = name === 'cpu' || name === 'memory' ? `requests.${name}` : name;
    const before = used.reduce((sum, demand) => sum + (demand[key] ?? 0), 0);
    const want = wanted[key] ?? 0;
    if (want > 0 && before + want > bare(limit)) {
      return `exceeded quota: ${quota.metadata.name}, requested: ${name}=${want}, used: ${name}=${before}, limited: ${name}=${String(limit)}`;
    }
  }
  return null;
}

function bare(amount: unknown): number {
  const [, number = '0', suffix = ''] = /^([\d.]+)(Mi|Gi|M|G|m)?$/.exec(String(amount)) ?? [];
  const factors: Record<string, number> = { m: 1e-3, M: 1e6, G: 1e9, Mi: 2 ** 20, Gi: 2 ** 30 };
  return Number(number) * (factors[suffix] ?? 1);
}
