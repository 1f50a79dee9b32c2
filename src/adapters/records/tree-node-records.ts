import type { Node, NodeId, NodeState } from '../../domain/model/node.js';
import type { Stored } from '../../domain/model/stored.js';
import type { LeaseManager } from '../../ports/coordination/lease.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import { NotEmptyError, VersionConflictError } from '../../ports/coordination/errors.js';
import { nameOf } from '../../ports/toolkit/paths.js';
import type { NodeRecords } from '../../ports/records/nodes.js';
import type { LockOptions, LockOutcome } from '../../ports/records/record-lease.js';
import { FolderMirror } from './folder-mirror.js';
import type { LockInterest } from './mirror-entry.js';
import { nodeCodec } from './node-codec.js';
import { NODES, nodeLockPath, nodePath } from './paths.js';
import { parseRecord } from './record-codec.js';
import { RecordLocker } from './record-locker.js';
import { removeUnlocked } from './remove-tree.js';
import type { WatchContext } from './watch-group.js';

const UNHURRIED: ReadonlySet<NodeState> = new Set(['init', 'ready', 'hold']);

export class TreeNodeRecords implements NodeRecords {
  readonly view: FolderMirror<Node>;
  private readonly store: TreeStore;
  private readonly locker: RecordLocker<Node>;

  constructor(context: WatchContext, leases: LeaseManager) {
    this.store = context.store;
    this.view = new FolderMirror<Node>(
      {
        path: NODES,
        recordPath: nodePath,
        lockPath: nodeLockPath,
        locks: 'record',
        parse: (id, record) => parseRecord(nodeCodec, id, nodePath(id), record),
        unhurried: ({ state }) => UNHURRIED.has(state),
        lockInterest,
      },
      context,
    );
    const kind = { codec: nodeCodec, recordPath: nodePath, lockPath: nodeLockPath, lockBeside: false };
    this.locker = new RecordLocker<Node>(kind, context.store, leases, context.clock, this.view);
  }

  async create(node: Node): Promise<Stored<Node>> {
    const value = { ...node, createdTime: node.stateTime };
    this.view.expectOwnChange();
    const options = { sequential: true, makeParents: true };
    const path = await this.store.create(`${NODES}/`, nodeCodec.encode(value), options);
    const stored = { id: nameOf(path), value, version: 0 };
    this.view.created(stored);
    return stored;
  }

  async read(id: NodeId): Promise<Stored<Node> | undefined> {
    const record = await this.store.read(nodePath(id));
    const parsed = record && parseRecord(nodeCodec, id, nodePath(id), record);
    return parsed && 'stored' in parsed ? parsed.stored : undefined;
  }

  lock(id: NodeId, options?: LockOptions): Promise<LockOutcome<Node>> {
    return this.locker.lock(id, options);
  }

  lockCreated(created: Stored<Node>): Promise<LockOutcome<Node>> {
    return this.locker.lockCreated(created);
  }

  async removeDamaged(id: NodeId): Promise<boolean> {
    const acquired = await this.locker.acquire(id, {}, false);
    if ('refused' in acquired) return acquired.refused === 'gone';
    try {
      const record = await this.store.read(nodePath(id));
      if (record && 'stored' in parseRecord(nodeCodec, id, nodePath(id), record)) return false;
      this.view.expectOwnChange();
      // The lock lies below the record and must go first; whoever takes it meanwhile keeps it.
      await acquired.lease.release();
      await removeUnlocked(this.store, nodePath(id), nodeLockPath(id), record?.stat.version);
      this.view.removed(id);
      return true;
    } catch (error) {
      if (error instanceof NotEmptyError || error instanceof VersionConflictError) return false;
      throw error;
    } finally {
      await acquired.lease.release();
    }
  }
}

/** The lock of a node that nobody works on is read without hurry; that of one in work, or to be removed, at once. */
function lockInterest(stored: Stored<Node> | undefined): LockInterest {
  return stored && UNHURRIED.has(stored.value.state) ? 'lazy' : 'now';
}
