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
 * Deliberately absent: transactions, recursive watches, ACLs (the ZooKeeper binding has none of them).
 */
import type { SessionMonitor } from './session.js';

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

  /** Ends the session: its ephemeral records vanish at once. Idempotent. Later calls reject with `StoreClosedError`. */
  close(): Promise<void>;
}
