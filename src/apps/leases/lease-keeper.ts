import { activated } from '../../domain/decide/lease-changes.js';
import { leaseDue } from '../../domain/decide/lease-end.js';
import { leasedNode } from '../../domain/decide/leased-node.js';
import type { LeaseCondition, LeaseId, LeaseOutcome, NodeLease } from '../../domain/model/lease.js';
import type { NodeRequest } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { Lease } from '../../ports/coordination/lease.js';
import { linkAbort } from '../../ports/toolkit/linked-abort.js';
import { Wakeup } from '../../ports/toolkit/wakeup.js';
import { HeldNodes } from './held-nodes.js';
import { KeyedIn } from './keyed-in.js';
import type { LeaseClocks } from './lease-clocks.js';
import type { LeaseEnds } from './lease-ends.js';
import { LeaseReport } from './lease-report.js';
import { LeaseRequest } from './lease-request.js';
import type { LeaseServices } from './services.js';

/**
 * Takes care of one lease while this process holds its lock: asks for its nodes, holds them, and gives them back when it has ended,
 * whoever ended it. Level-triggered: woken by whatever changes, it looks at everything again.
 */
export class LeaseKeeper {
  private readonly wakeup: Wakeup;
  private readonly request: LeaseRequest;
  private readonly nodes: HeldNodes;
  private readonly report: LeaseReport;

  constructor(
    private readonly services: LeaseServices,
    private readonly clocks: LeaseClocks,
    private readonly ends: LeaseEnds,
    private readonly id: LeaseId,
  ) {
    this.wakeup = new Wakeup(services.clock);
    this.request = new LeaseRequest(services, id);
    this.nodes = new HeldNodes(services, id);
    this.report = new LeaseReport(services);
  }

  /** Is this request or node of the lease? Then what happens to it matters. */
  concerns(id: string): boolean {
    return this.request.current?.id === id || this.lease?.nodes.some((node) => node.id === id) === true;
  }

  wake(): void {
    this.wakeup.wake();
  }

  /**
   * Works until the lease has ended and everything of it is let go, or the lock is lost, or the signal fires: nodes of a lease that
   * has not ended then stay in use, for whoever takes over.
   */
  async run(lock: Lease, stopping: AbortSignal): Promise<void> {
    const linked = linkAbort(lock.signal, stopping);
    try {
      await this.work(linked.signal);
      await this.letGo();
    } catch (error) {
      if (!linked.signal.aborted) throw error;
    } finally {
      linked.dispose();
      if (stopping.aborted) await this.request.remove();
      await this.nodes.release();
      await lock.release();
    }
  }

  private get lease(): NodeLease | undefined {
    return this.services.records.leases.view.get(this.id)?.value;
  }

  private async work(signal: AbortSignal): Promise<void> {
    const { clock } = this.services;
    for (;;) {
      signal.throwIfAborted();
      const { lease } = this;
      if (!lease || lease.state === 'ended') return;
      const due = leaseDue(lease, this.clocks.of(this.id), clock.monotonic());
      if (due.verdict === 'end') {
        await this.end(due.outcome);
        continue;
      }
      const moved = lease.state === 'waiting' ? await this.serve(lease, signal) : await this.hold(lease, signal);
      if (!moved) await this.wakeup.wait(Math.max(0, due.again - clock.monotonic()), signal);
    }
  }

  /** Answers whether something was done, so that everything has to be looked at again. */
  private async serve(lease: NodeLease, signal: AbortSignal): Promise<boolean> {
    const request = this.request.find();
    if (!request) return this.ask(lease);
    if (lease.requestId !== request.id) await this.note(request.id);
    if (request.value.state === 'fulfilled') return this.accept(lease, request, signal);
    if (request.value.state !== 'failed') return false;
    await this.end('failed', await this.services.conditions(request.id));
    return true;
  }

  private async ask(lease: NodeLease): Promise<boolean> {
    // Until the mirror is complete a request of ours may be there unseen.
    if (!this.services.records.requests.view.complete) return false;
    const id = await this.request.make(lease);
    await this.note(id);
    return true;
  }

  private async note(requestId: string): Promise<void> {
    await this.services.records.leases.change(this.id, (lease) =>
      lease.state === 'waiting' && lease.requestId !== requestId ? { ...lease, requestId } : undefined,
    );
  }

  private async accept(lease: NodeLease, request: Stored<NodeRequest>, signal: AbortSignal): Promise<boolean> {
    const refused = await this.nodes.takeAllocated(request.value.nodes, request.id, signal);
    if (refused) {
      this.log(`The nodes of lease ${this.id} cannot be had, asking again: ${refused.problem}`, lease);
      await this.request.remove();
      return true;
    }
    if (lease.sshKeys.length > 0 && !(await this.letIn(lease, signal))) return true;
    await this.nodes.use();
    const [, stored] = await Promise.all([this.request.remove(), this.activate(lease)]);
    if (stored?.value.state === 'active') this.report.active(this.id, stored.value);
    return true;
  }

  private activate({ labels }: NodeLease): Promise<Stored<NodeLease> | undefined> {
    const { clock, records } = this.services;
    const nodes = this.nodes.values.map(({ id, node }, index) =>
      leasedNode(id, labels[index] ?? node.type[0] ?? '', node),
    );
    return records.leases.change(this.id, (lease) => {
      // The store may be asked again after a conflict: by then the nodes may not be ours any more.
      if (lease.state !== 'waiting' || this.nodes.broken) return undefined;
      return activated(lease, clock.now(), nodes);
    });
  }

  /** Adds the holder's keys to the machines [L9]. False: they could not be added, and the machines are given back as broken. */
  private async letIn(lease: NodeLease, signal: AbortSignal): Promise<boolean> {
    const keyed = new KeyedIn(this.services, this.id);
    const problem = await keyed.letIn(lease, this.nodes.values, signal);
    if (problem === undefined) return true;
    await this.nodes.giveBack();
    await this.request.remove();
    const stored = await this.services.records.leases.change(this.id, (current) =>
      current.state === 'waiting' ? { ...current, attempts: current.attempts + 1 } : undefined,
    );
    const attempts = stored?.value.attempts ?? 0;
    this.log(`Attempt ${attempts} to let the holder of lease ${this.id} in failed: ${problem.message}`, lease);
    if (attempts >= keyed.mostAttempts(problem.provider)) await this.end('failed', [problem.condition]);
    return false;
  }

  private async hold(lease: NodeLease, signal: AbortSignal): Promise<boolean> {
    if (!this.nodes.held) {
      const refused = await this.nodes.takeOver(
        lease.nodes.map(({ id }) => id),
        signal,
      );
      if (!refused) return true;
      return this.lose(lease, refused.problem);
    }
    const gone = this.nodes.lost(lease.nodes);
    return gone ? this.lose(lease, gone.problem) : false;
  }

  private async lose(lease: NodeLease, problem: string): Promise<boolean> {
    this.log(`Lease ${this.id} is lost: ${problem}`, lease);
    await this.end('lost');
    return true;
  }

  private async end(outcome: LeaseOutcome, conditions?: readonly LeaseCondition[]): Promise<void> {
    await this.ends.end(this.id, () => outcome, conditions ? { conditions } : {});
  }

  private async letGo(): Promise<void> {
    this.request.find();
    await Promise.all([this.nodes.giveBack(), this.request.remove()]);
  }

  private log(message: string, { holder, requestId }: NodeLease): void {
    this.services.logger.warn(message, { lease: this.id, holder, request: requestId });
  }
}
