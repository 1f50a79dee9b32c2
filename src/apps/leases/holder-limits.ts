import { deadlinesFound } from '../../domain/decide/lease-end.js';
import type { LeaseId, NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';
import { LeaseRefusedError } from '../../ports/leasing/lease-desk.js';
import type { LeaseServices } from './services.js';

/** Seconds that the lock of a holder is waited for: whoever has it makes one batch of leases. */
const LOCK_WAIT = 10;
/** Seconds after which a holder whose leases are used up is to ask again at most. */
const LATEST = 60;

/**
 * Counts the leases of one holder and makes new ones under one lock over all gateways, so that their number never exceeds the limit
 * however many ask at once [L5]. Within one process those who ask together share the lock.
 */
export class HolderLimits {
  private readonly queues = new Map<string, Promise<unknown>>();

  constructor(private readonly services: Pick<LeaseServices, 'records' | 'clock'>) {}

  /** @throws LeaseRefusedError `too-many-leases` */
  within<T>(holder: string, most: number, make: () => Promise<T>): Promise<T> {
    const before = this.queues.get(holder) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.locked(holder, most, make));
    this.queues.set(holder, turn);
    const done = (): void => {
      if (this.queues.get(holder) === turn) this.queues.delete(holder);
    };
    turn.then(done, done);
    return turn;
  }

  private async locked<T>(holder: string, most: number, make: () => Promise<T>): Promise<T> {
    const lock = await this.services.records.leases.lockHolder(holder, LOCK_WAIT);
    if (lock === 'busy')
      throw new LeaseRefusedError('store-away', 'Other calls of this holder take their time.', { retryAfter: 1 });
    try {
      const running = await this.running(holder, most);
      if (running.length >= most) throw this.tooMany(most, running);
      if (lock.signal.aborted) throw new LeaseRefusedError('store-away', 'The store went away.', { retryAfter: 1 });
      return await make();
    } finally {
      await lock.release();
    }
  }

  /**
   * Leases that have not ended. Under the lock the store shows all that were made; the mirror is believed where it says that one has
   * ended, which is for good, and asked first.
   */
  private async running(holder: string, most: number): Promise<readonly Stored<NodeLease>[]> {
    const { leases } = this.services.records;
    const ids = await leases.ids();
    const candidates = ids.filter((id) => this.mayRun(id, holder));
    if (candidates.length < most) return [];
    const records = await Promise.all(candidates.map((id) => leases.read(id)));
    return records.filter(
      (record): record is Stored<NodeLease> =>
        record !== undefined && record.value.holder === holder && record.value.state !== 'ended',
    );
  }

  private mayRun(id: LeaseId, holder: string): boolean {
    const known = this.services.records.leases.view.get(id)?.value;
    return !known || (known.holder === holder && known.state !== 'ended');
  }

  private tooMany(most: number, running: readonly Stored<NodeLease>[]): LeaseRefusedError {
    const { clock } = this.services;
    const moment = { monotonic: 0, now: clock.now() };
    const ends = running.map(({ value }) => {
      const { wait, expiry, limit } = deadlinesFound(value, moment);
      return Math.min(wait, expiry, limit);
    });
    const retryAfter = Math.min(LATEST, Math.max(1, Math.min(...ends)));
    const detail = `The holder has ${running.length} leases; max-leases is ${most}.`;
    return new LeaseRefusedError('too-many-leases', detail, { retryAfter });
  }
}
