import { declined } from '../../domain/decide/decline.js';
import { describeReasons } from '../../domain/explain/reason.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { Outcome, PhaseEvent, RequestPhase } from '../../domain/lifecycle/request-phase.js';
import { isSettled, spentOn } from '../../domain/lifecycle/request-progress.js';
import type { ProgressEvent, RequestProgress } from '../../domain/lifecycle/request-progress.js';
import type { Node, NodeId } from '../../domain/model/node.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { RecordGoneError } from '../../ports/records/record-lease.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { Acquired, AcquisitionFor } from './acquired.js';
import { concludeRequest, moveRequest } from './moves.js';
import type { Reservation } from './reservation.js';
import type { TenantShare } from './tenant-share.js';

export interface HandlerContext {
  readonly launcherId: string;
  readonly logger: Logger;
  readonly lockRequest: (id: RequestId) => Promise<RecordLease<NodeRequest> | undefined>;
  /** Carries out a step and ends its reservation. `spent`: attempts used up for it before. Never rejects. */
  readonly acquire: (
    reservation: Reservation,
    spent: number,
    request: AcquisitionFor,
    signal: AbortSignal,
  ) => Promise<Acquired>;
  /** What is kept of its tenant's limits for nodes that the records do not count yet. */
  readonly share: TenantShare;
  readonly registry: () => Parameters<typeof declined>[2];
  /** Resolves when the client hears of an answer; undefined = it does already. Rejects when aborted. */
  readonly listening: (signal: AbortSignal) => Promise<void> | undefined;
  /** Tells what has happened; `moved` is called if that makes a new phase. */
  readonly report: (event: PhaseEvent) => void;
  /** What it tells concerns the next pass. */
  readonly wake: () => void;
}

/**
 * Carries out the serving of one request, from its lock to its end (spec LAUNCHER 2.6 to 2.8). What it gets is decided in passes; how
 * far it is stands in its phase. All writes go through leases, so that nothing is written once the session is gone.
 */
export class RequestHandler {
  private readonly nodes = new Map<NodeId, RecordLease<Node>>();
  private readonly underway = new Set<Promise<void>>();
  private progress: RequestProgress | null = null;
  /** Shutdown, or the request's lease is lost: everything under way is let go. */
  private readonly ending = new AbortController();
  private finished: (() => void) | null = null;

  constructor(
    readonly id: RequestId,
    private request: NodeRequest,
    private readonly context: HandlerContext,
  ) {}

  get share(): TenantShare {
    return this.context.share;
  }

  get value(): NodeRequest {
    return this.request;
  }

  /**
   * Serves the request. Resolves when it is fulfilled, declined, gone or lost, with nothing held any more. `first` are the steps
   * decided with the acceptance.
   */
  async run(first: readonly Reservation[], signal: AbortSignal): Promise<Exclude<Outcome, 'failed'>> {
    const lease = signal.aborted ? undefined : await this.lock(first);
    if (!lease || lease.current.value.state !== 'requested' || this.declinedBefore(lease)) {
      first.forEach((reservation) => reservation.release());
      await lease?.release();
      return 'dropped';
    }
    const stop = (): void => this.letGo();
    signal.addEventListener('abort', stop, { once: true });
    lease.signal.addEventListener('abort', stop, { once: true });
    try {
      this.request = await moveRequest(lease, 'pending');
      this.serve(first, signal.aborted || lease.signal.aborted);
      this.context.wake();
      await this.settled();
      // Let go meanwhile, it is put back as ever.
      await this.context.listening(this.ending.signal)?.catch(() => undefined);
      return await this.complete(lease);
    } catch (error) {
      first.forEach((reservation) => reservation.release());
      return await this.afterError(lease, error);
    } finally {
      signal.removeEventListener('abort', stop);
      lease.signal.removeEventListener('abort', stop);
      await Promise.all(this.underway);
      await Promise.all([...this.nodes.values()].map((node) => node.release()));
      await lease.release();
    }
  }

  /** Carries out decided steps; what they cover is not needed any more. */
  take(steps: readonly Reservation[]): void {
    if (this.progress === null) throw new Error(`request ${this.id} is not locked yet`);
    if (steps.length === 0) return;
    const labels = steps.map(({ step }) => step.label);
    const spent = spentOn(this.progress, labels);
    this.tell({ kind: 'stepped', steps: steps.map(({ step }) => step) });
    for (const [index, reservation] of steps.entries()) {
      const work = this.carryOut(reservation, spent[index] ?? 0).finally(() => {
        this.underway.delete(work);
        this.context.wake();
      });
      this.underway.add(work);
    }
  }

  /** Not now after all: the request is open to everybody again, and what it has is free. */
  letGo(backOffUntil = 0): void {
    this.ending.abort(new Error('the request was let go'));
    if (this.progress?.end?.kind !== 'let-go') this.tell({ kind: 'let-go', backOffUntil });
  }

  /** Its phase has changed. */
  moved(phase: RequestPhase): void {
    if (phase.kind !== 'serving') return;
    this.progress = phase.progress;
    if (isSettled(phase.progress)) this.finished?.();
  }

  /** From here on it may be given nodes; what was decided with the acceptance comes first. */
  private serve(first: readonly Reservation[], lost: boolean): void {
    this.context.report({ kind: 'locked' });
    // It may have been while we waited for the lock, and before it was ours to be let go.
    if (lost || this.ending.signal.aborted) this.letGo();
    this.take(first);
  }

