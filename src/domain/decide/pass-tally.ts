import type { Reason } from '../explain/reason.js';
import type { Node, NodeId } from '../model/node.js';
import { addResources, NO_RESOURCES } from '../model/quota.js';
import type { Resources } from '../model/quota.js';
import type { Stored } from '../model/stored.js';
import type { Allocation } from './allocation.js';
import type { AllocationInput, ZoneAllowance } from './allocation-state.js';
import { createsAllowed, breakerAfter, permissionFor } from './circuit-breaker.js';
import type { BreakerState } from './circuit-breaker.js';
import { breakerReasons } from './breaker-reasons.js';
import type { PlannedStep } from './pool-plan.js';
import type { PoolSnapshot } from './pool-snapshot.js';

/** Consecutive multiples of it, without their whole parts, spread evenly over [0, 1). */
const GOLDEN = 0.618_033_988_749_894_9;

/**
 * What a pass has given away so far, on top of what its snapshot shows: each decision counts on what is left by those before it.
 * Lives for one pass only.
 */
export class PassTally {
  waiting: number;
  leaving: number;
  private pool: Resources;
  private provider: Resources;
  private launches: number;
  private breaker: BreakerState;
  private readonly tenants = new Map<string, Resources>();
  private readonly taken = new Set<NodeId>();
  /** What is left of the free nodes with a label. */
  private readonly left = new Map<string, Stored<Node>[]>();
  private draws = 0;

  constructor(private readonly snapshot: PoolSnapshot) {
    this.waiting = snapshot.waiting;
    this.pool = snapshot.use.pool;
    this.provider = snapshot.use.provider;
    this.launches = snapshot.use.launches;
    this.leaving = snapshot.use.leaving;
    this.breaker = snapshot.breaker;
  }

  /** What an allocation is to go by now. */
  forAllocation(
    labels: readonly string[],
    avoid: ReadonlySet<NodeId>,
  ): Pick<
    AllocationInput,
    'free' | 'poolUsed' | 'providerUsed' | 'activeLaunches' | 'random' | 'creates' | 'zones' | 'holdOff'
  > {
    const { account, holdOff, chance } = this.snapshot;
    const free = this.free(labels);
    return {
      free: avoid.size === 0 ? free : free.filter(({ id }) => !avoid.has(id)),
      poolUsed: this.pool,
      providerUsed: this.provider,
      activeLaunches: this.launches,
      random: (chance + this.draws++ * GOLDEN) % 1,
      creates: (zone) => this.creates(zone),
      zones: account.zones,
      holdOff,
    };
  }

  get activeLaunches(): number {
    return this.launches;
  }

  /** Limits of a tenant, and what everybody uses of them; null when it has none. `own`: not counted. */
  tenant(name: string | null, own: Resources = NO_RESOURCES): AllocationInput['tenant'] {
    const tenant = name === null ? undefined : this.snapshot.tenants.get(name);
    if (name === null || !tenant) return null;
    const all = this.tenants.get(name) ?? tenant.used;
    const used = { ...all };
    for (const [key, amount] of Object.entries(own)) used[key] = (used[key] ?? 0) - amount;
    return { name, limit: tenant.limit, used };
  }

  /** The whole of a request that is taken counts for its tenant from now on. */
  keepShare(name: string | null, resources: Resources): void {
    const tenant = name === null ? undefined : this.snapshot.tenants.get(name);
    if (name !== null && tenant) this.tenants.set(name, addResources(this.tenants.get(name) ?? tenant.used, resources));
  }

  /** Counts what the steps take, and answers them with their leave to create. */
  take({ steps }: Allocation): readonly PlannedStep[] {
    return steps.map((step) => {
      if (step.kind === 'reuse') {
        this.takeNode(step.node);
        return { step, permission: null };
      }
      this.pool = addResources(this.pool, step.resources);
      this.provider = addResources(this.provider, step.resources);
      this.launches += 1;
      const permission = permissionFor(this.breaker, step.az, this.snapshot.now);
      this.breaker = breakerAfter(this.breaker, { kind: 'begun', permission, at: this.snapshot.now });
      return { step, permission };
    });
  }

  /** Free nodes that nobody is just letting go, oldest first. */
  unused(): readonly Stored<Node>[] {
    const { all, locked } = this.snapshot.free;
    const oldest = all.find(({ id }) => !this.taken.has(id) && !locked.has(id));
    return oldest ? [oldest] : [];
  }

  /** A free node goes to make room. */
  giveUp(node: NodeId): void {
    this.takeNode(node);
    this.leaving += 1;
  }

  private free(labels: readonly string[]): readonly Stored<Node>[] {
    const [first, ...more] = new Set(labels);
    if (first === undefined) return [];
    if (more.length === 0) return this.leftOf(first);
    const wanted = new Set(labels);
    return this.snapshot.free.all.filter(
      ({ id, value }) => !this.taken.has(id) && value.type.some((label) => wanted.has(label)),
    );
  }

  private leftOf(label: string): Stored<Node>[] {
    let left = this.left.get(label);
    if (!left) {
      const all = this.snapshot.free.byLabel.get(label) ?? [];
      left = this.taken.size === 0 ? [...all] : all.filter(({ id }) => !this.taken.has(id));
      this.left.set(label, left);
    }
    return left;
  }

  private takeNode(node: NodeId): void {
    this.taken.add(node);
    for (const left of this.left.values()) {
      const at = left.findIndex(({ id }) => id === node);
      if (at >= 0) left.splice(at, 1);
    }
  }

  private creates(zone: string | null): ZoneAllowance {
    const { now } = this.snapshot;
    return {
      allowed: createsAllowed(this.breaker, zone, now),
      because: (planned): readonly Reason[] =>
        breakerReasons(this.breaker, zone, planned, { ...this.moment, waiting: this.waiting }),
    };
  }

  private get moment(): { readonly provider: string; readonly now: number; readonly epoch: number } {
    const { provider, now, epoch } = this.snapshot;
    return { provider: provider.name, now, epoch };
  }
}
