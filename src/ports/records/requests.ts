import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { LockOptions, LockOutcome } from './record-lease.js';
import type { RecordView } from './view.js';

/**
 * Node requests, `/nodepool/requests`, and their locks beside them in `/nodepool/requests-lock` (spec LAUNCHER 1.2, 1.6).
 * The view's order is not the order of service; ids that are no request ids are in `damaged()`.
 */
export interface RequestRecords {
  readonly view: RecordView<NodeRequest>;

  /** Creates an ephemeral request of our own. `priority`: three digits, e.g. `900`. */
  create(priority: string, request: NodeRequest): Promise<Stored<NodeRequest>>;

  /** Takes the request's lock and reads the record again under it. `gone` removes the lock directory it made. */
  lock(id: RequestId, options?: LockOptions): Promise<LockOutcome<NodeRequest>>;

  /** Deletes a request: one of our own, or at an operator's order. Deleting what is gone succeeds with false. */
  remove(id: RequestId): Promise<boolean>;

  /** Removes lock directories whose request is gone and that were made more than `age` seconds ago. Answers their number. */
  removeStaleLocks(age: number): Promise<number>;
}
