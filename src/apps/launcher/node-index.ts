import { addResources, NO_RESOURCES } from '../../domain/model/quota.js';
import type { Resources } from '../../domain/model/quota.js';
import type { Node, NodeId } from '../../domain/model/node.js';
import type { Stored } from '../../domain/model/stored.js';
import type { RecordChange, RecordView } from '../../ports/records/view.js';
import type { ProviderDrivers } from './provider-drivers.js';
import { FreeNodeIndex } from './free-nodes.js';

/**
 * Sums over all node records, kept up to date change by change: what providers, pools and tenants use, and which nodes are free.
 * Every record counts in whatever state (spec LAUNCHER 2.10).
 */
export class NodeIndex {
  private readonly counted = new Map<NodeId, { readonly node: Stored<Node>; readonly resources: Resources }>();
  private readonly sums = new Map<string, Resources>();
  private readonly freeByPool = new Map<string, FreeNodeIndex>();
  private readonly claims = new Map<NodeId, number>();
  private readonly leavingByPool = new Map<string, number>();
  private readonly unsubscribe: readonly (() => void)[];

  constructor(
    private readonly view: RecordView<Node>,
    /** Say what a node takes whose record does not. */
    private readonly drivers: Pick<ProviderDrivers, 'resourcesOf' | 'usable' | 'onChange'>,
  ) {
    this.unsubscribe = [
      view.onChange((change) => this.apply(change)),
      drivers.onChange((provider) => this.countAgain(provider)),
    ];
    this.rebuild();
  }

  close(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }

  providerUsage(provider: string): Resources {
    return this.sums.get(providerKey(provider)) ?? NO_RESOURCES;
  }

  poolUsage(provider: string, pool: string): Resources {
    return this.sums.get(poolKey(provider, pool)) ?? NO_RESOURCES;
  }

  tenantUsage(tenant: string): Resources {
    return this.sums.get(`t:${tenant}`) ?? NO_RESOURCES;
  }

  /** Ready, unallocated nodes of a pool that nobody has claimed. */
  free(provider: string, pool: string): Pick<FreeNodeIndex, 'all' | 'locked' | 'withLabel'> {
    return this.freeByPool.get(poolKey(provider, pool)) ?? NONE;
  }

  /** Somebody is about to take a free node: it is not free for others until that is given back, once. */
  claim(id: NodeId): () => void {
    this.claims.set(id, (this.claims.get(id) ?? 0) + 1);
    const entry = this.counted.get(id);
    if (entry) this.freeOf(entry.node.value).remove(id);
    let open = true;
    return () => {
      if (open) this.unclaim(id);
      open = false;
    };
  }

  isClaimed(id: NodeId): boolean {
    return this.claims.has(id);
  }

  /** Nodes of a pool on their way out. */
  leaving(provider: string, pool: string): number {
    return this.leavingByPool.get(poolKey(provider, pool)) ?? 0;
  }

  private apply(change: RecordChange<Node>): void {
    if (change.kind === 'resynced') return this.rebuild();
    if (change.kind === 'locking') return this.relock(change.id, change.locked);
    this.forget(change.id);
    if (change.kind === 'added' || change.kind === 'updated') this.count(change.after);
  }

  private rebuild(): void {
    for (const id of [...this.counted.keys()]) this.forget(id);
    for (const node of this.view.all().values()) this.count(node);
  }

  /** Before its driver was there nobody could say what a node takes whose record does not. */
  private countAgain(provider: string): void {
    if (!this.drivers.usable(provider)) return;
    for (const { node } of [...this.counted.values()]) {
      if (node.value.provider !== provider || node.value.resources !== null) continue;
      this.forget(node.id);
      this.count(node);
    }
  }

  private count(node: Stored<Node>): void {
    const { value } = node;
    if (value.provider === null) return;
    const resources = value.resources ?? this.drivers.resourcesOf(value.provider, value.pool, value.type[0]);
    this.counted.set(node.id, { node, resources });
    for (const key of sumKeys(value)) this.sums.set(key, addResources(this.sums.get(key) ?? NO_RESOURCES, resources));
    const pool = poolKey(value.provider, value.pool ?? '');
    this.offer(node);
    if (isLeaving(value)) this.leavingByPool.set(pool, (this.leavingByPool.get(pool) ?? 0) + 1);
  }

  private offer(node: Stored<Node>): void {
    const { id, value } = node;
    if (value.state !== 'ready' || value.allocatedTo !== null || this.claims.has(id)) return;
    this.freeOf(value).add(node, this.view.locked(id));
  }

  private unclaim(id: NodeId): void {
    const left = (this.claims.get(id) ?? 1) - 1;
    if (left > 0) this.claims.set(id, left);
    else this.claims.delete(id);
    const entry = this.counted.get(id);
    if (entry && left === 0) this.offer(entry.node);
  }

  private relock(id: NodeId, locked: boolean): void {
    const entry = this.counted.get(id);
    if (entry) this.freeOf(entry.node.value).setLocked(id, locked);
  }

  private freeOf({ provider, pool }: Pick<Node, 'provider' | 'pool'>): FreeNodeIndex {
    const key = poolKey(provider ?? '', pool ?? '');
    let free = this.freeByPool.get(key);
    if (!free) this.freeByPool.set(key, (free = new FreeNodeIndex()));
    return free;
  }

  private forget(id: NodeId): void {
    const entry = this.counted.get(id);
    if (!entry) return;
    this.counted.delete(id);
    const { value } = entry.node;
    const minus = Object.fromEntries(Object.entries(entry.resources).map(([key, amount]) => [key, -amount]));
    for (const key of sumKeys(value)) this.sums.set(key, addResources(this.sums.get(key) ?? NO_RESOURCES, minus));
    const pool = poolKey(value.provider ?? '', value.pool ?? '');
    this.freeOf(value).remove(id);
    if (isLeaving(value)) this.leavingByPool.set(pool, (this.leavingByPool.get(pool) ?? 0) - 1);
  }
}

const NONE = new FreeNodeIndex();

function isLeaving(node: Node): boolean {
  return node.state === 'deleting' || node.state === 'deleted' || node.state === 'used';
}

function providerKey(provider: string): string {
  return `p:${provider}`;
}

function poolKey(provider: string, pool: string): string {
  return `l:${provider}\n${pool}`;
}

function sumKeys(node: Node): readonly string[] {
  const keys = [providerKey(node.provider ?? ''), poolKey(node.provider ?? '', node.pool ?? '')];
  return node.tenantName === null ? keys : [...keys, `t:${node.tenantName}`];
}
