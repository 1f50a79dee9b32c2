import type { AdmissionInput, AdmissionVerdict } from '../../domain/decide/admission.js';
import { admitRequest, crowdedReasons, declineReasons } from '../../domain/decide/admission.js';
import type { Allocation, AllocationInput, ZonePace } from '../../domain/decide/allocation.js';
import { allocate } from '../../domain/decide/allocation.js';
import { currentUpload } from '../../domain/decide/current-image.js';
import { waitsBehind } from '../../domain/decide/mutual-wait.js';
import { makeRoom } from '../../domain/decide/make-room.js';
import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../domain/config/config.js';
import type { Decision, Reason } from '../../domain/explain/reason.js';
import type { Node, NodeId } from '../../domain/model/node.js';
import { addResources, remaining, UNLIMITED } from '../../domain/model/quota.js';
import type { Resources } from '../../domain/model/quota.js';
import type { NodeRequest, RequestId } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { Provider } from '../../ports/compute/provider.js';
import { asError } from '../../ports/runtime/clock.js';
import type { PoolIdentity, PoolSurroundings } from './pool-surroundings.js';
import type { PlannedStep } from './planned-step.js';
import { poolName } from '../../domain/explain/pool-name.js';
import { TenantShare } from './tenant-share.js';

/** The pool's section of the configuration as it was when a pass began. */
export interface PoolConfiguration {
  readonly provider: ProviderConfig;
  readonly pool: PoolConfig;
}

type Facts = Pick<
  AdmissionInput,
  'launcherId' | 'pool' | 'provider' | 'providerLimits' | 'providerOthers' | 'resourcesOf' | 'labelProblems' | 'slots'
>;

/**
 * Gathers the facts of one moment for the decisions about one pool, and reserves what they decide. Synchronous throughout: what
 * is reserved here is seen by the very next decision.
 */
export class PoolDecisions {
  private known: Facts | null = null;

  constructor(
    private readonly around: PoolSurroundings,
    private readonly identity: PoolIdentity,
    private readonly config: PoolConfiguration,
    /** Requests that wait for capacity in this pool. */
    private readonly waiting: () => number,
  ) {}

  admit(request: NodeRequest, plan: () => Allocation): Decision<AdmissionVerdict> {
    return admitRequest({
      ...this.facts(),
      request,
      registry: this.registry(),
      providerProblem: this.driverProblem ?? this.limitsProblem(),
      tenant: this.around.tenant(request.tenantName),
      waiting: this.waiting(),
      fixed: this.fixed,
      fitsNow: () => plan().waiting.length === 0,
      activeLaunches: this.around.launches.of(this.config.provider.name),
    });
  }

  /** Has it become impossible to serve a request that we hold? */
  never(request: NodeRequest): readonly Reason[] {
    return declineReasons({ ...this.facts(), request });
  }

  /** Does what others use leave no room for it as a whole? */
  crowded(request: NodeRequest): readonly Reason[] {
    return crowdedReasons({ ...this.facts(), request });
  }

  /** A request of another launcher that waits for what ours holds, and comes first; undefined if ours holds nothing. */
  waitsBehind(
    { id, value }: { readonly id: RequestId; readonly value: NodeRequest },
    because: readonly Reason[],
  ): RequestId | undefined {
    const { requests, nodes } = this.around.services.records;
    const all = [...nodes.view.all().values()];
    if (!all.some((node) => node.value.allocatedTo === id)) return undefined;
    const others = [...requests.view.all().values()].filter((other) => !this.around.handledHere(other.id));
    const { provider, name: pool } = this.identity;
    return waitsBehind({ request: { id, value, version: 0 }, because, provider, pool, others, nodes: all });
  }

