import { leaseInComment, type LeaseId } from '../../domain/model/lease.js';
import type { Node } from '../../domain/model/node.js';
import type { NodeRequest } from '../../domain/model/request.js';
import type { RecordChange } from '../../ports/records/view.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { StatusSource, WorkerStatus } from '../../ports/telemetry/status.js';
import { LeaseClocks } from './lease-clocks.js';
import { LeaseEnds } from './lease-ends.js';
import { LeaseSweeper } from './lease-sweeper.js';
import { LeaseKeeper } from './lease-keeper.js';
import { leaseOfRequest } from './lease-request.js';
import { RenewalTally } from './renewal-tally.js';
import type { LeaseServices } from './services.js';

/** Seconds until a lease that nobody takes care of is taken over: whoever made it comes first. */
const ADOPT_AFTER = 0.5;
/** Spread, so that not all gateways stand for one lock at once, seconds. */
const ADOPT_SPREAD = 0.5;
/** Before a lease is looked at again that could not be taken, or whose keeper failed, seconds. */
const RETRY = 1;

/**
 * One of the gateways: takes care of the leases whose locks it gets, those that were made here and those whose gateway is gone
 * [L10]. It is a requestor like any other, and never talks to a cloud.
 */
export class LeaseGateway implements StatusSource {
  readonly clocks: LeaseClocks;
  readonly ends: LeaseEnds;
  readonly renewals: RenewalTally;
  private readonly keepers = new Map<LeaseId, LeaseKeeper | null>();
  private readonly considered = new Set<LeaseId>();
  private readonly tasks: Supervisor;
  private readonly sweeper: LeaseSweeper;
  private readonly unsubscribe: (() => void)[] = [];
  private running = false;

  constructor(private readonly services: LeaseServices) {
    const { logger } = services;
    this.tasks = new Supervisor((name, error) => logger.error(`${name} failed`, errorFields(error)));
    this.clocks = new LeaseClocks(services);
    this.ends = new LeaseEnds(services);
    this.renewals = new RenewalTally(services);
    this.sweeper = new LeaseSweeper(services, this.clocks);
  }

  status(): readonly WorkerStatus[] {
    const doing = `${this.keepers.size} leases, ${this.services.records.leases.view.all().size} records`;
    return [{ worker: 'LeaseGateway', doing, details: [...this.keepers.keys()] }];
  }

  /** Resolves when the leases are known; the mirrors of nodes, requests and launchers are to be open. */
  async start(signal?: AbortSignal): Promise<void> {
    const { records } = this.services;
    await records.open(['nodes', 'requests', 'launchers', 'leases'], signal);
    this.running = true;
    this.clocks.open();
    this.renewals.open();
    this.unsubscribe.push(
      records.leases.view.onChange((change) => this.onLease(change)),
      records.requests.view.onChange((change) => this.onRequest(change)),
      records.nodes.view.onChange((change) => this.onNode(change)),
      records.session.onChange(() => this.wakeAll()),
    );
    this.considerAll();
    this.tasks.start('the housekeeping of leases', (stopping) => this.sweeper.run(stopping));
  }

  /** Lets go of all leases, for the other gateways to take over. */
  async stop(): Promise<void> {
    this.running = false;
    this.unsubscribe.splice(0).forEach((undo) => undo());
    await this.tasks.stop();
    this.clocks.close();
    this.renewals.close();
  }

  /** Takes care of a lease that was made here just now. */
  adopt(id: LeaseId): void {
    if (this.running && !this.keepers.has(id)) this.take(id);
  }

  private considerAll(): void {
    for (const id of this.services.records.leases.view.all().keys()) this.consider(id);
  }

  private onLease(change: RecordChange<unknown>): void {
    if (change.kind === 'resynced') {
      this.considerAll();
      return this.wakeAll();
    }
    this.keepers.get(change.id)?.wake();
    this.consider(change.id);
  }

  private onRequest(change: RecordChange<NodeRequest>): void {
    if (change.kind === 'resynced') return this.wakeAll();
    const request = 'after' in change ? change.after : 'before' in change ? change.before : undefined;
    const lease = request && leaseOfRequest(request.value);
    if (lease !== undefined) this.keepers.get(lease)?.wake();
  }

  private onNode(change: RecordChange<Node>): void {
    if (change.kind === 'resynced') return this.wakeAll();
    const nodes = ['before' in change ? change.before : undefined, 'after' in change ? change.after : undefined];
    for (const node of nodes) {
      const lease = node && leaseInComment(node.value.comment);
      if (lease !== undefined) this.keepers.get(lease)?.wake();
    }
  }

  private wakeAll(): void {
    for (const keeper of this.keepers.values()) keeper?.wake();
  }

  private consider(id: LeaseId, after = ADOPT_AFTER): void {
    if (!this.needsKeeper(id) || this.considered.has(id)) return;
    this.considered.add(id);
    this.tasks.start(`taking over lease ${id}`, async (signal) => {
      try {
        const { clock, random } = this.services;
        await sleep(clock, after + random.next() * ADOPT_SPREAD, signal).catch(() => undefined);
      } finally {
        this.considered.delete(id);
      }
      if (!signal.aborted && this.needsKeeper(id)) this.take(id);
    });
  }

  private needsKeeper(id: LeaseId): boolean {
    const { view } = this.services.records.leases;
    const lease = view.get(id)?.value;
    return this.running && lease !== undefined && lease.state !== 'ended' && !this.keepers.has(id) && !view.locked(id);
  }

  private take(id: LeaseId): void {
    this.keepers.set(id, null);
    this.tasks.start(`lease ${id}`, async (signal) => {
      try {
        await this.keep(id, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.services.logger.warn(`Lease ${id} could not be taken care of; trying again`, {
          lease: id,
          ...errorFields(error),
        });
      } finally {
        this.keepers.delete(id);
        if (this.running) this.consider(id, RETRY);
      }
    });
  }

  private async keep(id: LeaseId, signal: AbortSignal): Promise<void> {
    const { records } = this.services;
    await records.session.connected(signal);
    const lock = await records.leases.lock(id);
    if (typeof lock === 'string') return;
    const keeper = new LeaseKeeper(this.services, this.clocks, this.ends, id);
    this.keepers.set(id, keeper);
    await keeper.run(lock, signal);
  }
}