  private tell(event: ProgressEvent): void {
    this.context.report({ kind: 'progress', event });
  }

  /** What was decided with the acceptance does not come about if the lock cannot even be asked for. */
  private async lock(first: readonly Reservation[]): Promise<RecordLease<NodeRequest> | undefined> {
    try {
      return await this.context.lockRequest(this.id);
    } catch (error) {
      first.forEach((reservation) => reservation.release());
      throw error;
    }
  }

  private declinedBefore(lease: RecordLease<NodeRequest>): boolean {
    return lease.current.value.declinedBy.includes(this.context.launcherId);
  }

  private async carryOut(reservation: Reservation, spent: number): Promise<void> {
    const { step } = reservation;
    const { label } = step;
    let counted = false;
    const onCounted = (): void => {
      counted = true;
      this.context.share.drop(label);
    };
    const of = { id: this.id, value: this.request, counted: onCounted };
    const acquired = await this.context.acquire(reservation, spent, of, this.ending.signal);
    switch (acquired.kind) {
      case 'node':
        this.nodes.set(acquired.lease.id, acquired.lease);
        return this.tell({ kind: 'obtained', label, node: acquired.lease.id });
      case 'failed':
        return this.tell({ kind: 'came-to-nothing', because: acquired.because });
      case 'lost':
        this.tell({ kind: 'came-to-nothing', because: null });
        return this.letGo();
      case 'again': {
        // Nobody else of the tenant may be let in meanwhile.
        if (counted) this.context.share.hold(label);
        const avoid = step.kind === 'reuse' && !acquired.over ? step.node : null;
        return this.tell({ kind: 'again', label, spent: acquired.spent ?? spent, avoid });
      }
    }
  }

  /** Resolves when there is nothing more to be had: all nodes are there, or the request will not be served. */
  private settled(): Promise<void> {
    return new Promise((resolve) => {
      this.finished = resolve;
      if (this.progress && isSettled(this.progress)) resolve();
    });
  }

  private async complete(lease: RecordLease<NodeRequest>): Promise<Exclude<Outcome, 'failed'>> {
    if (this.ending.signal.aborted) return this.storeOpen(lease);
    const end = this.progress?.end ?? null;
    if (end?.kind === 'gone') {
      await this.freeNodes();
      return 'dropped';
    }
    if (end?.kind === 'decline') {
      await this.freeNodes();
      await this.storeDecline(lease, end.because);
      return 'declined';
    }
    const nodes = this.inOrder();
    // The client may lock the nodes as soon as it sees `fulfilled`: they are let go with it or first (spec LAUNCHER 2.8-5).
    this.request = await concludeRequest(lease, 'fulfilled', { nodes }, [...this.nodes.values()]);
    this.context.logger.info('Fulfilled', { nodes });
    return 'fulfilled';
  }

  /** Node ids in the order of `node_types`: the first unused node of each label. */
  private inOrder(): readonly NodeId[] {
    const left = [...(this.progress?.there ?? [])];
    return this.request.nodeTypes.map((label) => {
      const [slot] = left.splice(
        left.findIndex((candidate) => candidate.label === label),
        1,
      );
      if (!slot) throw new Error(`no node for label ${label}`);
      return slot.node;
    });
  }

  private async storeDecline(lease: RecordLease<NodeRequest>, because: readonly Reason[]): Promise<void> {
    this.tell({ kind: 'declined', because });
    const change = declined(lease.current.value, this.context.launcherId, this.context.registry());
    this.request = await concludeRequest(lease, change.state, change);
    this.context.logger.info(change.state === 'failed' ? 'Declined; nobody is left: failed' : 'Declined', {
      because: describeReasons(because),
    });
  }

  /** Shutdown, or not now after all: another launcher can have it at once. After a lost lease nothing is written. */
  private async storeOpen(lease: RecordLease<NodeRequest>): Promise<'dropped'> {
    if (lease.signal.aborted) return 'dropped';
    await this.freeNodes();
    await moveRequest(lease, 'requested', { nodes: [] });
    return 'dropped';
  }

  /** Ready nodes go back to the pool, without the allocation that would keep them unusable (weakness 18). */
  private async freeNodes(): Promise<void> {
    await Promise.all(
      [...this.nodes.values()].map(async (lease) => {
        try {
          if (!lease.signal.aborted) await lease.update({ allocatedTo: null, tenantName: null });
        } catch (error) {
          this.context.logger.warn('A node could not be freed', { node: lease.id, ...errorFields(error) });
        }
        await lease.release();
      }),
    );
  }

  private async afterError(lease: RecordLease<NodeRequest>, error: unknown): Promise<Exclude<Outcome, 'failed'>> {
    this.ending.abort(new Error('the request was let go'));
    await Promise.all(this.underway);
    if (lease.signal.aborted) return 'dropped';
    if (error instanceof RecordGoneError) {
      this.context.logger.info('The request was deleted by its client');
      await this.freeNodes();
      return 'dropped';
    }
    this.context.logger.error('Handling the request failed', errorFields(error));
    await this.freeNodes();
    try {
      await this.storeDecline(lease, [{ code: 'HANDLER_ERROR', problem: String(error) }]);
      return 'declined';
    } catch (failure) {
      if (lease.signal.aborted || failure instanceof RecordGoneError) return 'dropped';
      throw new Error('The decline could not be stored', { cause: failure });
    }
  }
}
