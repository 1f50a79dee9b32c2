import type { LeaseId, NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';
import type { LeaseCaller, LeaseDescription } from '../../ports/leasing/lease-desk.js';
import { Wakeup } from '../../ports/toolkit/wakeup.js';
import { assertVisible } from './desk-rules.js';
import type { LeaseDescriptions } from './lease-descriptions.js';
import type { LeaseWatch } from './lease-watch.js';
import type { LeaseServices } from './services.js';

/** The part of a `ttl` after which a follower's sign of life is given again; and the longest pause, seconds. */
const BEAT_PART = 4;
const LONGEST_PAUSE = 60;

/** Waiting for a lease, once or for as long as it lasts. */
export class LeaseFollower {
  constructor(
    private readonly services: Pick<LeaseServices, 'records' | 'clock'>,
    private readonly watch: LeaseWatch,
    private readonly descriptions: LeaseDescriptions,
    private readonly describe: (id: LeaseId, caller: LeaseCaller) => Promise<LeaseDescription>,
  ) {}

  async await(id: LeaseId, caller: LeaseCaller, seconds: number, signal: AbortSignal): Promise<LeaseDescription> {
    const first = await this.describe(id, caller);
    if (first.lease.value.state !== 'waiting' || seconds <= 0) return first;
    const moved = await this.untilMoved(id, seconds, signal);
    return moved ? this.descriptions.of(assertVisible(moved, caller)) : this.describe(id, caller);
  }

  async follow(
    id: LeaseId,
    caller: LeaseCaller,
    signal: AbortSignal,
    tell: (description: LeaseDescription) => void,
  ): Promise<void> {
    const wakeup = new Wakeup(this.services.clock);
    const unsubscribe = this.watch.add(id, () => wakeup.wake());
    try {
      const first = await this.describe(id, caller);
      tell(first);
      await this.tellChanges(id, caller, first.lease, signal, wakeup, tell);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      unsubscribe();
    }
  }

  private async tellChanges(
    id: LeaseId,
    caller: LeaseCaller,
    first: Stored<NodeLease>,
    signal: AbortSignal,
    wakeup: Wakeup,
    tell: (description: LeaseDescription) => void,
  ): Promise<void> {
    const { clock, records } = this.services;
    let told = first;
    let beatAt = clock.monotonic();
    while (told.value.state !== 'ended') {
      const pause = Math.min(LONGEST_PAUSE, told.value.ttl / BEAT_PART);
      await wakeup.wait(Math.max(0, beatAt + pause - clock.monotonic()), signal);
      const due = clock.monotonic() - beatAt >= pause;
      if (due) beatAt = clock.monotonic();
      const seen = due ? (await this.describe(id, caller)).lease : records.leases.view.get(id);
      const now = assertVisible(seen ?? (await records.leases.read(id)), caller);
      if (now.version <= told.version || !differs(told.value, now.value)) continue;
      told = now;
      tell(await this.descriptions.of(now));
    }
  }

  /** The lease when it is not waiting any more; undefined after so many seconds, or when the record is gone. */
  private untilMoved(id: LeaseId, seconds: number, signal: AbortSignal): Promise<Stored<NodeLease> | undefined> {
    return new Promise((resolve) => {
      const finish = (lease?: Stored<NodeLease>): void => {
        unsubscribe();
        cancel();
        signal.removeEventListener('abort', onAbort);
        resolve(lease);
      };
      const onAbort = (): void => finish();
      const moved = (lease: Stored<NodeLease> | undefined): void => {
        if (lease?.value.state !== 'waiting') finish(lease);
      };
      const unsubscribe = this.watch.add(id, moved);
      const cancel = this.services.clock.schedule(seconds, () => finish());
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) return finish();
      // What happened before we listened; a mirror that has not met the lease yet will tell.
      const known = this.services.records.leases.view.get(id);
      if (known) moved(known);
    });
  }
}

/** Renewals are no changes. */
function differs(before: NodeLease, after: NodeLease): boolean {
  return signature(before) !== signature(after);
}

function signature(lease: NodeLease): string {
  return JSON.stringify({ ...lease, heartbeat: null, expiresAt: null, cappedBy: null });
}
