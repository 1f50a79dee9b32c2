import type { CleanupDecision } from '../../domain/decide/node-cleanup.js';
import { cleanupUnlockedNode } from '../../domain/decide/node-cleanup.js';
import type { Decision } from '../../domain/explain/reason.js';
import type { Node, NodeId } from '../../domain/model/node.js';
import type { Provider } from '../../ports/compute/provider.js';
import type { RecordLease } from '../../ports/records/record-lease.js';
import { withLock } from '../../ports/toolkit/with-lock.js';
import type { RecordChange } from '../../ports/records/view.js';
import { asError, sleep } from '../../ports/toolkit/sleep.js';
import { errorFields } from '../../ports/telemetry/logger.js';
import type { WorkerStatus } from '../../ports/telemetry/status.js';
import { GrowingPause } from '../../ports/toolkit/growing-pause.js';
import { Supervisor } from '../../ports/toolkit/supervisor.js';
import { InstanceLists } from './instance-lists.js';
import { deleteNode } from './node-deletion.js';
import { LeasedNodes } from './leased-nodes.js';
import type { CircuitBreakers } from './circuit-breaker.js';
import type { FreedRoom } from './freed-room.js';
import type { NodeIndex } from './node-index.js';
import type { LauncherServices } from './services.js';
import { ControlLoop } from '../../ports/toolkit/control-loop.js';
import { WorkLimit } from '../../ports/toolkit/work-limit.js';
import type { UnbornNodes } from './unborn-nodes.js';

/** Deletions under way at once in one provider: a cloud that hangs holds up its own nodes only. */
const MAX_DELETIONS = 200;

/** Before a node that could not be judged or handled now is looked at again without any event, seconds. */
const CHECK_AGAIN = 1;

/** Longest pause before a deletion that keeps failing is tried again, seconds. The first is `intervals.deleteRetry`. */
const LONGEST_RETRY_DELAY = 60;

/** For the lock of a request that is probably gone; several nodes of one request ask for it at once, seconds. */
const REQUEST_LOCK_WAIT = 5;

/**
 * Deletes finished and abandoned nodes, frees nodes of vanished requests, ends what is held or ready for too long
 * (spec LAUNCHER 2.11). Driven by changes of the records; time limits are slept for exactly.
 */
export class NodeReaper {
  /** To be looked at as soon as possible. */
  private changed = new Set<NodeId>();
  /** To be looked at when time alone may have changed something, seconds since the epoch. */
  private readonly due = new Map<NodeId, number>();
  /** Nothing in `due` is earlier. */
  private nextDue = Infinity;
  /** The wall clock at the last check: when it has been set back, what is due by it would be put off. */
  private checkedAt = -Infinity;
  private readonly busy = new Set<NodeId>();
  /** Will be looked at again after a pause, whatever happens. */
  private readonly retrying = new Set<NodeId>();
  /** Failed the last time: how long to leave them alone after the next failure. */
  private readonly failing = new Map<NodeId, GrowingPause>();
  /**
   * Left alone after a failure, whatever happens to them, each with a mark of its rest: letting go of a node that could not be
   * deleted is an event for every other launcher, and so two of them would try in turns without a pause.
   */
  private readonly retryDelays = new Map<NodeId, symbol>();
  private readonly lists: InstanceLists;
  private readonly loop: ControlLoop;
  private readonly tasks: Supervisor;
  private readonly leased: LeasedNodes;
  private readonly limits = new Map<string | null, WorkLimit>();

  constructor(
    private readonly services: LauncherServices,
    private readonly breakers: CircuitBreakers,
    private readonly freed: Pick<FreedRoom, 'ofNode'>,
    /** Knows the nodes that are about to be handed out by this process. */
    private readonly index: Pick<NodeIndex, 'isClaimed'>,
    private readonly unborn: UnbornNodes,
  ) {
    this.lists = new InstanceLists(services.clock);
    this.loop = new ControlLoop(services.clock);
    this.leased = new LeasedNodes(services);
    // All tasks are about a node, which ends their name.
    this.tasks = new Supervisor((name, error) => {
      const node = name.slice(name.lastIndexOf(' ') + 1);
      services.logger.error(`${name} failed`, { node, ...errorFields(error) });
    });
  }

  get status(): WorkerStatus {
    const doing = this.loop.awaited ? 'waits for a change' : 'at work';
    return {
      worker: 'NodeReaper',
      doing: `${doing}, ${this.due.size} nodes to look at later`,
      details: this.tasks.names,
    };
  }

