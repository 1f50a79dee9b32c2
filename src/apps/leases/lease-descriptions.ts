import type { LeaseCondition, NodeLease } from '../../domain/model/lease.js';
import type { Stored } from '../../domain/model/stored.js';
import type { LeaseDescription } from '../../ports/leasing/lease-desk.js';
import { RecentMap } from '../../ports/toolkit/recent-map.js';
import type { LabelAvailability } from './label-availability.js';
import type { LeaseServices } from './services.js';

/** Seconds for which the launchers' word on a request is repeated: all of them are asked for it. */
const FRESH = 2;
const MOST_KNOWN = 5000;

interface Known {
  readonly at: number;
  readonly answer: Promise<readonly LeaseCondition[]>;
  latest: readonly LeaseCondition[];
}

/** Leases with what is known beyond their records: why they wait, and how long. */
export class LeaseDescriptions {
  private readonly known = new RecentMap<Known>(MOST_KNOWN);

  constructor(
    private readonly services: Pick<LeaseServices, 'conditions' | 'clock'>,
    private readonly availability: LabelAvailability,
  ) {}

  async of(lease: Stored<NodeLease>): Promise<LeaseDescription> {
    return { lease, conditions: await this.conditions(lease), queue: this.availability.queue(lease) };
  }

  /** Without asking anybody: the conditions are those that were told last. */
  fromMemory(lease: Stored<NodeLease>): LeaseDescription {
    const waiting = lease.value.state === 'waiting';
    const conditions = waiting ? (this.known.get(lease.id)?.latest ?? []) : lease.value.conditions;
    return { lease, conditions, queue: this.availability.queue(lease) };
  }

  private conditions({ id, value }: Stored<NodeLease>): Promise<readonly LeaseCondition[]> {
    if (value.state !== 'waiting' || value.requestId === null) {
      this.known.delete(id);
      return Promise.resolve(value.conditions);
    }
    const at = this.services.clock.monotonic();
    const before = this.known.get(id);
    if (before && at - before.at < FRESH) return before.answer;
    const answer = this.services.conditions(value.requestId);
    const known: Known = { at, answer, latest: before?.latest ?? [] };
    this.known.set(id, known);
    void answer.then((conditions) => (known.latest = conditions));
    return answer;
  }
}
