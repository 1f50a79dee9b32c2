import type { LoggedChange } from '../transaction-log.js';
import type { LogRule } from './log-rule.js';
import type { Fields } from './logged-tree.js';

export interface NodeLimits {
  /** Of all nodes. */
  readonly servers: number;
  /** Of the nodes of each tenant. */
  readonly tenants: Readonly<Record<string, number>>;
}

/** At no moment there are more nodes than may be, in all and of each tenant: servers are made and gone within the life of one. */
export class LimitRule implements LogRule {
  /** The most there ever were, in all and of any tenant with a limit. */
  readonly most = { nodes: 0, ofTenant: 0 };
  private readonly living = new Map<string, Fields>();

  constructor(private readonly limits: NodeLimits) {}

  see({ kind, path, record }: LoggedChange): readonly string[] {
    const id = /^\/nodepool\/nodes\/([^/]+)$/.exec(path)?.[1];
    if (id === undefined) return [];
    if (kind === 'remove' || record === null) this.living.delete(id);
    else this.living.set(id, record);
    if (kind === 'remove') return [];
    return [...this.inAll(id), ...this.ofTenant(id, record?.['tenant_name'])];
  }

  private inAll(id: string): readonly string[] {
    const { size } = this.living;
    this.most.nodes = Math.max(this.most.nodes, size);
    return size > this.limits.servers ? [`node ${id} makes ${size} of ${this.limits.servers}`] : [];
  }

  private ofTenant(id: string, tenant: unknown): readonly string[] {
    const limit = typeof tenant === 'string' ? this.limits.tenants[tenant] : undefined;
    if (limit === undefined) return [];
    const count = [...this.living.values()].filter((node) => node['tenant_name'] === tenant).length;
    this.most.ofTenant = Math.max(this.most.ofTenant, count);
    return count > limit ? [`node ${id} makes ${count} of ${limit} of tenant ${String(tenant)}`] : [];
  }
}
