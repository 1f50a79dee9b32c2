import { leaseComment, type LeasedNode, type LeaseId } from '../../domain/model/lease.js';
import type { Node, NodeId } from '../../domain/model/node.js';
import type { RequestId } from '../../domain/model/request.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { LeaseServices } from './services.js';

/** Seconds that a node's lock is waited for: whoever has it looks whether it is to be cleaned up, and lets it go. */
const LOCK_WAIT = 10;

/** Why nodes cannot be had. */
export interface NodesRefused {
  readonly problem: string;
}

/** The nodes of one lease, under their locks. */
export class HeldNodes {
  private leases: readonly RecordLease<Node>[] = [];

  constructor(
    private readonly services: Pick<LeaseServices, 'records' | 'logger'>,
    private readonly lease: LeaseId,
  ) {}

  get held(): boolean {
    return this.leases.length > 0;
  }

  /** Is one of the locks lost? */
  get broken(): boolean {
    return this.leases.some(({ signal }) => signal.aborted);
  }

  get values(): readonly { readonly id: NodeId; readonly node: Node }[] {
    return this.leases.map(({ id, current }) => ({ id, node: current.value }));
  }

  /** Takes nodes that a request was given. Nothing is held after a refusal. */
  takeAllocated(ids: readonly NodeId[], request: RequestId, signal: AbortSignal): Promise<NodesRefused | undefined> {
    return this.take(ids, signal, (node) =>
      node.allocatedTo === request && node.state === 'ready'
        ? undefined
        : `is ${node.state}, allocated to ${String(node.allocatedTo)}`,
    );
  }

  /** Takes the nodes of an active lease whose gateway is gone. */
  takeOver(ids: readonly NodeId[], signal: AbortSignal): Promise<NodesRefused | undefined> {
    return this.take(ids, signal, (node) =>
      node.state === 'in-use' && node.comment === leaseComment(this.lease) ? undefined : `is ${node.state}`,
    );
  }

  async use(): Promise<void> {
    const comment = leaseComment(this.lease);
    await Promise.all(this.leases.map((lease) => lease.update({ state: 'in-use', comment })));
  }

  /** Of a node that somebody has taken away from the lease, by what the mirror shows. */
  lost(nodes: readonly LeasedNode[]): NodesRefused | undefined {
    const { view } = this.services.records.nodes;
    if (!view.complete) return undefined;
    for (const { id } of nodes) {
      const state = view.get(id)?.value.state;
      if (state === undefined) return { problem: `node ${id} is gone` };
      if (state !== 'in-use') return { problem: `node ${id} is ${state}` };
    }
    return undefined;
  }

  /** Sets those that are still the lease's `used`, and lets all go. Never rejects: whoever finds them unlocked does the same. */
  async giveBack(): Promise<void> {
    await Promise.all(
      this.leases.map(async (lease) => {
        const { state } = lease.current.value;
        try {
          if (state === 'in-use' || state === 'ready') await lease.update({ state: 'used' });
        } catch (error) {
          this.services.logger.warn(`Node ${lease.id} could not be given back`, {
            node: lease.id,
            lease: this.lease,
            ...errorFields(error),
          });
        }
      }),
    );
    await this.release();
  }

  /** Lets go of the locks; the nodes stay as they are. */
  async release(): Promise<void> {
    const all = this.leases;
    this.leases = [];
    await Promise.all(all.map((lease) => lease.release()));
  }

  private async take(
    ids: readonly NodeId[],
    signal: AbortSignal,
    check: (node: Node) => string | undefined,
  ): Promise<NodesRefused | undefined> {
    const outcomes = await Promise.allSettled(
      ids.map((id) => this.services.records.nodes.lock(id, { wait: LOCK_WAIT, follow: true, signal })),
    );
    const taken = outcomes.flatMap((each) =>
      each.status === 'fulfilled' && each.value.kind === 'locked' ? [each.value.lease] : [],
    );
    this.leases = taken;
    const failed = outcomes.find((each) => each.status === 'rejected');
    const problems = outcomes.flatMap((each, index) => {
      if (each.status === 'rejected') return [];
      if (each.value.kind !== 'locked') return [`node ${ids[index] ?? ''} is ${each.value.kind}`];
      const wrong = check(each.value.lease.current.value);
      return wrong === undefined ? [] : [`node ${ids[index] ?? ''} ${wrong}`];
    });
    if (!failed && problems.length === 0) return undefined;
    await this.release();
    if (failed) throw failed.reason;
    return { problem: problems.join(', ') };
  }
}
