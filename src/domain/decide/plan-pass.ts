/**
 * One pass of a pool: from what is, to what is to be done. Pure: the same snapshot gives the same plan, and nothing happens by asking.
 * What one decision takes the next one does not count on.
 */
import { isMinReady } from '../model/request.js';
import type { NodeRequest } from '../model/request.js';
import type { Reason } from '../explain/reason.js';
import { poolName } from '../explain/pool-name.js';
import { addResources, NO_RESOURCES, remaining, UNLIMITED } from '../model/quota.js';
import type { Resources } from '../model/quota.js';
import type { NodeId } from '../model/node.js';
import type { Stored } from '../model/stored.js';
import { waitSince, type RequestWait } from '../lifecycle/request-progress.js';
import { admitRequest, crowdedReasons, declineReasons } from './admission.js';
import type { AdmissionInput } from './admission.js';
import { allocate } from './allocation.js';
import type { Allocation } from './allocation.js';
import { makeRoom } from './make-room.js';
import { TIED, waitsBehind } from './mutual-wait.js';
import { PassTally } from './pass-tally.js';
import type { PoolPlan, RequestPlan } from './pool-plan.js';
import type { HeldRequest, PoolSnapshot } from './pool-snapshot.js';
import { orderRequests } from './request-order.js';
import { lineOf } from './request-line.js';

const NOTHING: ReadonlySet<NodeId> = new Set();

export function planPass(snapshot: PoolSnapshot): PoolPlan {
  const planner = new PassPlanner(snapshot);
  const requests = [...planner.planHeld(), ...planner.planOpen()];
  return { requests, deferring: planner.deferring, crowded: planner.crowded, again: planner.again };
}

type Facts = Pick<
  AdmissionInput,
  'launcherId' | 'pool' | 'provider' | 'providerLimits' | 'providerOthers' | 'resourcesOf' | 'labelProblems' | 'slots'
>;

class PassPlanner {
  deferring = false;
  crowded = false;
  again = Infinity;
  private readonly tally: PassTally;
  private readonly facts: Facts;
  private readonly fixed: boolean;
  private readonly providerProblem: string | null;
  private readonly available: Resources | null;
  /** What was decided about requests that differ in nothing that matters, since something was last given away. */
  private readonly alike = new Map<string, RequestPlan & { readonly kind: 'leave' | 'decline' }>();

  constructor(private readonly snapshot: PoolSnapshot) {
    const { driver, pool, account, provider, labels, launcherId } = snapshot;
    const slots = driver.state === 'usable' ? driver.slots : null;
    const { ignoreProviderQuota } = pool;
    this.tally = new PassTally(snapshot);
    this.fixed = slots !== null;
    this.providerProblem = driverProblem(snapshot) ?? (ignoreProviderQuota ? null : account.problem);
    this.available = ignoreProviderQuota || account.limits === null ? null : remaining(account.limits, account.others);
    this.facts = {
      launcherId,
      pool,
      provider,
      providerLimits: ignoreProviderQuota ? UNLIMITED : account.limits,
      providerOthers: account.others,
      resourcesOf: (label) => labels.get(label)?.resources ?? { instances: 1 },
      slots,
      labelProblems: (label) => labels.get(label)?.problems ?? [],
    };
  }

  /** Requests that we hold, in the order in which they deserve nodes. */
  planHeld(): readonly RequestPlan[] {
    const held = new Map(this.snapshot.held.map((request) => [request.id, request]));
    const stored = this.snapshot.held.map(({ id, request }) => ({ id, value: request, version: 0 }));
    return orderRequests(stored, { has: () => true }).flatMap(({ id }) => {
      const request = held.get(id);
      return request ? [this.planOne(request)] : [];
    });
  }

  /** Requests that nobody holds. */
  planOpen(): readonly RequestPlan[] {
    const { requests, shapes } = lineOf(this.snapshot.open, this.snapshot.pool.labels);
    return requests.map((request, index) => this.consider(request, shapes[index] ?? ''));
  }

  private planOne(held: HeldRequest): RequestPlan {
    const { id, request } = held;
    const never = declineReasons({ ...this.facts, request });
    // Launches under way may take a while to end; what it waited for before is not true any more.
    if (never.length > 0) return { kind: 'decline', id, held: true, because: never };
    const allocation = this.allocate(held.needed, request, held);
    const { because } = allocation;
    const waits = allocation.waiting.length > 0;
    // The machines it counted on are taken: others may be served meanwhile (weakness 19).
    if (this.fixed && waits) return { kind: 'put-back', id, because, backOff: 0 };
    const wait = waitSince(held.wait, because, allocation.waiting.length, this.snapshot.now);
    this.tally.waiting += Number(wait !== null) - Number(held.wait !== null);
    if (waits && isMinReady(request)) {
      return { kind: 'decline', id, held: true, because: [this.atCapacity(), ...because] };
    }
    const hopeless = waits ? this.hopeless(held, allocation, wait) : undefined;
    if (hopeless) return hopeless;
    const steps = this.tally.take(allocation);
    return { kind: 'serve', id, steps, wait, room: waits ? this.room(because) : null };
  }

  /** Others use so much that what it has is of no use to it, or it and another launcher's wait for each other: it lets go. */
  private hopeless(
    { id, request, underway }: HeldRequest,
    { steps, because }: Allocation,
    wait: RequestWait | null,
  ): RequestPlan | undefined {
    if (underway > 0 || steps.length > 0) return undefined;
    const crowded = crowdedReasons({ ...this.facts, request });
    const tied = this.isTied(id, request, because, wait?.since ?? this.snapshot.now);
    if (crowded.length === 0 && !tied) return undefined;
    return { kind: 'put-back', id, because: crowded.length > 0 ? crowded : because, backOff: tied ? TIED : 0 };
  }

