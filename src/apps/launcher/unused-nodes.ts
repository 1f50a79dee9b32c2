import type { Reason } from '../../domain/explain/reason.js';
import { describeReasons } from '../../domain/explain/reason.js';
import type { NodeId } from '../../domain/model/node.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { withLock } from '../../ports/toolkit/with-lock.js';
import type { Supervisor } from '../../ports/toolkit/supervisor.js';
import type { NodeIndex } from './node-index.js';
import type { WakeHub } from './wake-hub.js';
import type { LauncherServices } from './services.js';
import { moveNode } from './moves.js';

/** Gives up free nodes so that waiting requests get their room; the reaper does the deletion itself (spec LAUNCHER 2.6-5b). */
export class UnusedNodes {
  private readonly underway = new Map<NodeId, { readonly provider: string | null; readonly pool: string | null }>();

  constructor(
    private readonly services: LauncherServices,
    private readonly tasks: Supervisor,
    private readonly index: Pick<NodeIndex, 'claim'>,
    private readonly hub: Pick<WakeHub, 'wake'>,
  ) {}

  /** Nodes of a pool that were chosen but whose records do not say so yet. */
  beingDeleted(provider: string, pool: string): number {
    let count = 0;
    for (const node of this.underway.values()) if (node.provider === provider && node.pool === pool) count += 1;
    return count;
  }

  delete(id: NodeId, because: readonly Reason[]): void {
    const node = this.services.records.nodes.view.get(id);
    if (!node || this.underway.has(id)) return;
    this.underway.set(id, node.value);
    const giveBack = this.index.claim(id);
    this.tasks.start(`making room with node ${id}`, async () => {
      try {
        await this.markDeleting(id, because);
      } catch (error) {
        this.services.logger.warn(`Node ${id} could not be given up`, { node: id, ...errorFields(error) });
      } finally {
        this.underway.delete(id);
        giveBack();
        this.hub.wake();
      }
    });
  }

  private async markDeleting(id: NodeId, because: readonly Reason[]): Promise<void> {
    await withLock(this.services.records.nodes, id, async (lease) => {
      const { state, allocatedTo } = lease.current.value;
      if (state !== 'ready' || allocatedTo !== null) return;
      this.services.logger.info(`Deleting unused node ${id} to make room`, {
        node: id,
        because: describeReasons(because),
      });
      await moveNode(lease, 'deleting');
    });
  }
}