  plan(
    needed: readonly string[],
    request: NodeRequest,
    az: string | null | undefined,
    of?: { readonly avoid: ReadonlySet<NodeId>; readonly share: TenantShare },
  ): Allocation {
    const { index, reservations, capacity, launches, services } = this.around;
    const { provider, pool } = this.config;
    return allocate({
      pool,
      provider,
      needed,
      reuse: request.reuse,
      az,
      free: this.unlockedFirst(this.free(needed).filter((node) => !of?.avoid.has(node.id))),
      poolUsed: addResources(index.poolUsage(provider.name, pool.name), reservations.forPool(provider.name, pool.name)),
      providerUsed: addResources(index.providerUsage(provider.name), reservations.forProvider(provider.name)),
      providerAvailable: pool.ignoreProviderQuota ? null : this.available(),
      tenant: this.tenant(request, of?.share),
      resourcesOf: this.resourcesOf,
      activeLaunches: launches.of(provider.name),
      zones: this.zones(),
      dice: services.random.next(),
      fixed: this.fixed,
      pace: (zone) => this.pace(zone),
      holdOff: [...this.notReady(), ...capacity.holdOff(provider.name)],
    });
  }

  /** Reserves what a plan's steps are going to take. */
  reserve(plan: Allocation): readonly PlannedStep[] {
    const { reservations, launches, governors } = this.around;
    const { provider, pool } = this.config;
    return plan.steps.map((step) => {
      if (step.kind === 'reuse') {
        const giveBack = reservations.claim(step.node);
        return { step, giveBack, endLaunch: () => undefined, permit: null, spent: 0 };
      }
      const giveBack = reservations.reserve({
        provider: provider.name,
        pool: pool.name,
        tenant: null,
        resources: step.resources,
      });
      const permit = governors.of(provider.name).begin(step.az);
      return { step, giveBack, endLaunch: launches.begin(provider.name), permit, spent: 0 };
    });
  }

  /** Keeps the tenant's share for all nodes of a request that is taken. */
  tenantShare(request: NodeRequest): TenantShare {
    const share = new TenantShare(this.around.reservations, request.tenantName, this.resourcesOf);
    for (const label of request.nodeTypes) share.hold(label);
    return share;
  }

  /** Limits of the tenant, and what everybody but the request itself uses and keeps of them. */
  private tenant(request: NodeRequest, own?: TenantShare): AllocationInput['tenant'] {
    const tenant = this.around.tenant(request.tenantName);
    return tenant && { ...tenant, used: own ? remaining(tenant.used, own.held) : tenant.used };
  }

  roomFor(plan: Allocation): ReturnType<typeof makeRoom> {
    const { provider, pool } = this.config;
    return makeRoom({
      because: plan.because,
      leaving: this.around.leaving(provider.name, pool.name),
      unused: this.free().filter((node) => !this.locked(node.id)),
    });
  }

  /** All registered pools; complete once the view shows ourselves (spec LAUNCHER 2.2-2). */
  registry(): AdmissionInput['registry'] {
    const { view } = this.around.services.records.launchers;
    const pools = view.pools();
    return { complete: view.complete && pools.some((pool) => pool.id === this.identity.launcherId), pools };
  }

  private pace(zone: string | null): ZonePace {
    const governor = this.around.governors.of(this.identity.provider);
    return {
      allowed: governor.allowed(zone),
      because: (planned) => governor.reasons(zone, planned, this.waiting()),
    };
  }

  private readonly resourcesOf = (label: string): Resources =>
    this.around.resourcesOf(this.identity.provider, this.identity.name, label);

  private driver(): ReturnType<PoolSurroundings['driver']> {
    return this.around.driver(this.identity.provider);
  }

  /** Why the provider cannot be used now. */
  private get driverProblem(): string | null {
    const driver = this.driver();
    if (driver === undefined) return 'it is starting';
    return 'problem' in driver ? driver.problem : null;
  }

  /** The provider cannot be used, and not only because it has just begun or is asked for its limits for the first time. */
  get inTrouble(): boolean {
    const driver = this.driver();
    if (driver !== undefined && 'problem' in driver) return true;
    return this.around.capacity.problem(this.config.provider.name) !== null;
  }

  private notReady(): readonly Reason[] {
    const problem = this.driverProblem;
    return problem === null ? [] : [{ code: 'PROVIDER_NOT_READY', provider: this.config.provider.name, problem }];
  }