  /** Has it waited long enough for a request of another launcher that waits for it? Time alone makes it so. */
  private isTied(id: string, request: NodeRequest, because: readonly Reason[], since: number): boolean {
    const { now, rivals, provider, pool } = this.snapshot;
    const left = since + TIED - now;
    if (left > 0) this.again = Math.min(this.again, left);
    if (left > 0 || rivals === null) return false;
    const ours = { request: { id, value: request, version: 0 }, because, provider: provider.name, pool: pool.name };
    return waitsBehind({ ...ours, ...rivals }) !== undefined;
  }

  private room(because: readonly Reason[]): NodeId | null {
    const room = makeRoom({ because, leaving: this.tally.leaving, unused: this.tally.unused() });
    if (room.verdict !== 'delete' || room.node === undefined) return null;
    this.tally.giveUp(room.node);
    return room.node;
  }

  private consider({ id, value }: Stored<NodeRequest>, shape: string): RequestPlan {
    const known = this.alike.get(shape);
    if (known) return known.kind === 'leave' ? leave(id, known) : { ...known, id };
    const plan = this.admit(id, value);
    if (plan.kind === 'take') this.alike.clear();
    else this.alike.set(shape, plan);
    return plan;
  }

  private admit(id: string, request: NodeRequest): RequestPlan & { readonly kind: 'leave' | 'decline' | 'take' } {
    let allocation: Allocation | undefined;
    const allocated = (): Allocation => (allocation ??= this.allocate(request.nodeTypes, request));
    const { launcherId, pool, provider, providerLimits, providerOthers, resourcesOf, labelProblems, slots } =
      this.facts;
    const { verdict, because } = admitRequest({
      launcherId,
      pool,
      provider,
      providerLimits,
      providerOthers,
      resourcesOf,
      labelProblems,
      slots,
      request,
      registry: this.snapshot.registry,
      providerProblem: this.providerProblem,
      tenant: this.tally.tenant(request.tenantName),
      waiting: this.tally.waiting,
      fixed: this.fixed,
      fitsNow: () => allocated().waiting.length === 0,
      activeLaunches: this.tally.activeLaunches,
    });
    if (verdict === 'accept') return this.accept(id, request, allocated());
    if (verdict === 'decline') return { kind: 'decline', id, held: false, because };
    if (verdict === 'wait') this.noteDeferral(because);
    return { kind: 'leave', id, verdict, because };
  }

  /** What it cannot have now it waits for from the start, so that the next decision sees it. */
  private accept(id: string, request: NodeRequest, allocation: Allocation): RequestPlan & { readonly kind: 'take' } {
    const wait = waitSince(null, allocation.because, allocation.waiting.length, this.snapshot.now);
    if (wait !== null) this.tally.waiting += 1;
    const whole = request.nodeTypes.map(this.facts.resourcesOf).reduce(addResources, NO_RESOURCES);
    this.tally.keepShare(request.tenantName, whole);
    return { kind: 'take', id, steps: this.tally.take(allocation), wait };
  }

  private allocate(labels: readonly string[], request: NodeRequest, held?: HeldRequest): Allocation {
    const { pool, provider, driver } = this.snapshot;
    const tallied = this.tally.forAllocation(labels, held?.avoid ?? NOTHING);
    // Written out: asked for once for each waiting request of each pass, and spreading costs more than the decision.
    return allocate({
      free: tallied.free,
      poolUsed: tallied.poolUsed,
      providerUsed: tallied.providerUsed,
      activeLaunches: tallied.activeLaunches,
      random: tallied.random,
      creates: tallied.creates,
      zones: tallied.zones,
      pool,
      provider,
      needed: labels,
      reuse: request.reuse,
      az: held?.az,
      providerAvailable: this.available,
      tenant: this.tally.tenant(request.tenantName, held?.kept),
      resourcesOf: this.facts.resourcesOf,
      fixed: this.fixed,
      holdOff: driver.state === 'usable' ? tallied.holdOff : [...notReady(this.snapshot), ...tallied.holdOff],
    });
  }

  /** Pools that count on us to go first are told when we cannot; while we have only just begun they wait for us. */
  private noteDeferral(because: readonly Reason[]): void {
    const codes = because.map(({ code }) => code);
    const crowded = codes.includes('QUOTA_PROVIDER');
    const { driver, account } = this.snapshot;
    const inTrouble = driver.state === 'failed' || account.problem !== null;
    this.crowded ||= crowded;
    this.deferring ||= crowded || (codes.includes('PROVIDER_NOT_READY') && inTrouble);
  }

  private atCapacity(): Reason {
    return { code: 'MIN_READY_AT_CAPACITY', pool: poolName(this.snapshot.pool) };
  }
}

function leave(id: string, { verdict, because }: RequestPlan & { readonly kind: 'leave' }): RequestPlan {
  return { kind: 'leave', id, verdict, because };
}

/** Why the provider cannot be used now. */
function driverProblem({ driver }: PoolSnapshot): string | null {
  if (driver.state === 'usable') return null;
  return driver.state === 'starting' ? 'it is starting' : driver.problem;
}

function notReady(snapshot: PoolSnapshot): readonly Reason[] {
  const problem = driverProblem(snapshot);
  return problem === null ? [] : [{ code: 'PROVIDER_NOT_READY', provider: snapshot.provider.name, problem }];
}
