import type { Allocation } from '../../domain/decide/allocation.js';
import { orderRequests } from '../../domain/decide/request-order.js';
import type { Reason } from '../../domain/explain/reason.js';
import { timeToFulfil } from '../../domain/metrics/launcher-metrics.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { RecordChange } from '../../ports/records/view.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { WorkerStatus } from '../../ports/telemetry/status.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { sleep } from '../../ports/runtime/clock.js';
import { GrowingPause } from '../../ports/runtime/growing-pause.js';
import { Supervisor } from '../../ports/runtime/supervisor.js';
import { DeafClients } from './deaf-clients.js';
import { Pace } from './pace.js';
import type { PoolConfiguration } from './pool-decisions.js';
import { PoolDecisions } from './pool-decisions.js';
import { PoolRegistration } from './pool-registration.js';
import { RequestHandler } from './request-handler.js';
import { RequestJournal } from './request-journal.js';
import type { Decliner } from './request-locking.js';
import { declineRequest, lockRequest } from './request-locking.js';
import type { PoolIdentity, PoolSurroundings } from './pool-surroundings.js';
import { Wakeup } from '../../ports/runtime/wakeup.js';
import { WorkLimit } from '../../ports/runtime/work-limit.js';
import { poolName } from '../../domain/explain/pool-name.js';

/** Requests being locked or declined at once; launches themselves are limited by quota and `max-concurrency`. */
const MAX_LOCKING = 100;

/** After so long, seconds, a request that another launcher's waits for in turn gives up what it has, and for so long it rests. */
const TIED = 10;

/** Somebody else held the request's lock: seconds before we try again, unless the request changes. */
const REST = 1;
/** The longest rest of a request that fails again and again, whatever it is that nobody expected of it. */
const LONGEST_REST = 300;

/**
 * Serves requests with the nodes of one pool (spec LAUNCHER 2.2 to 2.6). Each pass is one synchronous look at everything that
 * waits: decisions and their reservations are made in one turn, effects follow in tasks of their own. Nothing sleeps while there
 * is work, and a request that waits blocks nobody else.
 */
export class PoolWorker {
  readonly identity: PoolIdentity;
  private readonly handlers = new Map<RequestId, RequestHandler>();
  private readonly declining = new Set<RequestId>();
  /** Requests that were locked by somebody when we tried. */
  private readonly resting = new Set<RequestId>();
  /** Those that rest whatever happens, for they have failed unexpectedly: what we did with them shows as a change, too. */
  private readonly setAside = new Set<RequestId>();
  /** Of requests that failed unexpectedly. */
  private readonly pauses = new Map<RequestId, GrowingPause>();
  /** Requests that nobody serves yet, we included; most of the others stay for long after they were served. */
  private readonly open = new Set<RequestId>();
  private readonly deaf: DeafClients;
  /** Handlers that lacked nodes when last asked: few of many, while each pass has to ask them. */
  private readonly lacking = new Set<RequestHandler>();
  /** Handlers that wait for capacity. */
  private readonly waiting = new Set<RequestHandler>();
  /** Some request waits for its provider, or for what others use there: pools that come after this one need not wait for it. */
  private deferring = false;
  private readonly pace: Pace;
  private readonly wakeup: Wakeup;
  private readonly tasks: Supervisor;
  private readonly locks = new WorkLimit(MAX_LOCKING);
  private readonly logger: Logger;
  private readonly journal: RequestJournal;
  private readonly registration: PoolRegistration;

  constructor(
    private readonly around: PoolSurroundings,
    provider: string,
    name: string,
  ) {
    const { services } = around;
    const launcherId = `${services.host.hostname}-PoolWorker.${provider}-${name}-${services.random.hexId()}`;
    this.identity = { launcherId, provider, name };
    this.journal = new RequestJournal(services.journal, this.identity);
    this.logger = services.logger.child(`PoolWorker.${provider}-${name}`);
    const paused = (): boolean => this.waiting.size > 0 || this.deferring;
    this.registration = new PoolRegistration(services, this.identity, paused, this.logger);
    this.wakeup = new Wakeup(services.clock);
    this.deaf = new DeafClients(services.clock);
    this.pace = new Pace(services.clock);
    // All tasks are about a request, which ends their name.
    this.tasks = new Supervisor((task, error) => {
      const request = task.slice(task.lastIndexOf(' ') + 1);
      const eventId = services.records.requests.view.get(request)?.value.eventId;
      this.logger.error(`${task} failed`, { request, eventId, ...errorFields(error) });
    });
  }

