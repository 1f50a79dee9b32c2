import { declined } from '../../domain/decide/decline.js';
import { describeReasons } from '../../domain/explain/wording.js';
import type { Reason } from '../../domain/explain/reason.js';
import type { Node, NodeId } from '../../domain/model/node.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import { MIN_READY_REQUESTOR } from '../../domain/model/request.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { RecordGoneError } from '../../ports/records/record-lease.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { Acquired, AcquisitionFor } from './node-acquisition.js';
import type { PlannedStep } from './planned-step.js';
import { dropStep } from './planned-step.js';
import { concludeRequest, moveRequest } from './moves.js';
import type { TenantShare } from './tenant-share.js';

export interface HandlerSurroundings {
  readonly launcherId: string;
  readonly logger: Logger;
  readonly lockRequest: (id: RequestId) => Promise<RecordLease<NodeRequest> | undefined>;
  /** Carries out a step and ends its reservations. Never rejects. */
  readonly acquire: (planned: PlannedStep, request: AcquisitionFor, signal: AbortSignal) => Promise<Acquired>;
  /** What is kept of its tenant's limits for nodes that the records do not count yet. */
  readonly share: TenantShare;
  readonly registry: () => Parameters<typeof declined>[2];
  /** Resolves when the client hears of an answer; undefined = it does already. Rejects when aborted. */
  readonly listening: (signal: AbortSignal) => Promise<void> | undefined;
  /** The handler lacks nodes that nobody has decided on yet: it is to be asked in each pass until it has them. */
  readonly lacking: (handler: RequestHandler) => void;
  /** The handler wants more nodes, has news, or has ended: look at it again. */
  readonly wake: () => void;
}

interface Slot {
  readonly label: string;
  lease: RecordLease<Node>;
}

/**
 * One accepted request, from its lock to its end (spec LAUNCHER 2.6 to 2.8). The pool worker decides what it gets; this carries
 * it out. All writes go through leases, so that nothing is written once the session is gone.
 */
export class RequestHandler {
  /** Labels for which no node is there or on its way, in the order of the request. */
  needed: string[];
  /** The zone of the set; undefined = open. */
  az: string | null | undefined = undefined;
  /** Free nodes that turned out not to be: not to be tried again. */
  readonly avoid = new Set<NodeId>();
  /** Why it waits for capacity; empty = it does not. */
  waiting: readonly Reason[] = [];
  /** Seconds since it began to wait without anything coming. */
  waitingFor = 0;
  private waitingSince: { readonly at: number; readonly needed: number } | null = null;
  private readonly obtained: Slot[] = [];
  /** Attempts used up by launches that were given up for now, by label. */
  private readonly spent = new Map<string, number[]>();
  private readonly underway = new Set<Promise<void>>();
  private lease: RecordLease<NodeRequest> | null = null;
  private giveUp: readonly Reason[] | null = null;
  private gone = false;
  /** Shutdown, or the request's lease is lost: everything under way is let go. */
  private readonly ending = new AbortController();
  private finished: (() => void) | null = null;

  constructor(
    readonly id: RequestId,
    private request: NodeRequest,
    private readonly around: HandlerSurroundings,
  ) {
    this.needed = [...request.nodeTypes];
  }

  get share(): TenantShare {
    return this.around.share;
  }

  get value(): NodeRequest {
    return this.request;
  }

  /** Empty unless it was declined. */
  get declinedBecause(): readonly Reason[] {
    return this.giveUp ?? [];
  }

  get isMinReady(): boolean {
    return this.request.requestor === MIN_READY_REQUESTOR;
  }

  /** What it is doing, for people. */
  get doing(): string {
    if (this.lease === null) return 'waits for its lock';
    const held = `${this.obtained.length} of ${this.request.nodeTypes.length} nodes there, ${this.underway.size} on their way`;
    return this.waiting.length > 0 ? `${held}, waits for ${describeReasons(this.waiting)}` : held;
  }

