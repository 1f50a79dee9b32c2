import { openStackLabelSettings } from '../../domain/config/openstack.js';
import { withDeadline, DeadlineError } from '../../ports/toolkit/deadline.js';
import type { CloudSession } from './cloud-session.js';
import type { FloatingAddresses } from './floating-addresses.js';
import { isGone } from './server.js';
import { deleteServer } from './servers.js';

/** Nova forgets a deletion now and then: after so many seconds it is asked again. */
const ASK_AGAIN = 60;

/** Deletes servers with what belongs to them, and waits until they are gone (spec BUILDER 6.7). */
export class ServerRemover {
  constructor(
    private readonly session: CloudSession,
    private readonly floating: FloatingAddresses,
  ) {}

  /** @throws ApiError, or the signal's reason */
  async delete(id: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.givesAddresses()) await this.floating.remove(id, signal);
    while (await deleteServer(this.session.client, id, signal)) {
      if (await this.untilGone(id, signal)) return;
    }
  }

  /** Answers false when it takes long. */
  private async untilGone(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      await withDeadline(this.session.context.clock, ASK_AGAIN, `the deletion of ${id}`, signal, (inner) =>
        this.session.servers.until((snapshot) => {
          const server = snapshot.get(id);
          return !server || isGone(server) ? true : undefined;
        }, inner),
      );
      return true;
    } catch (error) {
      if (error instanceof DeadlineError && !signal.aborted) return false;
      throw error;
    }
  }

  /** Whether any server of this provider may have got an address from us. */
  private givesAddresses(): boolean {
    const { config, access } = this.session;
    if (access.private) return false;
    return [...config.pools.values()].some((pool) =>
      [...pool.labels.values()].some((label) => openStackLabelSettings(label).autoFloatingIp),
    );
  }
}
