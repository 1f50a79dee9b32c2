import { planPass } from '../../domain/decide/plan-pass.js';
import type { RequestPlan } from '../../domain/decide/pool-plan.js';
import type { HeldRequest } from '../../domain/decide/pool-snapshot.js';
import { describeReasons } from '../../domain/explain/reason.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { Outcome, PhaseEvent, RequestPhase } from '../../domain/lifecycle/request-phase.js';
import { timeToFulfil } from '../../domain/metrics/launcher-metrics.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { RecordChange } from '../../ports/records/view.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { WorkerStatus } from '../../ports/telemetry/status.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { DeafClients } from './deaf-clients.js';
import { Throttle } from './throttle.js';
import { PoolInquiry } from './pool-inquiry.js';
import type { PoolHands } from './pool-inquiry.js';
import { PoolRegistration } from './pool-registration.js';
import { PoolSnapshots, registryFor } from './pool-snapshots.js';
import type { PoolConfiguration } from './pool-snapshots.js';
import { RequestHandler } from './request-handler.js';
import { RequestJournal } from './request-journal.js';
import { declineRequest, lockRequest } from './request-locking.js';
import { RequestPhases } from './request-phases.js';
import { reserve } from './reservation.js';
import { TenantShare } from './tenant-share.js';
import type { PoolContext } from './pool-context.js';
import type { PoolIdentity } from '../../domain/model/launcher.js';
import { ControlLoop } from '../../ports/toolkit/control-loop.js';
import { WorkLimit } from '../../ports/toolkit/work-limit.js';

/** Requests being locked or declined at once; launches themselves are limited by quota and `max-concurrency`. */
const MAX_LOCKING = 100;

/**
 * Serves requests with the nodes of one pool (spec LAUNCHER 2.2 to 2.6). Each pass is one synchronous step: a snapshot of all that
 * matters is taken, planned on, and the plan carried out in tasks of its own. Nothing sleeps while there is work, and a request that
 * waits blocks nobody else.
 */
export class PoolWorker {
  readonly identity: PoolIdentity;
  private readonly phases: RequestPhases;
  /** Those that carry out the requests in our hands. */
  private readonly handlers = new Map<RequestId, RequestHandler>();
  /** Answers questions; decides nothing. */
  readonly inquiry: PoolInquiry;
  private readonly snapshots: PoolSnapshots;
  private readonly deaf: DeafClients;
  /** Some request waits for its provider, or for what others use there: pools that come after this one need not wait for it. */
  private deferring = false;
  /** The requests of the last pass, in its order. */
  private considered: readonly RequestId[] = [];
  private readonly throttle: Throttle;
  private readonly loop: ControlLoop;
  private readonly tasks: Supervisor;
  private readonly locks = new WorkLimit(MAX_LOCKING);
  private readonly logger: Logger;
  private readonly journal: RequestJournal;
  private readonly registration: PoolRegistration;

  constructor(
    private readonly context: PoolContext,
    provider: string,
    name: string,
  ) {
    const { services } = context;
    const { clock } = services;
    const { view } = services.records.requests;
    const launcherId = `${services.host.hostname}-PoolWorker.${provider}-${name}-${services.random.hexId()}`;
    this.identity = { launcherId, provider, name };
    this.journal = new RequestJournal(services.journal, this.identity, (id) => view.locked(id));
    this.logger = services.logger.child(`PoolWorker.${provider}-${name}`);
    const paused = (): boolean => this.phases.waiting > 0 || this.deferring;
    this.registration = new PoolRegistration(services, this.identity, paused, this.logger);
    this.phases = new RequestPhases(
      clock,
      (id, before, after, event) => this.onPhase(id, before, after, event),
      (id) => this.onBackedOff(id),
    );
    this.snapshots = new PoolSnapshots(context, this.identity);
    this.inquiry = new PoolInquiry(this.identity, this.snapshots, this.hands());
    this.loop = new ControlLoop(clock);
    this.deaf = new DeafClients(clock);
    this.throttle = new Throttle(clock);
    // All tasks are about a request, which ends their name.
    this.tasks = new Supervisor((task, error) => {
      const request = task.slice(task.lastIndexOf(' ') + 1);
      const eventId = view.get(request)?.value.eventId;
      this.logger.error(`${task} failed`, { request, eventId, ...errorFields(error) });
    });
  }

  handles(request: RequestId): boolean {
    return this.phases.handles(request);
  }

  get overslept(): readonly RequestId[] {
    return this.loop.awaited && this.prepared() ? this.inquiry.owed() : [];
  }

  get status(): WorkerStatus {
    const requests = [...this.handlers.keys()].map((id) => `request ${id}: ${describe(this.phases.of(id))}`);
    const others = this.tasks.names.filter((name) => !name.startsWith('request '));
    const open = this.phases.open.size + this.phases.backingOff;
    return {
      worker: `PoolWorker ${this.identity.provider}-${this.identity.name}`,
      doing: `${this.loop.awaited ? 'waits for a change' : 'at work'}, ${open} open requests`,
      details: [...requests, ...others],
    };
  }

