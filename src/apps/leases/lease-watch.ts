import type { LeaseId, NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';
import type { LeaseRecords } from '../../ports/records/leases.js';

type Listener = (lease: Stored<NodeLease> | undefined) => void;

/** Thousands of callers that each wait for one lease: a change costs only those who wait for that one [L6]. */
export class LeaseWatch {
  private readonly listeners = new Map<LeaseId, Set<Listener>>();
  private readonly unsubscribe: () => void;

  constructor(private readonly records: Pick<LeaseRecords, 'view'>) {
    this.unsubscribe = records.view.onChange((change) => {
      if (change.kind === 'locking') return;
      if (change.kind === 'resynced') for (const id of [...this.listeners.keys()]) this.tell(id);
      else this.tell(change.id);
    });
  }

  close(): void {
    this.unsubscribe();
  }

  /** Called after each change of the record as the mirror shows it; undefined when it is gone. */
  add(id: LeaseId, listener: Listener): () => void {
    const listeners = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(id) === listeners) this.listeners.delete(id);
    };
  }

  private tell(id: LeaseId): void {
    const lease = this.records.view.get(id);
    for (const listener of [...(this.listeners.get(id) ?? [])]) listener(lease);
  }
}