  noteWaiting(because: readonly Reason[], now: number): void {
    this.waiting = because;
    if (because.length === 0) this.waitingSince = null;
    else if (this.waitingSince?.needed !== this.needed.length)
      this.waitingSince = { at: now, needed: this.needed.length };
    this.waitingFor = this.waitingSince ? now - this.waitingSince.at : 0;
  }

  /** Is nothing on its way to it? */
  get idle(): boolean {
    return this.underway.size === 0;
  }

  /** May it be given nodes? */
  get wantsNodes(): boolean {
    if (this.needed.length === 0 || this.lease === null) return false;
    return !this.gone && !this.giveUp && !this.lease.signal.aborted;
  }

  /**
   * Serves the request. Resolves when it is fulfilled, declined, gone or lost, with nothing held any more. `first` are the steps
   * decided with the acceptance.
   */
  async run(first: readonly PlannedStep[], signal: AbortSignal): Promise<'fulfilled' | 'declined' | 'dropped'> {
    const lease = signal.aborted ? undefined : await this.lock(first);
    if (!lease || lease.current.value.state !== 'requested' || this.declinedBefore(lease)) {
      first.forEach(dropStep);
      await lease?.release();
      return 'dropped';
    }
    const stop = (): void => this.abandon();
    signal.addEventListener('abort', stop, { once: true });
    lease.signal.addEventListener('abort', stop, { once: true });
    // It may have been while we waited for the lock.
    if (signal.aborted || lease.signal.aborted) stop();
    try {
      this.request = await moveRequest(lease, 'pending');
      // From here on it may be given nodes; what was decided with the acceptance comes first.
      this.lease = lease;
      this.take(first);
      if (this.needed.length > 0) this.around.lacking(this);
      this.around.wake();
      await this.settled();
      // Let go meanwhile, it is put back as ever.
      await this.around.listening(this.ending.signal)?.catch(() => undefined);
      return await this.complete(lease);
    } catch (error) {
      first.forEach(dropStep);
      return await this.afterError(lease, error);
    } finally {
      signal.removeEventListener('abort', stop);
      lease.signal.removeEventListener('abort', stop);
      await Promise.all(this.underway);
      await Promise.all(this.obtained.map(({ lease: node }) => node.release()));
      await lease.release();
    }
  }

  /** Hands decided steps over for carrying out; what they cover is not needed any more. */
  take(steps: readonly PlannedStep[]): void {
    for (const planned of steps) {
      const { label, az } = planned.step;
      this.needed.splice(this.needed.indexOf(label), 1);
      if (this.az === undefined) this.az = az;
      const work = this.carryOut(planned, label).finally(() => {
        this.underway.delete(work);
        this.settle();
        this.around.wake();
      });
      this.underway.add(work);
    }
    this.settle();
  }

  /** The pool cannot or will not serve it any more. */
  decline(because: readonly Reason[]): void {
    this.giveUp ??= because;
    this.settle();
  }

  /** Not now after all: the request is open to everybody again, and what it has is free. */
  putBack(): void {
    this.abandon();
  }

  /** The client has deleted the request. */
  vanished(): void {
    this.gone = true;
    this.settle();
  }

  /** What was decided with the acceptance does not come about if the lock cannot even be asked for. */
  private async lock(first: readonly PlannedStep[]): Promise<RecordLease<NodeRequest> | undefined> {
    try {
      return await this.around.lockRequest(this.id);
    } catch (error) {
      first.forEach(dropStep);
      throw error;
    }
  }

  private declinedBefore(lease: RecordLease<NodeRequest>): boolean {
    return lease.current.value.declinedBy.includes(this.around.launcherId);
  }

