import { parseRequestId, type NodeRequest, type RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { LeaseManager } from '../../ports/coordination/lease.js';
import { nameOf } from '../../ports/toolkit/paths.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import type { LockOptions, LockOutcome } from '../../ports/records/record-lease.js';
import type { RequestRecords } from '../../ports/records/requests.js';
import type { Random } from '../../ports/runtime/random.js';
import { FolderMirror } from './folder-mirror.js';
import type { LockInterest } from './mirror-entry.js';
import { REQUESTS, REQUEST_LOCKS, requestLockPath, requestPath } from './paths.js';
import { parseRecord, type Parsed } from './record-codec.js';
import { RecordLocker } from './record-locker.js';
import { removeTree } from './remove-tree.js';
import { requestCodec } from './request-codec.js';
import type { WatchContext } from './watch-group.js';

export class TreeRequestRecords implements RequestRecords {
  readonly view: FolderMirror<NodeRequest>;
  private readonly locker: RecordLocker<NodeRequest>;

  constructor(
    private readonly context: WatchContext,
    leases: LeaseManager,
    private readonly random: Random,
  ) {
    this.view = new FolderMirror<NodeRequest>(
      {
        path: REQUESTS,
        recordPath: requestPath,
        lockPath: requestLockPath,
        locks: 'folder',
        parse: parseRequest,
        unhurried: ({ state }) => state === 'fulfilled' || state === 'failed',
        lockInterest,
      },
      context,
    );
    const kind = { codec: requestCodec, recordPath: requestPath, lockPath: requestLockPath, lockBeside: true };
    this.locker = new RecordLocker<NodeRequest>(kind, context.store, leases, context.clock, this.view);
  }

  async create(priority: string, request: NodeRequest): Promise<Stored<NodeRequest>> {
    // Newer peers expect an event id, and order by the time of creation (spec LAUNCHER 1.6).
    const value = {
      ...request,
      eventId: request.eventId ?? this.random.hexId(),
      createdTime: request.createdTime ?? request.stateTime,
    };
    this.view.expectOwnChange();
    const options = { ephemeral: true, sequential: true, makeParents: true };
    const path = await this.context.store.create(requestPath(`${priority}-`), requestCodec.encode(value), options);
    const stored = { id: nameOf(path), value, version: 0 };
    this.view.created(stored);
    return stored;
  }

  async lock(id: RequestId, options?: LockOptions): Promise<LockOutcome<NodeRequest>> {
    if (parseRequestId(id) === undefined) return { kind: 'damaged' };
    return this.locker.lock(id, options);
  }

  async remove(id: RequestId): Promise<boolean> {
    this.view.expectOwnChange();
    const removed = await this.context.store.remove(requestPath(id));
    this.view.removed(id);
    return removed;
  }

  async removeStaleLocks(age: number): Promise<number> {
    const { store, clock } = this.context;
    // The locks first: a request that comes in between is then seen.
    const locks = (await store.list(REQUEST_LOCKS)) ?? [];
    const requests = new Set((await store.list(REQUESTS)) ?? []);
    let removed = 0;
    for (const id of locks) {
      if (requests.has(id)) continue;
      const stat = await store.stat(requestLockPath(id));
      if (stat === undefined || clock.now() - stat.modifiedTime <= age) continue;
      if (await removeTree(store, requestLockPath(id))) removed += 1;
    }
    return removed;
  }
}

/** A foreign name must not stop anybody who takes names apart (spec LAUNCHER 7.30). */
function parseRequest(id: string, record: TreeRecord): Parsed<NodeRequest> {
  const path = requestPath(id);
  if (parseRequestId(id) !== undefined) return parseRecord(requestCodec, id, path, record);
  const detail = 'the name is not <priority>-<ten digits>';
  return { damaged: { id, path, problem: 'bad-id', detail, modifiedTime: record.stat.modifiedTime } };
}

/**
 * Only a pending request is orphaned by the death of the launcher that locks it, and whoever was refused a lock wants to know
 * when it is free; for all others an attempt tells.
 */
function lockInterest(stored: Stored<NodeRequest> | undefined, refused: boolean): LockInterest {
  return refused || stored?.value.state === 'pending' ? 'now' : 'none';
}