  private get usable(): Provider | undefined {
    const driver = this.driver();
    return driver && !('problem' in driver) ? driver : undefined;
  }

  /** Are there only machines that exist by themselves? */
  get fixed(): boolean {
    return (this.usable?.fixed ?? null) !== null;
  }

  private limits(): Resources | null {
    return this.usable ? this.around.capacity.limits(this.identity.provider, this.usable) : null;
  }

  private available(): Resources | null {
    return this.usable ? this.around.capacity.available(this.identity.provider, this.usable) : null;
  }

  /** What keeps us from knowing the account's limits, if they matter. */
  private limitsProblem(): string | null {
    return this.config.pool.ignoreProviderQuota ? null : this.around.capacity.problem(this.identity.provider);
  }

  private zones(): readonly string[] {
    const configured = this.config.pool.availabilityZones;
    if (configured.length > 0 || !this.usable) return configured;
    return this.around.capacity.zones(this.identity.provider, this.usable) ?? [];
  }

  /** @param labels only nodes with one of these */
  private free(labels?: readonly string[]): readonly Stored<Node>[] {
    // Without its provider not even a free node is taken: nobody could look whether it answers.
    if (!this.usable) return [];
    const { provider, pool } = this.config;
    return this.around.index
      .free(provider.name, pool.name, labels)
      .filter((node) => !this.around.reservations.isClaimed(node.id));
  }

  /**
   * A free node that is locked is most likely being let go at this moment (by whoever freed it): it is tried, after the others.
   */
  private unlockedFirst(nodes: readonly Stored<Node>[]): readonly Stored<Node>[] {
    return [...nodes.filter((node) => !this.locked(node.id)), ...nodes.filter((node) => this.locked(node.id))];
  }

  private locked(node: NodeId): boolean {
    return this.around.services.records.nodes.view.locked(node);
  }

  /** The same for all requests of a pass: none of it changes but in later turns. */
  private facts(): Facts {
    this.known ??= this.gatherFacts();
    return this.known;
  }

  private gatherFacts(): Facts {
    const { provider, pool } = this.config;
    const problems = new Map<string, readonly Reason[]>();
    return {
      launcherId: this.identity.launcherId,
      pool,
      provider,
      providerLimits: pool.ignoreProviderQuota ? UNLIMITED : this.limits(),
      providerOthers: this.around.capacity.others(provider.name),
      resourcesOf: this.resourcesOf,
      slots: this.usable?.fixed?.slots(pool) ?? null,
      labelProblems: (label) => {
        const known = problems.get(label) ?? this.labelProblems(label);
        problems.set(label, known);
        return known;
      },
    };
  }

  private labelProblems(name: string): readonly Reason[] {
    const { pool } = this.config;
    const driver = this.driver();
    const label = pool.labels.get(name);
    if (!label || !driver) return [];
    if ('problem' in driver) return driver.lasting === true ? this.notReady() : [];
    const image = this.imageProblem(label);
    if (image) return [image];
    const problem = readinessProblem(driver, pool, label);
    return problem === null ? [] : [{ code: 'LABEL_BROKEN', pool: poolName(pool), label: name, problem }];
  }

  private imageProblem(label: PoolLabelConfig): Reason | undefined {
    if (label.image.kind !== 'diskimage') return undefined;
    const { view } = this.around.services.records.images;
    const image = label.image.name;
    if (!view.complete || currentUpload(view.uploads({ image }), this.identity.provider)) return undefined;
    return { code: 'IMAGE_NOT_READY', pool: poolName(this.config.pool), label: label.name, image };
  }
}

/** A driver that throws has a broken label, not a broken pool worker. */
function readinessProblem(driver: Provider, pool: PoolConfig, label: PoolLabelConfig): string | null {
  try {
    const readiness = driver.labelReady(pool, label);
    return readiness.ready ? null : (readiness.problem ?? 'not ready');
  } catch (error) {
    return asError(error).message;
  }
}
