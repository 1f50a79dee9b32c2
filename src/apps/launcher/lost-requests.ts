import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { LauncherServices } from './services.js';
import { Wakeup } from '../../ports/runtime/wakeup.js';
import { moveNode, moveRequest } from './moves.js';

/** Seconds. */
const LOOK_AGAIN = 1;

/**
 * Puts requests back that a dead launcher left `pending`: their nodes become free, the request `requested`
 * (spec LAUNCHER 2.11). Nodes that somebody else holds are skipped, never waited for (weakness 20).
 */
export class LostRequests {
  private readonly wakeup: Wakeup;

  constructor(
    private readonly services: LauncherServices,
    /** Does this process serve the request itself? */
    private readonly handledHere: (id: RequestId) => boolean,
  ) {
    this.wakeup = new Wakeup(services.clock);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { records, intervals } = this.services;
    const unsubscribe = records.requests.view.onChange((change) => {
      const freed = change.kind === 'locking' && !change.locked && isPending(records.requests.view.get(change.id));
      if (freed || change.kind === 'resynced') this.wakeup.wake();
    });
    try {
      while (!signal.aborted) {
        const all = await this.pass();
        await this.wakeup.wait(all ? intervals.cleanup : LOOK_AGAIN, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      unsubscribe();
    }
  }

  /** Answers whether all lost ones are back; not so while this process is just letting one go itself. */
  private async pass(): Promise<boolean> {
    const { view } = this.services.records.requests;
    let all = true;
    for (const { id, value } of [...view.all().values()]) {
      if (value.state !== 'pending' || view.locked(id)) continue;
      if (this.handledHere(id)) {
        all = false;
        continue;
      }
      try {
        await this.reset(id);
      } catch (error) {
        this.services.logger.warn(`Lost request ${id} could not be put back`, {
          request: id,
          eventId: value.eventId,
          ...errorFields(error),
        });
      }
    }
    return all;
  }

  private async reset(id: RequestId): Promise<void> {
    const outcome = await this.services.records.requests.lock(id);
    if (outcome.kind !== 'locked') return;
    const { lease } = outcome;
    try {
      const { state, eventId } = lease.current.value;
      if (state !== 'pending') return;
      this.services.logger.info(`Request ${id} was lost by its launcher; putting it back`, { request: id, eventId });
      await this.freeNodes(lease);
      await moveRequest(lease, 'requested', { nodes: [] });
    } finally {
      await lease.release();
    }
  }

  private async freeNodes(request: RecordLease<NodeRequest>): Promise<void> {
    const { nodes } = this.services.records;
    for (const { id, value } of [...nodes.view.all().values()]) {
      if (value.allocatedTo !== request.id) continue;
      const outcome = await nodes.lock(id);
      if (outcome.kind !== 'locked') continue;
      const { lease } = outcome;
      try {
        const node = lease.current.value;
        if (node.allocatedTo !== request.id) continue;
        if (node.state === 'init') await moveNode(lease, 'deleting', { allocatedTo: null });
        else if (node.state === 'ready') await lease.update({ allocatedTo: null, tenantName: null });
        else await lease.update({ allocatedTo: null });
      } finally {
        await lease.release();
      }
    }
  }
}

function isPending(request: Stored<NodeRequest> | undefined): boolean {
  return request?.value.state === 'pending';
}