  /** Runs until aborted, then until the deletions under way have let go of their nodes. */
  async run(signal: AbortSignal): Promise<void> {
    const { records, config } = this.services;
    await this.loop.run(
      {
        subscribe: () => [
          records.nodes.view.onChange((change) => this.onNodeChange(change)),
          records.requests.view.onChange((change) => this.onRequestChange(change)),
          config.onChange(() => this.onConfigChange()),
          this.unborn.onEnd((node) => this.enqueue(node)),
          ...this.leased.open((node) => this.enqueue(node)),
        ],
        begin: () => this.checkAll(),
        pass: () => {
          this.checkDue();
          return this.untilNextDue();
        },
        end: () => {
          this.lists.stop();
          return this.tasks.stop();
        },
      },
      signal,
    );
  }

  /** What was wrong may be mended. */
  private onConfigChange(): void {
    this.retryDelays.clear();
    this.checkAll();
  }

  /** Frees nodes of a request that is gone; called by whoever learns it first. */
  private onRequestChange(change: { readonly kind: string; readonly id?: string }): void {
    if (change.kind === 'resynced') return this.checkAll();
    if (change.kind !== 'removed') return;
    for (const node of this.services.records.nodes.view.all().values()) {
      if (node.value.allocatedTo === change.id) this.enqueue(node.id);
    }
  }

  private onNodeChange(change: RecordChange<Node>): void {
    if (change.kind === 'resynced') return this.checkAll();
    if (change.kind === 'removed') {
      this.due.delete(change.id);
      this.changed.delete(change.id);
      this.unborn.forget(change.id);
      this.failing.delete(change.id);
      this.retryDelays.delete(change.id);
      const before = change.before?.value;
      if (before?.provider && before.externalId !== null) this.freed.ofNode(before.provider, before);
      return;
    }
    this.enqueue(change.id);
  }

  private checkAll(): void {
    for (const id of this.services.records.nodes.view.all().keys()) this.enqueue(id);
  }

  private enqueue(id: NodeId): void {
    this.changed.add(id);
    this.loop.wake();
  }

  private checkAt(id: NodeId, at: number): void {
    this.due.set(id, at);
    this.nextDue = Math.min(this.nextDue, at);
  }

  /** Retries go by duration: a wall clock that is set back must not put them off. */
  private checkAfter(id: NodeId, seconds: number): void {
    if (this.retrying.has(id)) return;
    this.retrying.add(id);
    this.tasks.start(`looking at node ${id} again`, async (signal) => {
      try {
        await sleep(this.services.clock, seconds, signal);
      } finally {
        this.retrying.delete(id);
      }
      this.enqueue(id);
    });
  }

  /** Each failure makes it longer. */
  private delayRetry(id: NodeId): void {
    const pause = this.failing.get(id) ?? new GrowingPause(this.services.intervals.deleteRetry, LONGEST_RETRY_DELAY);
    this.failing.set(id, pause);
    const mine = Symbol(id);
    this.retryDelays.set(id, mine);
    const seconds = pause.next();
    this.tasks.start(`resting before another try at node ${id}`, async (signal) => {
      await sleep(this.services.clock, seconds, signal);
      if (this.retryDelays.get(id) !== mine) return;
      this.retryDelays.delete(id);
      this.enqueue(id);
    });
  }

  private untilNextDue(): number {
    return Math.max(0, this.nextDue - this.services.clock.now());
  }

  private checkDue(): void {
    const now = this.services.clock.now();
    const ids = this.changed;
    this.changed = new Set();
    if (now < this.checkedAt) for (const id of this.due.keys()) ids.add(id);
    else if (now >= this.nextDue) this.takeDue(now, ids);
    this.checkedAt = now;
    for (const id of ids) this.check(id);
  }

  /** Adds to `ids` what has become due. With many nodes this is work, so it is done only when the first of them is due. */
  private takeDue(now: number, ids: Set<NodeId>): void {
    this.nextDue = Infinity;
    for (const [id, at] of this.due) {
      if (at <= now) ids.add(id);
      else this.nextDue = Math.min(this.nextDue, at);
    }
  }

  private check(id: NodeId): void {
    const { view } = this.services.records.nodes;
    this.due.delete(id);
    const node = view.get(id);
    if (!node) return;
    this.noteUnborn(id, node.value);
    if (view.locked(id)) return this.takeBack(id, node.value);
    if (this.retryDelays.has(id)) return;
    if (this.busy.has(id) || this.index.isClaimed(id)) return this.checkAfter(id, CHECK_AGAIN);
    const decision = this.decide(id, node.value);
    this.journal(id, decision);
    if (decision.again !== undefined) this.checkAt(id, decision.again);
    if (decision.verdict === 'keep') this.failing.delete(id);
    else this.act(id);
  }

  private noteUnborn(id: NodeId, { state }: Node): void {
    // The lock may be ours, which asks again before it acts.
    if (state === 'init' && this.busy.has(id)) return;
    if (state !== 'init' || this.services.records.nodes.view.locked(id)) this.unborn.forget(id);
    else this.unborn.note(id);
  }

