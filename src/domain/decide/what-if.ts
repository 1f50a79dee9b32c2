/** Changes of a pool's snapshot that operators may ask about, `key=value`. Nothing that is changed here is changed anywhere else. */
import type { PoolSnapshot } from './pool-snapshot.js';
import type { Resources } from '../model/quota.js';
import type { NodeRequest } from '../model/request.js';

export interface Change {
  readonly key: string;
  /** Infinity: no limit. Of `labels` 0. */
  readonly amount: number;
  /** Of `labels`: what the request is to ask for instead. */
  readonly labels: readonly string[];
}

interface Key {
  readonly name: string;
  /** What it is, for people. */
  readonly means: string;
  readonly apply: (
    snapshot: PoolSnapshot,
    amount: number,
    about: Pick<NodeRequest, 'nodeTypes' | 'tenantName'>,
  ) => PoolSnapshot;
}

const LABELS = 'labels';

const KEYS: readonly Key[] = [
  { name: 'max-servers', means: 'limit of each pool', apply: (snapshot, amount) => maxServers(snapshot, amount) },
  { name: 'max-cores', means: 'limit of each pool', apply: poolLimit('cores') },
  { name: 'max-ram', means: 'limit of each pool, MiB', apply: poolLimit('ram') },
  {
    name: 'max-concurrency',
    means: 'launches at once in the provider',
    apply: (snapshot, amount) => ({ ...snapshot, provider: { ...snapshot.provider, maxConcurrency: amount } }),
  },
  { name: 'quota-instances', means: "the account's quota", apply: quota('instances') },
  { name: 'quota-cores', means: "the account's quota", apply: quota('cores') },
  { name: 'quota-ram', means: "the account's quota, MiB", apply: quota('ram') },
  { name: 'label-cores', means: 'what a node of its labels takes', apply: labelNeed('cores') },
  { name: 'label-ram', means: 'what a node of its labels takes, MiB', apply: labelNeed('ram') },
  { name: 'tenant-max-servers', means: "limit of the request's tenant", apply: tenantLimit('instances') },
  { name: 'tenant-max-cores', means: "limit of the request's tenant", apply: tenantLimit('cores') },
  { name: 'tenant-max-ram', means: "limit of the request's tenant, MiB", apply: tenantLimit('ram') },
];

export const WHAT_IF_KEYS: readonly string[] = [...KEYS.map(({ name }) => name), LABELS];

export type ReadChange = { readonly change: Change } | { readonly problem: string };

/** Reads `key=value`; the problem names the keys that there are. */
export function readChange(text: string): ReadChange {
  const cut = text.indexOf('=');
  const key = cut < 0 ? text : text.slice(0, cut);
  const value = cut < 0 ? '' : text.slice(cut + 1);
  if (!WHAT_IF_KEYS.includes(key)) return { problem: `unknown key '${key}'; known are ${WHAT_IF_KEYS.join(', ')}` };
  if (key === LABELS) {
    const labels = value.split(',').filter((label) => label !== '');
    return labels.length > 0
      ? { change: { key, amount: 0, labels } }
      : { problem: `${LABELS} needs names, as in ${LABELS}=small,small` };
  }
  const amount = value === 'none' ? Infinity : /^-?\d{1,12}$/.test(value) ? Number(value) : undefined;
  if (amount === undefined) return { problem: `${key} needs a whole number or none, not '${value}'` };
  return { change: { key, amount, labels: [] } };
}

/** The labels that the request is to ask for instead; undefined: its own. */
export function supposedLabels(changes: readonly Change[]): readonly string[] | undefined {
  return changes.filter(({ key }) => key === LABELS).at(-1)?.labels;
}

/** @param about the request that is asked about: what is said of labels and tenants is said of its own */
export function changedSnapshot(
  snapshot: PoolSnapshot,
  changes: readonly Change[],
  about: Pick<NodeRequest, 'nodeTypes' | 'tenantName'>,
): PoolSnapshot {
  return changes.reduce((changed, { key, amount }) => {
    const known = KEYS.find(({ name }) => name === key);
    return known ? known.apply(changed, amount, about) : changed;
  }, snapshot);
}

function maxServers(snapshot: PoolSnapshot, amount: number): PoolSnapshot {
  const { pool } = snapshot;
  return { ...snapshot, pool: { ...pool, maxServers: amount, limits: limited(pool.limits, 'instances', amount) } };
}

function poolLimit(resource: string): Key['apply'] {
  return (snapshot, amount) => {
    const { pool } = snapshot;
    return { ...snapshot, pool: { ...pool, limits: limited(pool.limits, resource, amount) } };
  };
}

function quota(resource: string): Key['apply'] {
  return (snapshot, amount) => {
    const { account } = snapshot;
    return { ...snapshot, account: { ...account, limits: limited(account.limits ?? {}, resource, amount) } };
  };
}

function labelNeed(resource: string): Key['apply'] {
  return (snapshot, amount, { nodeTypes }) => {
    const labels = new Map(snapshot.labels);
    for (const name of nodeTypes) {
      const facts = labels.get(name);
      if (facts) labels.set(name, { ...facts, resources: { ...facts.resources, [resource]: amount } });
    }
    return { ...snapshot, labels };
  };
}

function tenantLimit(resource: string): Key['apply'] {
  return (snapshot, amount, { tenantName: name }) => {
    const tenant = name === null ? undefined : snapshot.tenants.get(name);
    if (name === null || !tenant) return snapshot;
    const limit = limited(tenant.limit, resource, amount);
    return { ...snapshot, tenants: new Map(snapshot.tenants).set(name, { ...tenant, limit }) };
  };
}

/** What is unlimited is absent. */
function limited(limits: Resources, resource: string, amount: number): Resources {
  const { [resource]: _before, ...others } = limits;
  return Number.isFinite(amount) ? { ...others, [resource]: amount } : others;
}
