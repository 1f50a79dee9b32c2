import type { AcquireOptions, AcquireResult, Lease, LeaseManager } from '../../ports/coordination/lease.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { LockOptions, LockOutcome } from '../../ports/records/record-lease.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Stored } from '../../domain/model/stored.js';
import type { LockableKind, StatefulRecord } from './lockable-kind.js';
import { parseRecord } from './record-codec.js';
import type { RecordWatch } from './record-watch.js';
import { TreeRecordLease } from './tree-record-lease.js';

/** Takes locks of records and reads what they guard again under them. */
export class RecordLocker<T extends StatefulRecord> {
  constructor(
    private readonly kind: LockableKind<T>,
    private readonly store: TreeStore,
    private readonly leases: LeaseManager,
    private readonly clock: Clock,
    private readonly watch: RecordWatch<T>,
  ) {}

  async lock(id: string, options: LockOptions = {}): Promise<LockOutcome<T>> {
    return this.attempt(id, options, this.kind.lockBeside, (lease) => this.readUnder(lease, id));
  }

  /** The first write is fenced by the version, so what was created need not be read again. */
  async lockCreated(created: Stored<T>): Promise<LockOutcome<T>> {
    return this.attempt(created.id, {}, true, (lease) => Promise.resolve(this.hold(lease, created, undefined)));
  }

  /** The bare lock. `newDirectory`: its directory has most likely to be made. */
  async acquire(id: string, options: LockOptions, newDirectory: boolean): Promise<AcquireResult> {
    const directory = this.kind.lockPath(id);
    const how: AcquireOptions = {
      wait: options.wait ?? 0,
      newDirectory,
      ...(options.signal ? { signal: options.signal } : {}),
    };
    const acquired = await this.leases.acquire(directory, how);
    const noFolder = this.kind.lockBeside && 'refused' in acquired && acquired.refused === 'gone';
    return noFolder ? this.leases.acquire(directory, { ...how, makeParents: true }) : acquired;
  }

  private async attempt(
    id: string,
    options: LockOptions,
    newDirectory: boolean,
    proceed: (lease: Lease) => Promise<LockOutcome<T>>,
  ): Promise<LockOutcome<T>> {
    // Who waits for long must not keep the mirror from reading meanwhile.
    const quiet = (options.wait ?? 0) === 0;
    let outcome: 'held' | 'busy' | 'failed' = 'failed';
    if (quiet) this.watch.attemptBegins(id, options.follow);
    try {
      const acquired = await this.acquire(id, options, newDirectory);
      if ('refused' in acquired) {
        if (acquired.refused === 'busy') outcome = 'busy';
        else this.watch.removed(id);
        return { kind: acquired.refused };
      }
      const locked = await this.releaseUnlessLocked(acquired.lease, proceed);
      // A lease lost since it was taken has reported its end already.
      if (locked.kind === 'locked' && !locked.lease.signal.aborted) outcome = 'held';
      if (locked.kind === 'gone' && this.kind.lockBeside) await this.removeLockDirectory(id);
      return locked;
    } finally {
      if (!quiet) this.watch.attemptBegins(id, options.follow);
      this.watch.attemptEnded(id, outcome);
    }
  }

  private async releaseUnlessLocked(
    lease: Lease,
    proceed: (lease: Lease) => Promise<LockOutcome<T>>,
  ): Promise<LockOutcome<T>> {
    let kept = false;
    try {
      const outcome = await proceed(lease);
      kept = outcome.kind === 'locked';
      return outcome;
    } finally {
      if (!kept) await lease.release();
    }
  }

  private async readUnder(lease: Lease, id: string): Promise<LockOutcome<T>> {
    const path = this.kind.recordPath(id);
    const record = await this.store.read(path);
    this.watch.seen(id, record);
    // Empty: a ghost that somebody's lock attempt made of a record just deleted (spec LAUNCHER 7.1).
    if (record === undefined || record.data.length === 0) return { kind: 'gone' };
    const parsed = parseRecord(this.kind.codec, id, path, record);
    return 'stored' in parsed ? this.hold(lease, parsed.stored, record.data) : { kind: 'damaged' };
  }

  private hold(lease: Lease, current: Stored<T>, data: Uint8Array | undefined): LockOutcome<T> {
    const { kind, store, clock, watch } = this;
    return { kind: 'locked', lease: new TreeRecordLease({ kind, store, clock, watch, lease }, current, data) };
  }

  private async removeLockDirectory(id: string): Promise<void> {
    // Somebody else may contend in it, or have removed it; old ones are cleaned up by age anyhow.
    await this.store.remove(this.kind.lockPath(id)).catch(() => false);
  }
}
