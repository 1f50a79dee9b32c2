import type { NodepoolConfig } from '../../../domain/config/config.js';
import type { RegisteredPool } from '../../../domain/model/launcher.js';
import type { Node } from '../../../domain/model/node.js';
import { addResources, NO_RESOURCES, type Resources } from '../../../domain/model/quota.js';
import type { NodeRequest } from '../../../domain/model/request.js';
import type { Stored } from '../../../domain/model/stored.js';
import type { LiveDaemon, LiveLabel, LivePool, LiveUse } from '../../../domain/presentation/live.js';
import { countLiveStates } from './live-nodes.js';

const MOST_POOLS = 200;
const MOST_LABELS = 300;
const ONE: Resources = { instances: 1 };

/** The pools that are configured here, registered anywhere, or still have nodes, with what they use of their limits. */
export function livePools(
  nodes: Iterable<Stored<Node>>,
  registered: readonly RegisteredPool[],
  config: NodepoolConfig,
): readonly LivePool[] {
  const byPool = new Map<string, { readonly nodes: Stored<Node>[]; used: Resources }>();
  const at = (provider: string, pool: string): { readonly nodes: Stored<Node>[]; used: Resources } => {
    const key = JSON.stringify([provider, pool]);
    const known = byPool.get(key) ?? { nodes: [], used: NO_RESOURCES };
    byPool.set(key, known);
    return known;
  };
  for (const provider of config.providers.values()) for (const pool of provider.pools.keys()) at(provider.name, pool);
  for (const pool of registered) if (pool.poolName !== null) at(pool.providerName, pool.poolName);
  for (const node of nodes) {
    const { provider, pool, resources } = node.value;
    if (provider === null) continue;
    const entry = at(provider, pool ?? '');
    entry.nodes.push(node);
    entry.used = addResources(entry.used, resources ?? ONE);
  }
  const names = [...byPool.keys()].sort().slice(0, MOST_POOLS);
  return names.map((key) => {
    const [provider, pool] = JSON.parse(key) as [string, string];
    const own = registered.filter((each) => each.providerName === provider && each.poolName === pool);
    const configured = config.providers.get(provider)?.pools.get(pool);
    const entry = byPool.get(key);
    return {
      provider,
      pool,
      launchers: own.length,
      paused: own.some(({ paused }) => paused),
      disabled: configured !== undefined && configured.maxServers <= 0,
      use: useOf(entry?.used ?? NO_RESOURCES, configured?.limits ?? {}),
      nodes: countLiveStates(entry?.nodes ?? []),
    };
  });
}

/** Limits first; what has none is shown only for the number of instances. */
function useOf(used: Resources, limits: Resources): readonly LiveUse[] {
  const limited = Object.entries(limits).filter(([, limit]) => Number.isFinite(limit));
  const uses = limited.map(([resource, limit]) => ({ resource, used: used[resource] ?? 0, limit }));
  if (uses.some(({ resource }) => resource === 'instances')) return uses;
  return [{ resource: 'instances', used: used['instances'] ?? 0, limit: null }, ...uses];
}

export function liveLabels(
  nodes: Iterable<Stored<Node>>,
  requests: Iterable<Stored<NodeRequest>>,
  registered: readonly RegisteredPool[],
  config: NodepoolConfig,
): readonly LiveLabel[] {
  const labels = new Map<string, { free: number; nodes: number; waiting: number }>();
  const at = (label: string): { free: number; nodes: number; waiting: number } => {
    const known = labels.get(label) ?? { free: 0, nodes: 0, waiting: 0 };
    labels.set(label, known);
    return known;
  };
  for (const label of config.labels.keys()) at(label);
  for (const label of registered.flatMap(({ supportedLabels }) => supportedLabels)) at(label);
  for (const { value } of nodes) {
    for (const label of value.type) {
      at(label).nodes += 1;
      if (value.state === 'ready' && value.allocatedTo === null) at(label).free += 1;
    }
  }
  for (const { value } of requests) {
    if (value.state !== 'requested' && value.state !== 'pending') continue;
    for (const label of new Set(value.nodeTypes)) at(label).waiting += 1;
  }
  return [...labels]
    .map(([label, counts]) => ({ label, minReady: config.labels.get(label)?.minReady ?? null, ...counts }))
    .sort((a, b) => b.waiting - a.waiting || b.nodes - a.nodes || (a.label < b.label ? -1 : 1))
    .slice(0, MOST_LABELS);
}

/** The processes behind the registered pools. */
export function liveLaunchers(registered: readonly RegisteredPool[]): readonly LiveDaemon[] {
  const byHost = new Map<string, { readonly daemon: Omit<LiveDaemon, 'pools'>; readonly pools: Set<string> }>();
  for (const { id, providerName, poolName, process } of registered) {
    // Older launchers say only what their ids begin with.
    const hostname = process?.hostname ?? id.replace(/-PoolWorker\..*$/, '');
    const daemon = { hostname, version: process?.version ?? null, state: process?.state ?? null };
    const entry = byHost.get(hostname) ?? { daemon, pools: new Set<string>() };
    entry.pools.add(poolName === null ? providerName : `${providerName}/${poolName}`);
    byHost.set(hostname, entry);
  }
  return [...byHost.values()]
    .map(({ daemon, pools }) => ({ ...daemon, pools: [...pools].sort() }))
    .sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
}
