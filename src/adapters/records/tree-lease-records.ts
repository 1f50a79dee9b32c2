import { parseLeaseId, type LeaseId, type NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';
import { NoRecordError, NotEmptyError, VersionConflictError } from '../../ports/coordination/errors.js';
import type { Lease, LeaseManager } from '../../ports/coordination/lease.js';
import type { TreeRecord, TreeStore } from '../../ports/coordination/tree-store.js';
import type { LeaseRecords } from '../../ports/records/leases.js';
import { FolderMirror } from './folder-mirror.js';
import { leaseCodec } from './lease-codec.js';
import { holderLockPath, leaseLockPath, leasePath, LEASES } from './paths.js';
import { parseRecord, type Parsed } from './record-codec.js';
import { removeUnlocked } from './remove-tree.js';
import type { WatchContext } from './watch-group.js';

/** Unlike nodes and requests, leases are written by others while we hold their lock: the mirror goes on reading them. */
export class TreeLeaseRecords implements LeaseRecords {
  readonly view: FolderMirror<NodeLease>;
  private readonly store: TreeStore;

  constructor(
    context: WatchContext,
    private readonly leases: LeaseManager,
  ) {
    this.store = context.store;
    this.view = new FolderMirror<NodeLease>(
      {
        path: LEASES,
        recordPath: leasePath,
        lockPath: leaseLockPath,
        locks: 'record',
        parse: parseLease,
        unhurried: () => false,
        // Nobody takes the lock of what has ended.
        lockInterest: (stored) => (stored && stored.value.state !== 'ended' ? 'now' : 'none'),
      },
      context,
    );
  }

  async create(id: LeaseId, lease: NodeLease): Promise<Stored<NodeLease>> {
    this.view.expectOwnChange();
    await this.store.create(leasePath(id), leaseCodec.encode(lease), { makeParents: true });
    const stored = { id, value: lease, version: 0 };
    this.view.created(stored);
    this.view.watchNow(id);
    return stored;
  }

  async read(id: LeaseId): Promise<Stored<NodeLease> | undefined> {
    const path = leasePath(id);
    // Calls are carried out in the order in which they were made: no need to wait for the first.
    const [, record] = await Promise.all([this.store.sync?.(path), this.store.read(path)]);
    return this.seen(id, record);
  }

  async change(
    id: LeaseId,
    change: (lease: NodeLease) => NodeLease | undefined,
  ): Promise<Stored<NodeLease> | undefined> {
    const guess = this.view.get(id);
    const guessed = guess && this.attempt(guess, change);
    if (guessed) {
      const written = await guessed;
      if (written) return written;
    }
    // What the mirror says was not written on: only the store's word counts.
    for (;;) {
      const stored = await this.read(id);
      if (!stored) return undefined;
      const value = change(stored.value);
      if (value === undefined) return stored;
      const written = await this.write(stored, value);
      if (written) return written;
    }
  }

  async lock(id: LeaseId): Promise<Lease | 'busy' | 'gone'> {
    const acquired = await this.leases.acquire(leaseLockPath(id), { newDirectory: false });
    return 'lease' in acquired ? acquired.lease : acquired.refused;
  }

  async remove(stored: Stored<NodeLease>): Promise<boolean> {
    this.view.expectOwnChange();
    try {
      await removeUnlocked(this.store, leasePath(stored.id), leaseLockPath(stored.id), stored.version);
    } catch (error) {
      if (error instanceof NotEmptyError || error instanceof VersionConflictError) return false;
      throw error;
    }
    this.view.removed(stored.id);
    return true;
  }

  async ids(): Promise<readonly LeaseId[]> {
    const names = (await this.store.list(LEASES)) ?? [];
    return names.filter((name) => parseLeaseId(name) === name);
  }

  async lockHolder(holder: string, wait: number): Promise<Lease | 'busy'> {
    const acquired = await this.leases.acquire(holderLockPath(holder), { wait, makeParents: true });
    return 'lease' in acquired ? acquired.lease : 'busy';
  }

  /** A guess may be old: undefined if the change finds nothing to do in it, objects to it, or is refused by the store. */
  private attempt(
    guess: Stored<NodeLease>,
    change: (lease: NodeLease) => NodeLease | undefined,
  ): Promise<Stored<NodeLease> | undefined> | undefined {
    let value: NodeLease | undefined;
    try {
      value = change(guess.value);
    } catch {
      return undefined;
    }
    return value && this.write(guess, value);
  }

  /** Undefined if somebody else wrote or removed it meanwhile. */
  private async write(stored: Stored<NodeLease>, value: NodeLease): Promise<Stored<NodeLease> | undefined> {
    const { id, version } = stored;
    try {
      const stat = await this.store.write(leasePath(id), leaseCodec.encode(value), version);
      const written = { id, value, version: stat.version };
      this.view.written(written, stat.modifiedId);
      return written;
    } catch (error) {
      if (error instanceof VersionConflictError || error instanceof NoRecordError) return undefined;
      throw error;
    }
  }

  private seen(id: LeaseId, record: TreeRecord | undefined): Stored<NodeLease> | undefined {
    // A record that was listed and is not there will be dropped by the next list; who asks for any id must not make entries.
    if (record !== undefined || this.view.get(id)) this.view.seen(id, record);
    if (!record) return undefined;
    const parsed = parseLease(id, record);
    return 'stored' in parsed ? parsed.stored : undefined;
  }
}

function parseLease(id: string, record: TreeRecord): Parsed<NodeLease> {
  const path = leasePath(id);
  if (parseLeaseId(id) === id) return parseRecord(leaseCodec, id, path, record);
  const detail = 'the name is no UUID in lower case';
  return { damaged: { id, path, problem: 'bad-id', detail, modifiedTime: record.stat.modifiedTime } };
}
