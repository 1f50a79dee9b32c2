import type { LeaseId, NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';
import type { Lease } from '../coordination/lease.js';
import type { RecordView } from './view.js';

/**
 * Leases, `/nodepool/leases/<id>`, each with its lock below it; ours alone (spec leases 6). Any gateway may write any record,
 * always on the version that it read; the lock says who takes care of request and nodes.
 */
export interface LeaseRecords {
  readonly view: RecordView<NodeLease>;

  /**
   * Creates the record. @throws RecordExistsError; ConnectionLostError: it may exist now
   */
  create(id: LeaseId, lease: NodeLease): Promise<Stored<NodeLease>>;

  /**
   * The record as the store has it now: never older than what anybody was answered before the call. Undefined if there is none, or
   * none that can be understood.
   */
  read(id: LeaseId): Promise<Stored<NodeLease> | undefined>;

  /**
   * Reads and replaces, again and again until nobody writes in between. `change` answers the new value, or undefined to leave it.
   * Answers the record as it is then; undefined if there is none. What the mirror knows serves as the first guess.
   * @throws what `change` throws, ConnectionLostError (it may have been written), SessionLostError
   */
  change(id: LeaseId, change: (lease: NodeLease) => NodeLease | undefined): Promise<Stored<NodeLease> | undefined>;

  /** Takes the lock; the signal of what is answered fires when it is lost. */
  lock(id: LeaseId): Promise<Lease | 'busy' | 'gone'>;

  /** Removes an ended record with its lock. False: somebody contends for the lock, or the record was written meanwhile. */
  remove(stored: Stored<NodeLease>): Promise<boolean>;

  /** All ids, from the store. */
  ids(): Promise<readonly LeaseId[]>;

  /** The lock under which leases of one holder are counted and made [L5]. Waits for `wait` seconds. */
  lockHolder(holder: string, wait: number): Promise<Lease | 'busy'>;
}
