/** What nodes take, and what quotas leave, in Nodepool's words [K17, K18]. */
import type { Resources } from 'nodepool/driver';
import type { KubeObject } from '../client/objects.js';
import type { LabelSettings } from '../config/label-settings.js';

const MIB = 1024 * 1024;
const MB = 1_000_000;

export function resourcesOf(settings: LabelSettings): Resources {
  const { requests, gpu, gpuResource, extraResources } = settings;
  // Nobody here reads what a specification asks for.
  if (settings.spec !== undefined) return { ...extraResources, instances: 1 };
  return {
    ...(requests.cpu ? { cores: requests.cpu } : {}),
    ...(requests.memory ? { ram: requests.memory } : {}),
    ...(requests.storage ? { 'ephemeral-storage': requests.storage } : {}),
    ...(gpu && gpuResource ? { [gpuResource]: gpu } : {}),
    ...extraResources,
    instances: 1,
  };
}

/** What a pod of somebody else takes of the quota: it ends when the pod has ended. */
export function podResources({ spec, status }: KubeObject): Resources {
  const { phase } = (status ?? {}) as { readonly phase?: string };
  if (phase === 'Succeeded' || phase === 'Failed') return {};
  const { containers = [] } = (spec ?? {}) as { readonly containers?: readonly Container[] };
  const total: Record<string, number> = { instances: 1 };
  for (const { resources } of containers) {
    for (const [name, amount] of Object.entries({ ...resources?.limits, ...resources?.requests })) {
      const [key, value] = inOurWords(name, amount);
      total[key] = (total[key] ?? 0) + value;
    }
  }
  return total;
}

interface Container {
  readonly resources?: {
    readonly requests?: Readonly<Record<string, unknown>>;
    readonly limits?: Readonly<Record<string, unknown>>;
  };
}

/** What the quotas of one project allow: the lowest counts. Empty: nothing is limited. */
export function quotaLimits(quotas: readonly KubeObject[]): Resources {
  const lowest: Record<string, number> = {};
  for (const { spec } of quotas) {
    const { hard = {}, ...scope } = (spec ?? {}) as {
      readonly hard?: Readonly<Record<string, unknown>>;
      readonly scopes?: unknown;
    };
    // Of some pods only; which of ours these are is decided by others.
    if (Object.keys(scope).some((key) => key === 'scopes' || key === 'scopeSelector')) continue;
    for (const [name, amount] of Object.entries(hard)) {
      const resource = COUNTED.get(name) ?? (name.startsWith('requests.') ? name.slice('requests.'.length) : null);
      if (resource === null) continue;
      const [key, value] = inOurWords(resource, amount);
      if (Number.isFinite(value)) lowest[key] = Math.min(lowest[key] ?? Infinity, value);
    }
  }
  return lowest;
}

/** Names in quotas that are not those of what containers ask for. */
const COUNTED: ReadonlyMap<string, string> = new Map([
  ['pods', 'pods'],
  ['count/pods', 'pods'],
  ['cpu', 'cpu'],
  ['memory', 'memory'],
  ['ephemeral-storage', 'ephemeral-storage'],
]);

/** Several projects together: a resource that one of them does not limit is not limited. */
export function sumOfLimits(all: readonly Resources[]): Resources {
  const [first = {}, ...others] = all;
  const keys = Object.keys(first).filter((key) => others.every((limits) => limits[key] !== undefined));
  return Object.fromEntries(keys.map((key) => [key, all.reduce((sum, limits) => sum + (limits[key] ?? 0), 0)]));
}

function inOurWords(resource: string, amount: unknown): readonly [string, number] {
  const value = quantity(amount);
  if (resource === 'pods') return ['instances', value];
  if (resource === 'cpu') return ['cores', value];
  if (resource === 'memory') return ['ram', Math.floor(value / MIB)];
  if (resource === 'ephemeral-storage') return [resource, Math.floor(value / MB)];
  return [resource, value];
}

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity as Kubernetes writes it: `500m`, `2Gi`, `1e3`. NaN if it is none. */
export function quantity(amount: unknown): number {
  const [, number = '', suffix = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(amount)) ?? [];
  const factor = SUFFIXES[suffix];
  return number === '' || factor === undefined ? NaN : Number(number) * factor;
}
