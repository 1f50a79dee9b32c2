import type { Stored } from '../../domain/model/stored.js';
import {
  ConnectionLostError,
  NoRecordError,
  NotEmptyError,
  SessionLostError,
  StoreFailureError,
  VersionConflictError,
} from '../../ports/coordination/errors.js';
import { LeaseLostError, type Lease } from '../../ports/coordination/lease.js';
import type { RecordStat, TreeStore } from '../../ports/coordination/tree-store.js';
import { together } from '../../ports/toolkit/transaction.js';
import {
  RecordChangedError,
  RecordGoneError,
  type RecordLease,
  type Releasable,
} from '../../ports/records/record-lease.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { LockableKind, StatefulRecord } from './lockable-kind.js';
import { parseRecord } from './record-codec.js';
import type { RecordWatch } from './record-watch.js';
import { removeUnlocked } from './remove-tree.js';

interface LeaseContext<T> {
  readonly kind: LockableKind<T>;
  readonly store: TreeStore;
  readonly clock: Clock;
  readonly watch: RecordWatch<T>;
  readonly lease: Lease;
}

/** A lease as those see it who let go of it together with their own. */
interface Hold {
  readonly lease: Lease;
  /** Resolves when nothing is being written under it. */
  settled(): Promise<unknown>;
  end(): void;
}

/** Foreign writers that get in between more often than this are not yielded to any more. */
const MAX_CONFLICTS = 5;

export class TreeRecordLease<T extends StatefulRecord> implements RecordLease<T> {
  readonly id: string;
  readonly hold: Hold;
  private stored: Stored<T>;
  private readonly path: string;
  private ended = false;
  /** Writes of one lease go one after the other, each based on the one before. */
  private last: Promise<unknown> = Promise.resolve();

  /** @param data the record as it was read; undefined for one that we have just made */
  constructor(
    private readonly context: LeaseContext<T>,
    current: Stored<T>,
    private data: Uint8Array | undefined,
  ) {
    this.id = current.id;
    this.stored = current;
    this.path = context.kind.recordPath(current.id);
    this.hold = {
      lease: context.lease,
      settled: () => this.last.catch(() => undefined),
      end: () => this.end(),
    };
    const { signal } = context.lease;
    if (signal.aborted) queueMicrotask(() => this.end());
    else signal.addEventListener('abort', () => this.onAbort(), { once: true });
  }

  get current(): Stored<T> {
    return this.stored;
  }

  get signal(): AbortSignal {
    return this.context.lease.signal;
  }

  update(change: Partial<T>): Promise<T> {
    return this.inTurn(() => this.write(change));
  }

  conclude(change: Partial<T>, others: readonly Releasable[] = []): Promise<T> {
    return this.inTurn(async () => {
      const holds: Hold[] = [];
      for (const other of others) {
        if (other instanceof TreeRecordLease) holds.push(other.hold);
        else await other.release();
      }
      await Promise.all(holds.map((hold) => hold.settled()));
      return this.concludeNow(
        change,
        holds.filter(({ lease }) => !lease.signal.aborted),
      );
    });
  }

  remove(): Promise<boolean> {
    return this.inTurn(() => this.removeNow());
  }

  async release(): Promise<void> {
    await this.last.catch(() => undefined);
    await this.context.lease.release();
    this.end();
  }