  handles(request: RequestId): boolean {
    return this.handlers.has(request) || this.declining.has(request);
  }

  get status(): WorkerStatus {
    const requests = [...this.handlers.values()].map((handler) => `request ${handler.id}: ${handler.doing}`);
    const others = this.tasks.names.filter((name) => !name.startsWith('request '));
    return {
      worker: `PoolWorker ${this.identity.provider}-${this.identity.name}`,
      doing: `${this.wakeup.awaited ? 'waits for a change' : 'at work'}, ${this.open.size} open requests`,
      details: [...requests, ...others],
    };
  }

  /** Something that decisions look at has changed. */
  wake(): void {
    this.wakeup.wake();
  }

  /** Works until aborted; then lets everything go and takes the registration back. */
  async run(signal: AbortSignal): Promise<void> {
    const { services } = this.around;
    const unsubscribe = services.records.requests.view.onChange((change) => this.onRequestChange(change));
    this.findOpen();
    try {
      await this.registration.begin();
      this.wake();
      while (!signal.aborted) {
        await this.wakeup.wait(services.intervals.poolTick, signal);
        await this.pace.look(() => this.pass(), signal);
        await this.registration.update();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      unsubscribe();
      await this.tasks.stop();
      await this.registration.withdraw();
    }
  }

  private onRequestChange(change: RecordChange<NodeRequest>): void {
    if (change.kind === 'resynced') this.findOpen();
    else {
      if (change.kind === 'added') this.deaf.note(change.after);
      if (change.kind === 'removed') {
        this.handlers.get(change.id)?.vanished();
        this.pauses.delete(change.id);
        this.deaf.forget(change.id);
      }
      if (change.kind !== 'locking') this.noteOpen(change.id);
      this.resting.delete(change.id);
    }
    this.wake();
  }

  private findOpen(): void {
    this.open.clear();
    for (const id of this.around.services.records.requests.view.all().keys()) this.noteOpen(id);
  }

  private noteOpen(id: RequestId): void {
    const state = this.around.services.records.requests.view.get(id)?.value.state;
    if (state === 'requested' && !this.handles(id)) {
      this.open.add(id);
      return;
    }
    this.open.delete(id);
    if (state !== undefined && state !== 'requested' && !this.handles(id)) this.journal.overtaken(id, state);
  }

  private noteDropped(id: RequestId): void {
    const request = this.around.services.records.requests.view.get(id);
    if (request) this.journal.dropped(id, request.value.state);
  }

  private config(): PoolConfiguration | undefined {
    const provider = this.around.services.config.current.providers.get(this.identity.provider);
    const pool = provider?.pools.get(this.identity.name);
    return provider && pool ? { provider, pool } : undefined;
  }

  private pass(): void {
    const { records } = this.around.services;
    const config = this.config();
    if (
      config &&
      records.session.state === 'connected' &&
      records.requests.view.complete &&
      records.nodes.view.complete
    ) {
      const decisions = new PoolDecisions(this.around, this.identity, config, () => this.waiting.size);
      this.serveWaiting(decisions);
      this.lookAtRequests(decisions, config);
    }
  }

  /** Requests we hold already, in the order in which they deserve nodes. */
  private serveWaiting(decisions: PoolDecisions): void {
    for (const handler of this.lacking) if (handler.needed.length === 0) this.lacking.delete(handler);
    const holders = [...this.lacking].filter((handler) => handler.wantsNodes);
    const requests = holders.map((handler) => ({ id: handler.id, value: handler.value, version: 0 }));
    for (const { id } of orderRequests(requests, { has: () => true })) {
      const handler = this.handlers.get(id);
      if (handler) this.advance(handler, decisions);
    }
  }

  private advance(handler: RequestHandler, decisions: PoolDecisions): void {
    const never = decisions.never(handler.value);
    if (never.length > 0) {
      // Launches under way may take a while to end; what it waited for before is not true any more.
      this.journal.note(handler.id, 'decline', never);
      return handler.decline(never);
    }
    const plan = decisions.plan(handler.needed, handler.value, handler.az, handler);
    if (decisions.fixed && plan.waiting.length > 0) {
      // The machines it counted on are taken: others may be served meanwhile (weakness 19).
      this.journal.note(handler.id, 'wait', plan.because);
      return handler.putBack();
    }
    handler.take(decisions.reserve(plan));
    this.noteWaiting(handler, plan);
    this.journal.accepted(handler.id, plan.because, false);
    if (plan.waiting.length === 0) return;
    if (handler.isMinReady) {
      return handler.decline([{ code: 'MIN_READY_AT_CAPACITY', pool: poolName(this.identity) }, ...plan.because]);
    }
    if (handler.idle && this.putBackIfHopeless(handler, decisions, plan.because)) return;
    const room = decisions.roomFor(plan);
    if (room.verdict === 'delete' && room.node !== undefined) this.around.deleteUnused(room.node, room.because);
  }

  /** Others use so much that what it has is of no use to it, or it and another launcher's wait for each other: it lets go. */
  private putBackIfHopeless(handler: RequestHandler, decisions: PoolDecisions, because: readonly Reason[]): boolean {
    const crowded = decisions.crowded(handler.value);
    const tied = handler.waitingFor > TIED && decisions.waitsBehind(handler, because) !== undefined;
    if (crowded.length === 0 && !tied) return false;
    this.journal.note(handler.id, 'wait', crowded.length > 0 ? crowded : because);
    if (tied) this.rest(handler.id, TIED, this.setAside);
    handler.putBack();
    return true;
  }

  private noteWaiting(handler: RequestHandler, { because }: Allocation): void {
    handler.noteWaiting(because, this.around.services.clock.monotonic());
    if (because.length > 0) this.waiting.add(handler);
    else this.waiting.delete(handler);
  }

  /** Requests that nobody holds. */
  private lookAtRequests(decisions: PoolDecisions, config: PoolConfiguration): void {
    const { view } = this.around.services.records.requests;
    const open: Stored<NodeRequest>[] = [];
    this.deferring = false;
    for (const id of this.open) {
      const request = this.restsNow(id) || this.around.handledHere(id) ? undefined : view.get(id);
      if (request) open.push(request);
    }
    for (const request of orderRequests(open, config.pool.labels)) this.lookAt(request, decisions);
  }

  private lookAt(request: Stored<NodeRequest>, decisions: PoolDecisions): void {
    const { services } = this.around;
    let plan: Allocation | undefined;
    const planned = (): Allocation => (plan ??= decisions.plan(request.value.nodeTypes, request.value, undefined));
    const decision = decisions.admit(request.value, planned);
    if (decision.verdict === 'accept') {
      this.journal.accepted(request.id, planned().because, services.records.requests.view.locked(request.id));
      return this.serve(request, planned(), decisions);
    }
    // Somebody else may be there first: that we have declined it is said when it is so.
    if (decision.verdict === 'decline') return this.startDecline(request.id, decision.because, decisions);
    if (decision.verdict === 'wait') this.noteDeferral(decision.because, decisions);
    if (decision.verdict !== 'ignore') this.journal.note(request.id, decision.verdict, decision.because);
    else if (request.value.state === 'requested') this.journal.declinedBefore(request.id);
  }

  /** Pools that count on us to go first are told when we cannot; while we have only just begun they wait for us. */
  private noteDeferral(because: readonly Reason[], decisions: PoolDecisions): void {
    const codes = because.map(({ code }) => code);
    if (codes.includes('QUOTA_PROVIDER')) this.around.capacity.awaited(this.identity.provider);
    this.deferring ||=
      codes.includes('QUOTA_PROVIDER') || (codes.includes('PROVIDER_NOT_READY') && decisions.inTrouble);
  }

  private serve(request: Stored<NodeRequest>, plan: Allocation, decisions: PoolDecisions): void {
    const { services } = this.around;
    // Kept from the acceptance to the end, so that the next decision sees it.
    const share = decisions.tenantShare(request.value);
    const handler = new RequestHandler(request.id, request.value, {
      launcherId: this.identity.launcherId,
      logger: this.logger.child('handler', { request: request.id, eventId: request.value.eventId }),
      lockRequest: (id) => this.locks.run(() => lockRequest(services.records, id)),
      acquire: (planned, of, signal) => this.around.acquire(this.identity, planned, of, signal),
      share,
      registry: () => decisions.registry(),
      listening: (signal) => this.deaf.listening(request.id, signal),
      lacking: (lacking) => void this.lacking.add(lacking),
      wake: () => this.wake(),
    });
    // What it cannot have now it waits for from the start, so that the next decision sees it.
    this.noteWaiting(handler, plan);
    const first = decisions.reserve(plan);
    this.handlers.set(request.id, handler);
    this.open.delete(request.id);
    this.tasks.start(`request ${request.id}`, async (signal) => {
      let end: Awaited<ReturnType<RequestHandler['run']>> | 'failed' = 'failed';
      try {
        end = await handler.run(first, signal);
        this.pauses.delete(request.id);
        if (end === 'dropped') this.rest(request.id);
        if (end === 'declined') this.journal.note(request.id, 'decline', handler.declinedBecause);
        if (end === 'fulfilled') this.reportFulfilled(request);
      } finally {
        share.end();
        this.handlers.delete(request.id);
        this.waiting.delete(handler);
        this.lacking.delete(handler);
        if (end === 'failed') this.restLonger(request.id);
        if (end === 'dropped' || end === 'failed') this.noteDropped(request.id);
        this.noteOpen(request.id);
        this.around.wakeAll();
      }
    });
  }

  private reportFulfilled({ id, value }: Stored<NodeRequest>): void {
    const { clock, metrics } = this.around.services;
    this.journal.fulfilled(id);
    if (value.createdTime === null) return;
    // The client's clock may go ahead of ours.
    const seconds = Math.max(0, clock.now() - value.createdTime);
    for (const label of new Set(value.nodeTypes)) metrics.timing(timeToFulfil(label), seconds);
  }

  private startDecline(id: RequestId, because: readonly Reason[], decisions: PoolDecisions): void {
    this.declining.add(id);
    this.open.delete(id);
    const decliner: Decliner = {
      launcherId: this.identity.launcherId,
      registry: () => decisions.registry(),
      logger: this.logger,
      declining: () => this.journal.note(id, 'decline', because),
    };
    this.tasks.start(`declining ${id}`, async (signal) => {
      try {
        await this.deaf.listening(id, signal);
        await this.locks.run(async () => {
          if (signal.aborted) return;
          const stored = await declineRequest(this.around.services.records, id, because, decliner);
          if (!stored) this.noteDropped(id);
        });
        this.pauses.delete(id);
        this.rest(id);
      } catch (error) {
        this.restLonger(id);
        throw error;
      } finally {
        this.declining.delete(id);
        this.noteOpen(id);
        this.around.wakeAll();
      }
    });
  }

  /** Something failed that should not have: each time it is left alone for longer. */
  private restLonger(id: RequestId): void {
    const pause = this.pauses.get(id) ?? new GrowingPause(REST, LONGEST_REST);
    this.pauses.set(id, pause);
    this.rest(id, pause.next(), this.setAside);
  }

  private restsNow(id: RequestId): boolean {
    return this.resting.has(id) || this.setAside.has(id);
  }

  private rest(id: RequestId, seconds = REST, among = this.resting): void {
    among.add(id);
    this.tasks.start(`resting ${id}`, async (signal) => {
      try {
        await sleep(this.around.services.clock, seconds, signal);
      } finally {
        among.delete(id);
        this.wake();
      }
    });
  }
}
