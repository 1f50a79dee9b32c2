import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { LauncherServices } from './services.js';
import { ControlLoop } from '../../ports/toolkit/control-loop.js';
import { withLock } from '../../ports/toolkit/with-lock.js';
import type { PoolRoster } from './pool-roster.js';
import { moveNode, moveRequest } from './moves.js';

/** Seconds. */
const CHECK_AGAIN = 1;

/**
 * Puts requests back that a dead launcher left `pending`: their nodes become free, the request `requested`
 * (spec LAUNCHER 2.11). Nodes that somebody else holds are skipped, never waited for (weakness 20).
 */
export class LostRequests {
  private readonly loop: ControlLoop;

  constructor(
    private readonly services: LauncherServices,
    private readonly roster: Pick<PoolRoster, 'handles'>,
  ) {
    this.loop = new ControlLoop(services.clock);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { records, intervals } = this.services;
    const { view } = records.requests;
    await this.loop.run(
      {
        subscribe: (wake) => [
          view.onChange((change) => {
            const freed = change.kind === 'locking' && !change.locked && isPending(view.get(change.id));
            if (freed || change.kind === 'resynced') wake();
          }),
        ],
        pass: async () => ((await this.pass()) ? intervals.cleanup : CHECK_AGAIN),
      },
      signal,
    );
  }

  /** Answers whether all lost ones are back; not so while this process is just letting one go itself. */
  private async pass(): Promise<boolean> {
    const { view } = this.services.records.requests;
    let all = true;
    for (const { id, value } of [...view.all().values()]) {
      if (value.state !== 'pending' || view.locked(id)) continue;
      if (this.roster.handles(id)) {
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
    await withLock(this.services.records.requests, id, async (lease) => {
      const { state, eventId } = lease.current.value;
      if (state !== 'pending') return;
      this.services.logger.info(`Request ${id} was lost by its launcher; putting it back`, { request: id, eventId });
      await this.freeNodes(lease);
      await moveRequest(lease, 'requested', { nodes: [] });
    });
  }

  private async freeNodes(request: RecordLease<NodeRequest>): Promise<void> {
    const { nodes } = this.services.records;
    for (const { id, value } of [...nodes.view.all().values()]) {
      if (value.allocatedTo !== request.id) continue;
      await withLock(nodes, id, async (lease) => {
        const node = lease.current.value;
        if (node.allocatedTo !== request.id) return;
        if (node.state === 'init') await moveNode(lease, 'deleting', { allocatedTo: null });
        else if (node.state === 'ready') await lease.update({ allocatedTo: null, tenantName: null });
        else await lease.update({ allocatedTo: null });
      });
    }
  }
}

function isPending(request: Stored<NodeRequest> | undefined): boolean {
  return request?.value.state === 'pending';
}
