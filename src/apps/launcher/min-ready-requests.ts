import type { Reason } from '../../domain/explain/reason.js';
import { MIN_READY_PRIORITY, MIN_READY_REQUESTOR, REQUEST_DEFAULTS } from '../../domain/model/request.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { RecordChange } from '../../ports/records/view.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { LauncherServices } from './services.js';
import { ControlLoop } from '../../ports/toolkit/control-loop.js';
import { withLock } from '../../ports/toolkit/with-lock.js';

/** After a refused round nothing is asked for during this long, doubling, seconds (weakness 15). */
const BACKOFF_MIN = 1;
const BACKOFF_MAX = 60;
/** Reasons that are told with a back-off. */
const MOST_REFUSALS = 10;
/** Before a request that could not be taken back is tried again, seconds. */
const RETRY = 5;
/** How long a request may stay open that some pool has declined: that pool looks at it no more, but at the next one, seconds. */
const OPEN_PATIENCE = 20;

/** How long not to ask for a label, and why. */
export interface Refusal {
  readonly delay: number;
  /** Monotonic time. */
  readonly until: number;
  readonly because: readonly Reason[];
}

/**
 * The min-ready requests that this process has made. It takes them back once they are decided, whoever keeps the label by then and
 * whatever the configuration says by then, so that none is left over; those of other launchers are theirs (spec LAUNCHER 2.9-1, 4.4-3).
 */
export class MinReadyRequests {
  /** Event ids of ours; known before the store has numbered the request. */
  private readonly events = new Set<string>();
  /** Ids of ours: Python launchers to 3.11 drop the event id when they write a request. */
  private readonly own = new Set<RequestId>();
  private readonly decided = new Set<RequestId>();
  /** Open requests that somebody has declined, with the monotonic time at which they have waited long enough. */
  private readonly declined = new Map<RequestId, number>();
  private readonly refusals = new Map<string, Refusal>();
  private readonly loop: ControlLoop;

  constructor(private readonly services: LauncherServices) {
    this.loop = new ControlLoop(services.clock);
  }

  /** Asks for one ready node of the label. */
  async ask(label: string): Promise<void> {
    const { clock, random, records } = this.services;
    const eventId = random.hexId();
    const now = clock.now();
    this.events.add(eventId);
    const { id } = await records.requests.create(MIN_READY_PRIORITY, {
      ...REQUEST_DEFAULTS,
      state: 'requested',
      stateTime: now,
      createdTime: now,
      nodeTypes: [label],
      reuse: false,
      requestor: MIN_READY_REQUESTOR,
      eventId,
    });
    this.own.add(id);
    const request = records.requests.view.get(id);
    if (request) this.note(request);
  }

  /** Why nothing is to be asked for now, if so. */
  refusal(label: string): Refusal | undefined {
    const refusal = this.refusals.get(label);
    return refusal && refusal.until > this.services.clock.monotonic() ? refusal : undefined;
  }

  /** Takes decided requests back until aborted; what is open then vanishes with the session. */
  async run(signal: AbortSignal): Promise<void> {
    const { view } = this.services.records.requests;
    await this.loop.run(
      {
        subscribe: () => [view.onChange((change) => this.onChange(change))],
        pass: async () => {
          await this.withdrawDeclined();
          const left = await this.takeBackDecided();
          return Math.min(left ? RETRY : Infinity, this.untilDue());
        },
      },
      signal,
    );
  }

  private onChange(change: RecordChange<NodeRequest>): void {
    if (change.kind === 'added' || change.kind === 'updated') this.note(change.after);
    if (change.kind === 'resynced') {
      for (const request of this.services.records.requests.view.all().values()) this.note(request);
    }
    if (change.kind !== 'removed' || !change.before) return;
    this.events.delete(change.before.value.eventId ?? '');
    this.own.delete(change.id);
    this.decided.delete(change.id);
    this.declined.delete(change.id);
  }

  private note({ id, value }: Stored<NodeRequest>): void {
    if (this.events.has(value.eventId ?? '')) this.own.add(id);
    if (!this.own.has(id)) return;
    if (value.state !== 'requested' || value.declinedBy.length === 0) this.declined.delete(id);
    else if (!this.declined.has(id)) {
      this.declined.set(id, this.services.clock.monotonic() + OPEN_PATIENCE);
      this.loop.wake();
    }
    if (value.state !== 'fulfilled' && value.state !== 'failed') return;
    this.decided.add(id);
    this.loop.wake();
  }

  private untilDue(): number {
    const next = Math.min(Infinity, ...this.declined.values());
    return Math.max(0, next - this.services.clock.monotonic());
  }

  /** Some pools have declined, and the others do not say: asking anew lets all of them look again. */
  private async withdrawDeclined(): Promise<void> {
    const now = this.services.clock.monotonic();
    for (const [id, due] of [...this.declined]) {
      if (due > now) continue;
      this.declined.set(id, now + OPEN_PATIENCE);
      try {
        await this.withdraw(id);
      } catch (error) {
        const fields = { request: id, ...errorFields(error) };
        this.services.logger.warn(`Request ${id} could not be withdrawn; trying again`, fields);
      }
    }
  }

  /** Unless somebody is serving it. */
  private async withdraw(id: RequestId): Promise<void> {
    await withLock(this.services.records.requests, id, async (lease) => {
      const { state, nodeTypes } = lease.current.value;
      if (state !== 'requested') return;
      this.refused(nodeTypes[0] ?? '', id);
      await lease.remove();
    });
  }

  /** Answers whether some could not be taken back yet. */
  private async takeBackDecided(): Promise<boolean> {
    const { requests } = this.services.records;
    for (const id of [...this.decided]) {
      const request = requests.view.get(id);
      try {
        if (request) await this.takeBack(request);
        this.decided.delete(id);
      } catch (error) {
        const fields = { request: id, ...errorFields(error) };
        this.services.logger.warn(`Request ${id} could not be taken back; trying again`, fields);
      }
    }
    return this.decided.size > 0;
  }

  /** Fulfilled: the node becomes anybody's. Failed: ask again later. */
  private async takeBack(request: Stored<NodeRequest>): Promise<void> {
    const [label = ''] = request.value.nodeTypes;
    if (request.value.state === 'failed') this.refused(label, request.id);
    else {
      this.refusals.delete(label);
      await this.freeNodes(request);
    }
    await this.services.records.requests.remove(request.id);
  }

  private refused(label: string, request: RequestId): void {
    if (this.refusal(label)) return;
    const { clock, journal, logger } = this.services;
    const delay = Math.min(BACKOFF_MAX, Math.max(BACKOFF_MIN, (this.refusals.get(label)?.delay ?? 0) * 2));
    const said = journal.entries('request', request).flatMap(({ decision }) => decision.because);
    this.refusals.set(label, { delay, until: clock.monotonic() + delay, because: said.slice(0, MOST_REFUSALS) });
    logger.info(`No room for more ready nodes of ${label}; next try in ${delay} s`, { request });
  }

  private async freeNodes(request: Stored<NodeRequest>): Promise<void> {
    for (const id of request.value.nodes) {
      try {
        await withLock(this.services.records.nodes, id, async (lease) => {
          if (lease.current.value.allocatedTo === request.id) await lease.update({ allocatedTo: null });
        });
      } catch (error) {
        this.services.logger.warn(`Node ${id} could not be freed`, { node: id, ...errorFields(error) });
      }
    }
  }
}
