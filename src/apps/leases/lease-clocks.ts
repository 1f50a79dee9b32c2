import { deadlinesFound, deadlinesFrom, type LeaseDeadlines } from '../../domain/decide/lease-end.js';
import type { LeaseId, NodeLease } from '../../domain/model/lease.js';
import type { RecordChange } from '../../ports/records/view.js';
import type { LeaseServices } from './services.js';

const NEVER: LeaseDeadlines = { wait: Infinity, expiry: Infinity, limit: Infinity, spare: -Infinity };

/**
 * When leases end by themselves, on the clock that never jumps [L13]. Of all leases, not only of those that this process takes care
 * of: whoever takes one over has then seen its last sign of life himself.
 */
export class LeaseClocks {
  private readonly deadlines = new Map<LeaseId, LeaseDeadlines>();
  /** When leases became active, for those whose `max_duration` is changed later. */
  private readonly activeSince = new Map<LeaseId, number>();
  /** When leases ended, on the clock that never jumps. */
  private readonly endedSince = new Map<LeaseId, number>();
  private unsubscribe: () => void = () => undefined;

  constructor(private readonly services: Pick<LeaseServices, 'records' | 'clock'>) {}

  open(): void {
    const { view } = this.services.records.leases;
    this.unsubscribe = view.onChange((change) => this.apply(change));
    for (const { id, value } of view.all().values()) this.found(id, value);
  }

  close(): void {
    this.unsubscribe();
  }

  of(id: LeaseId): LeaseDeadlines {
    const known = this.deadlines.get(id);
    const lease = known ? undefined : this.services.records.leases.view.get(id)?.value;
    if (lease) this.found(id, lease);
    return this.deadlines.get(id) ?? NEVER;
  }

  /** Seconds since the lease has ended, as far as we know; 0 if it has not. */
  endedFor(id: LeaseId): number {
    const since = this.endedSince.get(id);
    return since === undefined ? 0 : this.services.clock.monotonic() - since;
  }

  private apply(change: RecordChange<NodeLease>): void {
    switch (change.kind) {
      case 'added':
        return this.added(change.id, change.after.value);
      case 'updated':
        return this.updated(change.id, change.before.value, change.after.value);
      case 'removed':
      case 'damaged':
        this.deadlines.delete(change.id);
        this.activeSince.delete(change.id);
        this.endedSince.delete(change.id);
        return;
      case 'locking':
      case 'resynced':
        return;
    }
  }

  /** New, or met for the first time; what waits since a moment ago is not told apart from what was made just now. */
  private added(id: LeaseId, lease: NodeLease): void {
    const { records, clock } = this.services;
    if (!records.leases.view.complete || lease.state !== 'waiting') return this.found(id, lease);
    this.deadlines.set(id, deadlinesFrom(lease, 'created', clock.monotonic()));
  }

  private found(id: LeaseId, lease: NodeLease): void {
    const { clock } = this.services;
    const monotonic = clock.monotonic();
    if (lease.state === 'ended') {
      this.endedSince.set(id, monotonic - Math.max(0, clock.now() - (lease.endedAt ?? lease.stateTime)));
      return;
    }
    const deadlines = deadlinesFound(lease, { monotonic, now: clock.now() });
    this.deadlines.set(id, deadlines);
    if (lease.state === 'active') this.activeSince.set(id, deadlines.limit - lease.maxDuration);
  }

  private updated(id: LeaseId, before: NodeLease, after: NodeLease): void {
    const at = this.services.clock.monotonic();
    if (after.state === 'ended') {
      this.deadlines.delete(id);
      this.activeSince.delete(id);
      if (before.state !== 'ended') this.endedSince.set(id, at);
      return;
    }
    if (after.state === 'waiting') return;
    if (before.state === 'waiting') {
      this.activeSince.set(id, at);
      this.deadlines.set(id, deadlinesFrom(after, 'active', at));
      return;
    }
    const known = this.of(id);
    const renewed = after.heartbeat.count > before.heartbeat.count;
    const next = renewed ? deadlinesFrom(after, 'renewed', at) : known;
    const limit = (this.activeSince.get(id) ?? at) + after.maxDuration;
    const later = (key: 'expiry' | 'spare'): number => Math.max(known[key], next[key]);
    this.deadlines.set(id, { wait: Infinity, expiry: later('expiry'), limit, spare: later('spare') });
  }
}