  /** Works until aborted; then lets everything go and takes the registration back. */
  async run(signal: AbortSignal): Promise<void> {
    const { records, intervals } = this.context.services;
    await this.loop.run(
      {
        subscribe: (wake) => [
          this.context.hub.add(wake),
          records.requests.view.onChange((change) => this.onRequestChange(change)),
        ],
        begin: () => {
          this.seeAll();
          return this.registration.begin();
        },
        pass: async (inner) => {
          let again = Infinity;
          await this.throttle.run(() => (again = this.pass()), inner);
          await this.registration.update();
          return Math.min(intervals.poolTick, again);
        },
        end: async () => {
          this.journal.close();
          await this.tasks.stop();
          this.phases.close();
          await this.registration.withdraw();
        },
      },
      signal,
    );
  }

  private hands(): PoolHands {
    const { handlers, phases } = this;
    return {
      config: () => this.config(),
      held: () => this.held(),
      open: () => this.open(),
      get holds() {
        return handlers.size;
      },
      get waiting() {
        return phases.waiting;
      },
      request: (id) => this.context.services.records.requests.view.get(id),
      handled: (id) => this.context.roster.handles(id),
    };
  }

  private onRequestChange(change: RecordChange<NodeRequest>): void {
    if (change.kind === 'resynced') this.seeAll();
    else {
      if (change.kind === 'added') this.deaf.note(change.after);
      if (change.kind === 'removed') this.deaf.forget(change.id);
      this.see(change.id);
    }
    this.loop.wake();
  }

  private seeAll(): void {
    for (const id of this.phases.known) this.see(id);
    for (const id of this.context.services.records.requests.view.all().keys()) this.see(id);
  }

  private see(id: RequestId): void {
    this.phases.apply(id, { kind: 'seen', state: this.stateOf(id) });
  }

  private stateOf(id: RequestId): NodeRequest['state'] | null {
    return this.context.services.records.requests.view.get(id)?.value.state ?? null;
  }

  private onPhase(id: RequestId, before: RequestPhase, after: RequestPhase, event: PhaseEvent): void {
    this.journal.changed(id, before, after, event, this.stateOf(id));
    this.handlers.get(id)?.moved(after);
  }

  private onBackedOff(id: RequestId): void {
    this.phases.apply(id, { kind: 'backed-off', state: this.stateOf(id) });
    this.loop.wake();
  }

  private config(): PoolConfiguration | undefined {
    const provider = this.context.services.config.current.providers.get(this.identity.provider);
    const pool = provider?.pools.get(this.identity.name);
    return provider && pool ? { provider, pool } : undefined;
  }

  /** Undefined while nothing can be decided. */
  private prepared(): PoolConfiguration | undefined {
    const { session, requests, nodes } = this.context.services.records;
    if (session.state !== 'connected' || !requests.view.complete || !nodes.view.complete) return undefined;
    return this.config();
  }

  /** Answers after how many seconds to look again even if nothing happens. */
  private pass(): number {
    const config = this.prepared();
    if (!config) return Infinity;
    const held = this.held();
    const open = this.open();
    this.deferring = false;
    if (held.length === 0 && open.length === 0) return Infinity;
    this.snapshots.prepare(config);
    const plan = planPass(this.snapshots.take(config, { held, open, waiting: this.phases.waiting }));
    this.considered = plan.requests.map(({ id }) => id);
    this.deferring = plan.deferring;
    if (plan.crowded) this.context.capacity.awaited(this.identity.provider);
    for (const request of plan.requests) {
      this.journal.planned(request);
      this.carryOut(request);
    }
    return plan.again;
  }

  private held(): readonly HeldRequest[] {
    return [...this.phases.lacking].flatMap((id) => {
      const phase = this.phases.of(id);
      const handler = this.handlers.get(id);
      if (phase.kind !== 'serving' || !handler) return [];
      const { needed, az, avoid, underway, wait } = phase.progress;
      const labels = needed.map(({ label }) => label);
      return [{ id, request: handler.value, needed: labels, az, avoid, kept: handler.share.held, underway, wait }];
    });
  }

  /** Those of the last pass come first, in the order in which they were: they need hardly be sorted again. */
  private open(): readonly Stored<NodeRequest>[] {
    const { view } = this.context.services.records.requests;
    const requests: Stored<NodeRequest>[] = [];
    for (const id of this.phases.openInOrder(this.considered)) {
      const request = this.context.roster.handles(id) ? undefined : view.get(id);
      if (request) requests.push(request);
    }
    return requests;
  }