  private async carryOut(planned: PlannedStep, label: string): Promise<void> {
    const spent = planned.step.kind === 'create' ? (this.spent.get(label)?.shift() ?? 0) : 0;
    let counted = false;
    const onCounted = (): void => {
      counted = true;
      this.around.share.drop(label);
    };
    const of = { id: this.id, value: this.request, counted: onCounted };
    const acquired = await this.around.acquire({ ...planned, spent }, of, this.ending.signal);
    if (acquired.kind === 'node') {
      this.obtained.push({ label, lease: acquired.lease });
      return;
    }
    if (acquired.kind === 'failed') this.giveUp ??= acquired.because;
    if (acquired.kind === 'lost') this.abandon();
    if (acquired.kind === 'again') {
      // Nobody else of the tenant may be let in meanwhile.
      if (counted) this.around.share.hold(label);
      this.needAgain(label, acquired.spent ?? spent);
      if (planned.step.kind === 'reuse' && !acquired.over) this.avoid.add(planned.step.node);
    }
  }

  private needAgain(label: string, spent: number): void {
    this.needed.push(label);
    if (spent > 0) this.spent.set(label, [...(this.spent.get(label) ?? []), spent]);
    this.around.lacking(this);
    if (this.obtained.length === 0 && this.underway.size <= 1) this.az = undefined;
  }

  /** Resolves when there is nothing more to be had: all nodes are there, or the request will not be served. */
  private settled(): Promise<void> {
    return new Promise((resolve) => {
      this.finished = resolve;
      this.settle();
    });
  }

  private settle(): void {
    const over = this.gone || this.giveUp !== null || this.ending.signal.aborted;
    if (this.underway.size === 0 && (over || this.needed.length === 0)) this.finished?.();
  }

  private abandon(): void {
    this.ending.abort(new Error('the request was let go'));
    this.settle();
  }

  private async complete(lease: RecordLease<NodeRequest>): Promise<'fulfilled' | 'declined' | 'dropped'> {
    if (this.ending.signal.aborted) return this.storeOpen(lease);
    if (this.gone) {
      await this.freeNodes();
      return 'dropped';
    }
    if (this.giveUp) {
      await this.freeNodes();
      await this.storeDecline(lease, this.giveUp);
      return 'declined';
    }
    const nodes = this.inOrder();
    // The client may lock the nodes as soon as it sees `fulfilled`: they are let go with it or first (spec LAUNCHER 2.8-5).
    const held = this.obtained.map(({ lease: node }) => node);
    this.request = await concludeRequest(lease, 'fulfilled', { nodes }, held);
    this.around.logger.info('Fulfilled', { nodes });
    return 'fulfilled';
  }

  /** Node ids in the order of `node_types`: the first unused node of each label. */
  private inOrder(): readonly NodeId[] {
    const left = [...this.obtained];
    return this.request.nodeTypes.map((label) => {
      const [slot] = left.splice(
        left.findIndex((candidate) => candidate.label === label),
        1,
      );
      if (!slot) throw new Error(`no node for label ${label}`);
      return slot.lease.id;
    });
  }

  private async storeDecline(lease: RecordLease<NodeRequest>, because: readonly Reason[]): Promise<void> {
    this.giveUp ??= because;
    const change = declined(lease.current.value, this.around.launcherId, this.around.registry());
    this.request = await concludeRequest(lease, change.state, change);
    this.around.logger.info(change.state === 'failed' ? 'Declined; nobody is left: failed' : 'Declined', {
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
      this.obtained.map(async ({ lease }) => {
        try {
          if (!lease.signal.aborted) await lease.update({ allocatedTo: null, tenantName: null });
        } catch (error) {
          this.around.logger.warn('A node could not be freed', { node: lease.id, ...errorFields(error) });
        }
        await lease.release();
      }),
    );
  }

  private async afterError(
    lease: RecordLease<NodeRequest>,
    error: unknown,
  ): Promise<'fulfilled' | 'declined' | 'dropped'> {
    this.abandon();
    await Promise.all(this.underway);
    if (lease.signal.aborted) return 'dropped';
    if (error instanceof RecordGoneError) {
      this.around.logger.info('The request was deleted by its client');
      await this.freeNodes();
      return 'dropped';
    }
    this.around.logger.error('Handling the request failed', errorFields(error));
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
