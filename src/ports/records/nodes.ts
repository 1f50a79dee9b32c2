import type { Node, NodeId } from '../../domain/model/node.js';
import type { Stored } from '../../domain/model/stored.js';
import type { LockOptions, LockOutcome } from './record-lease.js';
import type { RecordView } from './view.js';

/** Node records, `/nodepool/nodes` (spec LAUNCHER 1.2, 1.6). */
export interface NodeRecords {
  readonly view: RecordView<Node>;

  /** Creates a persistent record, unlocked; `createdTime` becomes `stateTime`. */
  create(node: Node): Promise<Stored<Node>>;

  /** The record as the store has it, without its lock; undefined if there is none, or none that can be understood. */
  read(id: NodeId): Promise<Stored<Node> | undefined>;

  /** Takes the node's lock and reads the record again under it. */
  lock(id: NodeId, options?: LockOptions): Promise<LockOutcome<Node>>;

  /**
   * Takes the lock of a record that was just created by us: no second read, the first write is fenced by the version instead.
   */
  lockCreated(created: Stored<Node>): Promise<LockOutcome<Node>>;

  /** Removes a record that cannot be understood, if nobody holds its lock. Answers whether it is gone. */
  removeDamaged(id: NodeId): Promise<boolean>;
}
