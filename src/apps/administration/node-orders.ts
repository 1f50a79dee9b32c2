import { leaseInComment } from '../../domain/model/lease.js';
import type { Node } from '../../domain/model/node.js';
import type { NodepoolConfig } from '../../domain/config/config.js';
import type { NodeCommands, NodeOutcome } from '../../ports/administration/commands.js';
import { NodeBusyError, NodeDamagedError } from '../../ports/administration/errors.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { withDeadline } from '../../ports/toolkit/deadline.js';
import { linkAbort } from '../../ports/toolkit/linked-abort.js';
import type { NodeRecords } from '../../ports/records/nodes.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { errorFields, type Logger } from '../../ports/telemetry/logger.js';
import { nodeRow } from './node-row.js';
import type { ProviderAccess } from './provider-access.js';
import { isRecordName } from './record-name.js';

/** Seconds that an order waits for a node's lock (spec BUILDER 3.3). */
const LOCK_WAIT = 5;
/** Seconds that `delete --now` gives the cloud (spec BUILDER 3.3). */
const CLOUD_WAIT = 600;

/** How often `delete --now` tries to remove a record that others contend for. */
const REMOVALS = 5;

/** Whether the node's record still exists after what was done under its lock. */
type Fate = { readonly kind: 'kept' | 'gone' } | Extract<NodeOutcome, { kind: 'refused' }>;

export class NodeOrders implements NodeCommands {
  constructor(
    private readonly nodes: NodeRecords,
    private readonly config: () => NodepoolConfig,
    private readonly provider: ProviderAccess,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  delete(id: string, options: { readonly now?: boolean } = {}, signal?: AbortSignal): Promise<NodeOutcome> {
    return this.underLock(id, signal, async (lease) => {
      if (options.now) return this.deleteNow(lease, signal);
      await lease.update({ state: 'deleting' });
      return { kind: 'kept' };
    });
  }

  hold(id: string, { reason }: { readonly reason?: string } = {}, signal?: AbortSignal): Promise<NodeOutcome> {
    return this.underLock(id, signal, async (lease) => {
      await lease.update({ state: 'hold', ...(reason === undefined ? {} : { comment: reason }) });
      return { kind: 'kept' };
    });
  }

  private async deleteNow(lease: RecordLease<Node>, signal?: AbortSignal): Promise<Fate> {
    const { provider } = lease.current.value;
    if (provider === null || !this.config().providers.has(provider)) {
      return {
        kind: 'refused',
        code: 'PROVIDER_NOT_CONFIGURED',
        message: `Provider ${provider} for node ${lease.id} not defined on this launcher`,
      };
    }
    await lease.update({ state: 'deleting' });
    try {
      await this.deleteMachine(provider, lease, signal);
    } catch (error: unknown) {
      signal?.throwIfAborted();
      this.logger.error(`Cannot delete the machine of node ${lease.id}; the launchers will try again`, {
        node: lease.id,
        provider,
        ...errorFields(error),
      });
      return { kind: 'kept' };
    }
    if (await lease.remove()) return { kind: 'gone' };
    return this.removeRecord(lease.id, signal);
  }

  /** Somebody stood in line for the lock, most likely a launcher about to delete the node itself: wait for our turn. */
  private async removeRecord(id: string, signal?: AbortSignal): Promise<Fate> {
    for (let attempt = 0; attempt < REMOVALS; attempt += 1) {
      const outcome = await this.nodes.lock(id, { wait: LOCK_WAIT, ...(signal ? { signal } : {}) });
      if (outcome.kind === 'gone') return { kind: 'gone' };
      if (outcome.kind !== 'locked') break;
      if (await outcome.lease.remove()) return { kind: 'gone' };
    }
    return { kind: 'kept' };
  }

  private async deleteMachine(provider: string, lease: RecordLease<Node>, signal?: AbortSignal): Promise<void> {
    const { externalId } = lease.current.value;
    if (externalId === null) return;
    const ends = linkAbort(lease.signal, ...(signal ? [signal] : []));
    const what = `deleting ${externalId} in ${provider}`;
    try {
      await withDeadline(this.clock, CLOUD_WAIT, what, ends.signal, async (inner) => {
        const cloud = await this.provider(provider, inner);
        await cloud.delete(externalId, inner);
      });
    } finally {
      ends.dispose();
    }
  }

  private async underLock(
    id: string,
    signal: AbortSignal | undefined,
    act: (lease: RecordLease<Node>) => Promise<Fate>,
  ): Promise<NodeOutcome> {
    const lease = await this.lock(id, signal);
    if (!lease) return { kind: 'refused', code: 'NODE_NOT_FOUND', message: `Node id ${id} not found` };
    let fate: Fate;
    try {
      fate = await act(lease);
    } finally {
      await lease.release();
    }
    if (fate.kind === 'refused') return fate;
    return { kind: 'done', node: fate.kind === 'gone' ? null : nodeRow(id, lease.current.value, false) };
  }

  private async leaseOf(id: string): Promise<string | null> {
    const node = (await this.nodes.read(id))?.value;
    return (node?.state === 'in-use' ? leaseInComment(node.comment) : undefined) ?? null;
  }

  /** Undefined when there is no such node. */
  private async lock(id: string, signal?: AbortSignal): Promise<RecordLease<Node> | undefined> {
    if (!isRecordName(id)) return undefined;
    const outcome = await this.nodes.lock(id, { wait: LOCK_WAIT, ...(signal ? { signal } : {}) });
    switch (outcome.kind) {
      case 'locked':
        return outcome.lease;
      case 'gone':
        return undefined;
      case 'busy':
        throw new NodeBusyError(id, LOCK_WAIT, await this.leaseOf(id));
      case 'damaged':
        throw new NodeDamagedError(id);
    }
  }
}