  private decide(id: NodeId, node: Node): CleanupDecision {
    const { records, config, clock } = this.services;
    const registry = records.launchers.view;
    return cleanupUnlockedNode({
      node,
      now: clock.now(),
      config: config.current,
      ours: node.provider !== null && this.ours(node.provider),
      unborn: this.unborn.age(id),
      orphan: this.unborn.isOrphan(id, node),
      lease: this.leased.leaseOf(id, node),
      requestExists: (id) => records.requests.view.get(id) !== undefined || !records.requests.view.complete,
      launcherAlive: (id) => !registry.complete || registry.pools().some((pool) => pool.id === id),
    });
  }

  private journal(id: NodeId, { verdict, because }: Decision<string>): void {
    const decider = `${this.services.host.hostname}-NodeReaper`;
    this.services.journal.record({ kind: 'node', id, decider }, { verdict, because });
  }

  /** Somebody took the node before we could free it: what was said of it is not true any more. */
  private takeBack(id: NodeId, { state }: Node): void {
    const decider = `${this.services.host.hostname}-NodeReaper`;
    const said = this.services.journal.entries('node', id).find(({ subject }) => subject.decider === decider);
    const verdict = said?.decision.verdict;
    if ((verdict !== 'free' && verdict !== 'keep') || state === 'deleting') return;
    this.journal(id, { verdict: 'keep', because: [{ code: 'IN_SERVICE', state }] });
  }

  private ours(provider: string): boolean {
    const { config, providers } = this.services;
    return config.current.providers.has(provider) || providers.leaving().includes(provider);
  }

  private act(id: NodeId): void {
    this.busy.add(id);
    this.tasks.start(`cleaning up node ${id}`, async (signal) => {
      try {
        await this.limit(id).run(() => (signal.aborted ? Promise.resolve() : this.cleanUp(id, signal)));
        if (this.services.records.nodes.view.get(id)) this.checkAfter(id, CHECK_AGAIN);
      } catch (error) {
        this.services.logger.warn(`Node ${id} could not be cleaned up; trying again`, {
          node: id,
          ...errorFields(error),
        });
        this.journal(id, { verdict: 'retry', because: [{ code: 'DELETE_FAILED', problem: asError(error).message }] });
        this.delayRetry(id);
      } finally {
        this.busy.delete(id);
        this.loop.wake();
      }
    });
  }

  private limit(id: NodeId): WorkLimit {
    const provider = this.services.records.nodes.view.get(id)?.value.provider ?? null;
    const limit = this.limits.get(provider) ?? new WorkLimit(MAX_DELETIONS);
    this.limits.set(provider, limit);
    return limit;
  }

  private async cleanUp(id: NodeId, signal: AbortSignal): Promise<void> {
    await withLock(this.services.records.nodes, id, (lease) => this.cleanUpLocked(lease, signal));
  }

  private async cleanUpLocked(lease: RecordLease<Node>, signal: AbortSignal): Promise<void> {
    // A cloud that takes its time must not keep us from ending: another launcher goes on with it.
    const letGo = (): void => void lease.release();
    signal.addEventListener('abort', letGo, { once: true });
    if (signal.aborted) letGo();
    try {
      await this.leased.refresh(lease.current.value);
      const { id } = lease;
      const { verdict, because } = this.decide(id, lease.current.value);
      if (verdict === 'free') await this.free(lease);
      if (verdict === 'delete') {
        this.services.logger.info(`Deleting node ${id}`, { node: id, because });
        const breaker = this.breakers.of(lease.current.value.provider ?? '');
        await deleteNode(lease, {
          clock: this.services.clock,
          lists: this.lists,
          breaker,
          provider: () => this.provider(lease.current.value.provider),
          installation: this.services.records.installation.id,
        });
      }
    } finally {
      signal.removeEventListener('abort', letGo);
    }
  }

  /** The mirror may not show a new request yet: its lock tells whether it is really gone (weakness 3). */
  private async free(lease: RecordLease<Node>): Promise<void> {
    const request = lease.current.value.allocatedTo;
    if (request === null) return;
    const outcome = await this.services.records.requests.lock(request, { wait: REQUEST_LOCK_WAIT });
    if (outcome.kind === 'locked') return outcome.lease.release();
    if (outcome.kind !== 'gone') return;
    this.services.logger.info(`Request ${request} is gone: node ${lease.id} is free again`, {
      node: lease.id,
      request,
    });
    await lease.update({ allocatedTo: null, tenantName: null });
  }

  private provider(name: string | null): Provider {
    const provider = this.services.providers.get(name ?? '');
    if (!provider || 'problem' in provider)
      throw new Error(provider?.problem ?? `there is no provider ${String(name)}`);
    return provider;
  }
}
