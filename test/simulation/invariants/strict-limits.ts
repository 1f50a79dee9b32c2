import { parse, text } from '../kernel/tree-model.js';
import type { Json } from '../kernel/tree-model.js';
import type { Invariant, World } from '../world.js';

const NODE = /^\/nodepool\/nodes\/([^/]+)$/;
/** Seconds that an edited configuration may take to be in force everywhere. */
const CONFIG_LAG = 60;

export type Amounts = Readonly<Record<string, number>>;

/** Whose limit: a pool, or a tenant over all pools. */
interface Owner {
  readonly name: string;
  readonly has: (node: Json) => boolean;
  /** Limits in force, by the most generous configuration that somebody may go by. */
  readonly limit: (resource: string) => number;
}

/**
 * No launcher makes the nodes of a pool or of a tenant use more than its limit: judged at every change, over all launchers together,
 * with no allowance for what they have not heard of each other yet.
 */
export const limitsHoldStrictly: Invariant = {
  afterChange(change, world) {
    const id = NODE.exec(change.path)?.[1];
    if (id === undefined || change.kind === 'remove' || change.author?.role !== 'launcher') return;
    const before = parse(change.before);
    const after = parse(change.after);
    if (!after || world.ledger.excused(id)) return;
    for (const owner of ownersOf(after, world)) {
      const grown = grows(before && owner.has(before) ? before : null, after);
      for (const resource of grown)
        check(owner, resource, `${change.author.process} ${change.kind}s node ${id}`, world);
    }
  },
  onCloudCall(call, world) {
    if (call.kind === 'create' && call.process.role === 'launcher') checkServers(world);
  },
};

function ownersOf(node: Json, world: World): readonly Owner[] {
  const provider = text(node['provider']) ?? '';
  const pool = text(node['pool']) ?? '';
  const tenant = text(node['tenant_name']);
  const configs = world.recentConfigs(CONFIG_LAG);
  const pools = configs.map((config) => config.providers.get(provider)?.pools.get(pool)?.limits);
  const owners: Owner[] = [
    {
      name: `${provider}/${pool}`,
      has: (other) => other['provider'] === provider && other['pool'] === pool,
      limit: (resource) => Math.max(...pools.map((limits) => (limits ? (limits[resource] ?? Infinity) : 0))),
    },
  ];
  if (tenant !== null) {
    const tenants = configs.map((config) => config.tenantLimits.get(tenant) ?? {});
    owners.push({
      name: `tenant ${tenant}`,
      has: (other) => other['tenant_name'] === tenant,
      limit: (resource) => Math.max(...tenants.map((limits) => limits[resource] ?? Infinity)),
    });
  }
  return owners;
}

function grows(before: Json | null, after: Json): readonly string[] {
  const old = before ? amounts(before) : {};
  return Object.entries(amounts(after)).flatMap(([key, amount]) => (amount > (old[key] ?? 0) ? [key] : []));
}

function check(owner: Owner, resource: string, what: string, world: World): void {
  let used = 0;
  for (const { json } of world.model.nodes.values()) if (json && owner.has(json)) used += amounts(json)[resource] ?? 0;
  const limit = owner.limit(resource);
  if (used > limit) fail(world, `${what}: ${used} ${resource} of ${limit} in ${owner.name}`);
}

/** The machines of nodes that have a record: no more of them than the pool may have. */
function checkServers(world: World): void {
  const living = new Map<string, number>();
  const nodes = new Map<string, Json>();
  for (const { metadata } of world.servers) {
    const node = world.model.nodes.get(metadata['nodepool_node_id'] ?? '')?.json;
    const pool = `${String(node?.['provider'])}/${String(node?.['pool'])}`;
    if (!node || node['provider'] !== metadata['nodepool_provider_name'] || world.isOfLostStore(metadata)) continue;
    living.set(pool, (living.get(pool) ?? 0) + 1);
    nodes.set(pool, node);
  }
  for (const [pool, count] of living) {
    const owner = ownersOf(nodes.get(pool) ?? {}, world)[0];
    const limit = owner?.limit('instances') ?? Infinity;
    // A limit that was lowered takes no machine away.
    const records = [...world.model.nodes.values()].filter(({ json }) => json && owner?.has(json)).length;
    if (count > Math.max(limit, records)) fail(world, `${count} servers of ${limit} live in ${pool}`);
  }
}

export function amounts(node: Json): Amounts {
  const resources = node['resources'];
  return typeof resources === 'object' && resources !== null ? (resources as Amounts) : { instances: 1 };
}

function fail(world: World, detail: string): void {
  world.chronicle.fail('limits hold strictly', detail);
}