  private carryOut(plan: RequestPlan): void {
    switch (plan.kind) {
      case 'leave':
        return;
      case 'decline':
        return plan.held ? this.decideOn(plan.id, { kind: 'declined', because: plan.because }) : this.decline(plan);
      case 'take':
        return this.serve(plan);
      case 'serve':
        return this.goOn(plan);
      case 'put-back':
        return this.putBack(plan);
    }
  }

  private decideOn(id: RequestId, event: (PhaseEvent & { readonly kind: 'progress' })['event']): void {
    this.phases.apply(id, { kind: 'progress', event });
  }

  private goOn({ id, steps, wait, room }: RequestPlan & { readonly kind: 'serve' }): void {
    const reserved = steps.map((step) => reserve(this.context, this.identity, step));
    this.handlers.get(id)?.take(reserved);
    this.decideOn(id, { kind: 'waits', wait });
    if (room !== null) this.context.unused.delete(room, wait?.because ?? []);
  }

  private putBack({ id, backOff }: RequestPlan & { readonly kind: 'put-back' }): void {
    this.handlers.get(id)?.letGo(backOff > 0 ? this.context.services.clock.monotonic() + backOff : 0);
  }

  private serve({ id, steps, wait }: RequestPlan & { readonly kind: 'take' }): void {
    const { services } = this.context;
    const request = services.records.requests.view.get(id);
    if (!request) return;
    const { value } = request;
    // Kept from the acceptance to the end, so that the next pass sees it.
    const share = this.tenantShare(value);
    const handler = new RequestHandler(id, value, {
      launcherId: this.identity.launcherId,
      logger: this.logger.child('handler', { request: id, eventId: value.eventId }),
      lockRequest: (wanted) => this.locks.run(() => lockRequest(services.records, wanted)),
      acquire: (reservation, spent, of, signal) =>
        this.context.acquisition.acquire(this.identity, reservation, spent, of, signal),
      share,
      registry: () => registryFor(this.context, this.identity.launcherId),
      listening: (signal) => this.deaf.listening(id, signal),
      report: (event) => void this.phases.apply(id, event),
      // What a step has kept may be what another pool waits for.
      wake: this.context.hub.wake,
    });
    const first = steps.map((step) => reserve(this.context, this.identity, step));
    this.handlers.set(id, handler);
    this.phases.apply(id, { kind: 'take', labels: value.nodeTypes, wait });
    this.tasks.start(`request ${id}`, async (signal) => {
      let outcome: Outcome = 'failed';
      try {
        outcome = await handler.run(first, signal);
        if (outcome === 'fulfilled') this.reportFulfilled(value);
      } finally {
        share.end();
        this.handlers.delete(id);
        this.done(id, outcome);
      }
    });
  }

  private done(id: RequestId, outcome: Outcome): void {
    const at = this.context.services.clock.monotonic();
    this.phases.apply(id, { kind: 'done', outcome, state: this.stateOf(id), at });
    this.context.hub.wake();
  }

  /** Keeps the tenant's share for all nodes of a request that is taken. */
  private tenantShare(request: NodeRequest): TenantShare {
    const { provider, name } = this.identity;
    const share = new TenantShare(this.context.reservations, request.tenantName, (label) =>
      this.context.drivers.resourcesOf(provider, name, label),
    );
    for (const label of request.nodeTypes) share.hold(label);
    return share;
  }

  private reportFulfilled({ createdTime, nodeTypes }: NodeRequest): void {
    const { clock, metrics } = this.context.services;
    if (createdTime === null) return;
    // The client's clock may go ahead of ours.
    const seconds = Math.max(0, clock.now() - createdTime);
    for (const label of new Set(nodeTypes)) metrics.timing(timeToFulfil(label), seconds);
  }

  private decline({ id, because }: { readonly id: RequestId; readonly because: readonly Reason[] }): void {
    this.phases.apply(id, { kind: 'decline' });
    const decliner = {
      launcherId: this.identity.launcherId,
      registry: () => registryFor(this.context, this.identity.launcherId),
      logger: this.logger,
      declining: () => this.journal.declining(id, because),
    };
    this.tasks.start(`declining ${id}`, async (signal) => {
      let outcome: Outcome = 'failed';
      try {
        await this.deaf.listening(id, signal);
        outcome = await this.locks.run(async () => {
          if (signal.aborted) return 'dropped';
          const stored = await declineRequest(this.context.services.records, id, because, decliner);
          return stored ? 'declined' : 'dropped';
        });
      } finally {
        this.done(id, outcome);
      }
    });
  }
}

/** What a request in our hands is at, for people. */
function describe(phase: RequestPhase): string {
  if (phase.kind !== 'serving') return 'waits for its lock';
  const { there, needed, underway, wait } = phase.progress;
  const all = there.length + needed.length + underway;
  const held = `${there.length} of ${all} nodes there, ${underway} on their way`;
  return wait ? `${held}, waits for ${describeReasons(wait.because)}` : held;
}