  private inTurn<R>(action: () => Promise<R>): Promise<R> {
    const turn = this.last.catch(() => undefined).then(action);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async concludeNow(change: Partial<T>, others: readonly Hold[]): Promise<T> {
    const all = [...others, this.hold];
    const contenders = all.map(({ lease }) => lease.contender);
    const value = contenders.includes(null) ? undefined : await this.writeAtOnce(change, contenders);
    if (value !== undefined) for (const { lease } of all) lease.letGo();
    else await Promise.all(others.map(({ lease }) => lease.release()));
    const written = value ?? (await this.write(change));
    await this.context.lease.release();
    for (const hold of all) hold.end();
    return written;
  }

  /** Answers undefined if that cannot be done: without transactions, or when somebody has taken one of the locks from us by force. */
  private async writeAtOnce(change: Partial<T>, contenders: readonly (string | null)[]): Promise<T | undefined> {
    if (!this.context.store.transaction) return undefined;
    try {
      return await this.write(change, contenders);
    } catch (error) {
      if (error instanceof NoRecordError) return undefined;
      throw error;
    }
  }

  /** @param removing - paths that go in the same transaction */
  private async write(change: Partial<T>, removing: readonly (string | null)[] = []): Promise<T> {
    const { kind } = this.context;
    for (let attempt = 0; attempt < MAX_CONFLICTS; attempt += 1) {
      this.assertHeld();
      const value = this.changed(change);
      try {
        const data = kind.codec.encode(value, this.data && { data: this.data, value: this.stored.value });
        return this.accept(value, data, await this.put(data, removing));
      } catch (error) {
        if (!(error instanceof VersionConflictError)) throw this.explain(error);
        await this.takeOver();
      }
    }
    throw new RecordChangedError(this.path, this.stored.value.state, this.stored.value.state);
  }

  private async put(data: Uint8Array, removing: readonly (string | null)[]): Promise<RecordStat> {
    const { store } = this.context;
    const { version } = this.stored;
    const removals = removing.flatMap((path) => (path === null ? [] : [{ kind: 'remove', path } as const]));
    if (removals.length === 0) return store.write(this.path, data, version);
    // The others first: whoever hears of the write has heard of them. Our own last: nothing is written without it.
    const [own] = removals.splice(-1);
    const operations = [...removals, { kind: 'write', path: this.path, data, version } as const, ...(own ? [own] : [])];
    const written = (await together(store, operations))[removals.length];
    if (!written?.stat) throw new StoreFailureError('The store answered without a result', this.path);
    return written.stat;
  }

  private changed(change: Partial<T>): T {
    const before = this.stored.value;
    const value = { ...before, ...change };
    if (value.state === before.state || change.stateTime !== undefined) return value;
    return { ...value, stateTime: this.context.clock.now() };
  }

  private accept(value: T, data: Uint8Array, stat: RecordStat): T {
    this.data = data;
    this.stored = { id: this.id, value, version: stat.version };
    this.context.watch.written(this.stored, stat.modifiedId);
    return value;
  }

  /** Somebody wrote without the lock. What he wrote stays unless it is the state, which is ours to change. */
  private async takeOver(): Promise<void> {
    const { kind, store, watch } = this.context;
    const expected = this.stored.value.state;
    this.assertHeld();
    const record = await store.read(this.path).catch((error: unknown) => {
      throw this.explain(error);
    });
    watch.seen(this.id, record);
    if (record === undefined) throw new RecordGoneError(this.path);
    const parsed = parseRecord(kind.codec, this.id, this.path, record);
    if (!('stored' in parsed)) throw new RecordChangedError(this.path, expected, parsed.damaged.problem);
    const found = parsed.stored.value.state;
    if (found !== expected) throw new RecordChangedError(this.path, expected, found);
    this.stored = parsed.stored;
    this.data = record.data;
  }

  /** Contender, lock and record in one, if there is nothing else and nobody has come in between. */
  private async removeAtOnce(): Promise<boolean> {
    const { kind, store, lease } = this.context;
    if (!store.transaction || lease.contender === null) return false;
    try {
      await store.transaction([
        { kind: 'remove', path: lease.contender },
        { kind: 'remove', path: kind.lockPath(this.id) },
        { kind: 'remove', path: this.path, version: this.stored.version },
      ]);
      lease.letGo();
      return true;
    } catch (error) {
      const refused =
        error instanceof NoRecordError || error instanceof NotEmptyError || error instanceof VersionConflictError;
      if (refused) return false;
      throw this.explain(error);
    }
  }

  /**
   * The lock lies below the record and must go first. All three calls are sent together, so that the gap in which somebody else
   * could contend is as short as can be; if he does, the record stays for the next pass (spec LAUNCHER 7.4).
   */
  private async removeNow(): Promise<boolean> {
    const { kind, store, lease, watch } = this.context;
    this.assertHeld();
    watch.expectOwnChange();
    try {
      if (await this.removeAtOnce()) {
        watch.removed(this.id);
        return true;
      }
      this.assertHeld();
      const released = lease.release();
      const lockGone = store.remove(kind.lockPath(this.id));
      const recordGone = store.remove(this.path, this.stored.version);
      const results = await Promise.allSettled([released, lockGone, recordGone]);
      for (const result of results.slice(0, 2)) this.throwUnlessOccupied(result);
      const gone = results[2].status === 'fulfilled' || (await this.removeInEarnest(results[2].reason));
      if (gone) watch.removed(this.id);
      return gone;
    } finally {
      this.end();
    }
  }

  private throwUnlessOccupied(result: PromiseSettledResult<unknown>): void {
    if (result.status === 'rejected' && !(result.reason instanceof NotEmptyError)) throw this.explain(result.reason);
  }

  /** There is more below the record than our lock, or somebody wrote it. */
  private async removeInEarnest(reason: unknown): Promise<boolean> {
    const { kind, store, watch } = this.context;
    if (!(reason instanceof NotEmptyError || reason instanceof VersionConflictError)) throw this.explain(reason);
    try {
      const version = reason instanceof VersionConflictError ? await this.checkState() : this.stored.version;
      await removeUnlocked(store, this.path, kind.lockPath(this.id), version);
      return true;
    } catch (error) {
      watch.doubted(this.id);
      if (error instanceof NotEmptyError || error instanceof VersionConflictError) return false;
      throw error;
    }
  }

  /** Answers the version of the record as it is now. @throws RecordChangedError */
  private async checkState(): Promise<number | undefined> {
    const { kind, store } = this.context;
    const record = await store.read(this.path);
    if (record === undefined) return undefined;
    const parsed = parseRecord(kind.codec, this.id, this.path, record);
    const expected = this.stored.value.state;
    const found = 'stored' in parsed ? parsed.stored.value.state : expected;
    if (found !== expected) throw new RecordChangedError(this.path, expected, found);
    return record.stat.version;
  }

  private assertHeld(): void {
    const { lease, store } = this.context;
    if (lease.signal.aborted) throw asError(lease.signal.reason);
    if (lease.generation !== store.session.generation) {
      throw new LeaseLostError(`${lease.path} was locked under a session that is over`);
    }
  }

  private explain(error: unknown): Error {
    if (error instanceof NoRecordError && error.path === this.path) {
      this.context.watch.removed(this.id);
      return new RecordGoneError(this.path);
    }
    if (error instanceof ConnectionLostError || error instanceof SessionLostError) this.context.watch.doubted(this.id);
    return asError(error);
  }

  private onAbort(): void {
    // A release is reported when it is done; a loss is at once.
    if (this.signal.reason instanceof LeaseLostError) this.end();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.context.watch.released(this.id);
  }
}
