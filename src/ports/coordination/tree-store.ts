/**
 * A tree of small versioned records shared by processes, in the manner of ZooKeeper.
 *
 * Promises every adapter keeps (checked by `test/contract/tree-store.suite.ts`):
 * - Paths are absolute (`/nodepool/nodes`), below an adapter-side chroot that callers never see.
 * - Calls of one store are carried out in the order they were made, so callers may pipeline.
 * - Nothing here retries. A call cut off by connection loss rejects with `ConnectionLostError`: it may or may not have happened.
 * - A record of up to 1,000,000 bytes is kept. What a larger one comes to is the adapter's: it may cost the connection, never the session.
 * - A call is never refused for the connection's sake while `session.state` is `connected`: the state changes first (see `SessionState`).
 * - After a lost session the adapter opens a new one by itself, for ever; `session.generation` grows by one each time.
 *   Ephemeral records of the old session are gone, watches of the old session are forgotten without firing.
 * - Watches fire at most once, after the change is visible to reads of this store; they survive a mere disconnect.
 *
 * Three methods are optional, and tell by their absence what a store cannot do: `sync`, `transaction` and `watchTree`. ZooKeeper's C client
 * has neither of the last two. Callers who need several changes to come about as one ask for the method; those to whom one after the
 * other is good enough use `together`. Deliberately absent: ACLs.
 */
import type { SessionMonitor } from './session.js';
import type { TreeListener, TreeWatch } from './tree-watch.js';

export interface RecordStat {
  /** Counts writes of the record's data; 0 after creation. */
  readonly version: number;
  /** Store's clock, seconds since the epoch. */
  readonly createdTime: number;
  readonly modifiedTime: number;
  /** Order of the last write among all writes of the store. */
  readonly modifiedId: number;
  readonly ephemeral: boolean;
  readonly childCount: number;
  /** Children ever created: the counter of sequential names. Absent where nobody asked for it. */
  readonly childCreations?: number;
}

export interface TreeRecord {
  readonly data: Uint8Array;
  readonly stat: RecordStat;
}

export interface CreateOptions {
  /** Removed by the store when this session ends. */
  readonly ephemeral?: boolean;
  /** The store appends ten digits, the parent's counter. */
  readonly sequential?: boolean;
  /** Create missing parents, empty and persistent. Off by default: locking a deleted record must not re-create it. */
  readonly makeParents?: boolean;
}

/** One change of a transaction. There are no parents made in it: name them as changes of their own, before. */
export type TreeOperation =
  | {
      readonly kind: 'create';
      readonly path: string;
      readonly data: Uint8Array;
      readonly ephemeral?: boolean;
      readonly sequential?: boolean;
    }
  | { readonly kind: 'write'; readonly path: string; readonly data: Uint8Array; readonly version?: number }
  | { readonly kind: 'remove'; readonly path: string; readonly version?: number };

export interface OperationResult {
  /** With its number for a sequential creation. */
  readonly path: string;
  /** Of what was written; null for the other kinds. */
  readonly stat: RecordStat | null;
}

export type WatchListener = () => void;

export interface TreeStore {
  readonly session: SessionMonitor;
  /** Calls that were made and have no answer yet, if the adapter counts them. */
  readonly pendingCalls?: number;

  /**
   * Creates a record and answers its path (with the sequence number).
   * @throws RecordExistsError, NoRecordError (a parent is missing), ConnectionLostError (it may exist now), SessionLostError
   */
  create(path: string, data: Uint8Array, options?: CreateOptions): Promise<string>;

  /** Data and stat, or undefined if there is no such record. `onChange`: data written or record removed; set only if it exists. */
  read(path: string, onChange?: WatchListener): Promise<TreeRecord | undefined>;

  /** Names of the children, unordered, or undefined if there is no such record. `onChange`: a child came or went, or the record was removed. */
  list(path: string, onChange?: WatchListener): Promise<readonly string[] | undefined>;

  /** Stat, or undefined. `onChange`: created, written or removed; set in either case. */
  stat(path: string, onChange?: WatchListener): Promise<RecordStat | undefined>;

  /**
   * Replaces the data, conditionally if `version` is given. Answers the new stat.
   * @throws NoRecordError (never creates), VersionConflictError, ConnectionLostError, SessionLostError
   */
  write(path: string, data: Uint8Array, version?: number): Promise<RecordStat>;

  /**
   * Removes a record without children. Answers false if it was not there (idempotent).
   * @throws NotEmptyError, VersionConflictError, ConnectionLostError, SessionLostError
   */
  remove(path: string, version?: number): Promise<boolean>;

  /**
   * Resolves when reads that are made from now on show everything that was answered to anybody before this call. Stores that always
   * show it have no such method.
   */
  sync?(path: string): Promise<void>;

  /**
   * Carries out all operations, in order, or none; nobody ever sees some of them. Answers one result for each, in order. Not idempotent:
   * the name of a sequential creation is a new one each time. In it the removal of what is not there is refused.
   * @throws NoRecordError, RecordExistsError, VersionConflictError, NotEmptyError with the path of the first operation that was refused;
   *   ConnectionLostError (all of them may have been carried out), SessionLostError
   */
  transaction?(operations: readonly TreeOperation[]): Promise<readonly OperationResult[]>;

  /**
   * Tells of every change of a record and of all below it until it is stopped, at one watch's cost. The record need not exist. Resolves when
   * the watch is set; calls made from now on are carried out behind that. It survives a mere disconnect, and then tells `missed`; with
   * the session it is forgotten without a word. Other watches on the very same path may then fire for nothing. Answers undefined if
   * the server cannot do it (ZooKeeper before 3.6), which may cost the connection.
   * @throws ConnectionLostError, SessionLostError: no watch is set then
   */
  watchTree?(path: string, listener: TreeListener): Promise<TreeWatch | undefined>;

  /** Ends the session: its ephemeral records vanish at once. Idempotent. Later calls reject with `StoreClosedError`. */
  close(): Promise<void>;
}
