import { leaseInComment } from '../../domain/model/lease.js';
import type { Node, NodeId } from '../../domain/model/node.js';
import { LeaseClocks } from '../leases/lease-clocks.js';
import type { LauncherServices } from './services.js';

/** Seconds for which a node is left alone whose lease cannot be told yet. */
const UNKNOWN = 5;

/** Which nodes belong to leases that have not ended: those are not for the launcher to clean up [L10]. */
export class LeasedNodes {
  private readonly clocks: LeaseClocks;

  constructor(private readonly services: Pick<LauncherServices, 'records' | 'clock'>) {
    this.clocks = new LeaseClocks(services);
  }

  /** @param check called with nodes about which something may have changed. Answers how to stop. */
  open(check: (node: NodeId) => void): readonly (() => void)[] {
    this.clocks.open();
    const unsubscribe = this.services.records.leases.view.onChange((change) => {
      const before = 'before' in change ? change.before : undefined;
      const after = 'after' in change ? change.after : undefined;
      if (after?.value.state === before?.value.state) return;
      for (const { id } of before?.value.nodes ?? []) check(id);
    });
    return [unsubscribe, () => this.clocks.close()];
  }

  leaseOf(id: NodeId, { comment, state }: Node): { readonly id: string; readonly left: number } | null {
    const name = state === 'in-use' ? leaseInComment(comment) : undefined;
    if (name === undefined) return null;
    const { records, clock } = this.services;
    const { view } = records.leases;
    const lease = view.get(name)?.value;
    if (!lease) return view.complete ? null : { id: name, left: UNKNOWN };
    const ours = lease.state === 'active' && lease.nodes.some((node) => node.id === id);
    return ours ? { id: name, left: this.clocks.of(name).spare - clock.monotonic() } : null;
  }

  /** The mirror of the leases may lag behind that of the nodes: before anything is deleted the store is asked. */
  async refresh({ comment, state }: Node): Promise<void> {
    const name = state === 'in-use' ? leaseInComment(comment) : undefined;
    if (name !== undefined) await this.services.records.leases.read(name);
  }
}
