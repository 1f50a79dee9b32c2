import { StoreClosedError } from '../../ports/coordination/errors.js';
import type { LeaseManager } from '../../ports/coordination/lease.js';
import type { SessionMonitor } from '../../ports/coordination/session.js';
import type { Elections } from '../../ports/records/records.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { HostIdentity } from '../../ports/runtime/host-identity.js';
import type { Random } from '../../ports/runtime/random.js';
import { errorFields, type Logger } from '../../ports/telemetry/logger.js';
import { electionPath } from './paths.js';

/** Seconds, up to twice as many, before we stand again after a leadership that ended early or an attempt that failed. */
const PAUSE = 1;

export interface ElectionContext {
  readonly session: SessionMonitor;
  readonly leases: LeaseManager;
  readonly clock: Clock;
  readonly random: Random;
  readonly host: HostIdentity;
  readonly logger: Logger;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Elections are locks held for long (spec LAUNCHER 1.5). */
export class TreeElections implements Elections {
  constructor(private readonly context: ElectionContext) {}

  async run(name: string, lead: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { session, clock, random, logger } = this.context;
    while (!signal.aborted) {
      try {
        await session.connected(signal);
        await this.stand(name, lead, signal);
      } catch (error) {
        // Whoever stands for election again as long as he is not told to stop would find us back at once.
        if (error instanceof StoreClosedError) return untilAborted(signal);
        if (signal.aborted) return;
        logger.warn('An election was cut short; we stand again.', { election: name, ...errorFields(error) });
      }
      await sleep(clock, PAUSE * (1 + random.next()), signal).catch(() => undefined);
    }
  }

  private async stand(name: string, lead: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { leases, host } = this.context;
    const acquired = await leases.acquire(electionPath(name), {
      wait: Infinity,
      identifier: `${host.hostname}-${host.pid}`,
      makeParents: true,
      signal,
    });
    if ('refused' in acquired) return;
    try {
      await lead(AbortSignal.any([acquired.lease.signal, signal]));
    } finally {
      await acquired.lease.release();
    }
  }
}
