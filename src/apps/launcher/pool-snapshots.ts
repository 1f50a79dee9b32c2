import { currentUpload } from '../../domain/decide/current-image.js';
import { TIED } from '../../domain/decide/mutual-wait.js';
import type {
  AccountFacts,
  DriverFacts,
  FreeNodes,
  HeldRequest,
  LabelFacts,
  PoolSnapshot,
  PoolUse,
  Rivals,
  TenantUse,
} from '../../domain/decide/pool-snapshot.js';
import type { PoolConfig, PoolLabelConfig, ProviderConfig } from '../../domain/config/config.js';
import type { Reason } from '../../domain/explain/reason.js';
import { poolName } from '../../domain/explain/pool-name.js';
import { addResources, UNLIMITED } from '../../domain/model/quota.js';
import type { NodeRequest } from '../../domain/model/request.js';
import type { Stored } from '../../domain/model/stored.js';
import type { Provider } from '../../ports/compute/provider.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { ProviderProblem } from '../providers/managed-provider.js';
import type { PoolContext } from './pool-context.js';
import type { PoolIdentity } from '../../domain/model/launcher.js';

/** The pool's section of the configuration as it was when a pass began. */
export interface PoolConfiguration {
  readonly provider: ProviderConfig;
  readonly pool: PoolConfig;
}

/** The requests that a pass is about. */
export interface PassRequests {
  readonly held: readonly HeldRequest[];
  readonly open: readonly Stored<NodeRequest>[];
  /** Requests of ours that wait for capacity. */
  readonly waiting: number;
}

/** Takes the snapshots that a pool decides by. */
export class PoolSnapshots {
  constructor(
    private readonly context: PoolContext,
    private readonly identity: PoolIdentity,
  ) {}

  /** Would `prepare` ask? */
  outdated({ pool }: PoolConfiguration): boolean {
    const driver = this.asked(pool);
    return driver !== undefined && this.context.capacity.isOld(this.identity.provider, driver);
  }

  /** What is old is asked for again, and what has not happened is noticed: before the snapshot, which only shows what is known. */
  prepare({ pool }: PoolConfiguration): void {
    const { capacity, breakers } = this.context;
    const driver = this.asked(pool);
    const { provider } = this.identity;
    if (driver) capacity.refresh(provider, driver);
    breakers.of(provider).noticeSilence();
  }

  /** @param question of one who only asks: nothing is drawn for it, and tenants without limits are told of, too */
  take(
    { provider, pool }: PoolConfiguration,
    requests: PassRequests,
    question?: { readonly chance: number; readonly everyTenant?: boolean },
  ): PoolSnapshot {
    const { services, breakers, capacity } = this.context;
    const { clock, random } = services;
    const now = clock.monotonic();
    const labels = new Set(labelsOf(requests.open));
    for (const { request } of requests.held) for (const label of request.nodeTypes) labels.add(label);
    return {
      now,
      epoch: clock.now() - now,
      launcherId: this.identity.launcherId,
      pool,
      provider,
      registry: registryFor(this.context, this.identity.launcherId),
      driver: this.driver(pool),
      account: this.account(pool),
      use: this.use(),
      tenants: this.tenants(requests, question?.everyTenant === true),
      labels: new Map([...labels].map((label) => [label, this.label(pool, label)])),
      free: this.free(labels),
      breaker: breakers.of(provider.name).state,
      holdOff: capacity.holdOff(provider.name),
      rivals: this.rivals(requests.held, now),
      chance: question?.chance ?? random.next(),
      ...requests,
    };
  }

  /** Who is asked for limits and zones; undefined if nobody needs to be. */
  private asked(pool: PoolConfig): Provider | undefined {
    return pool.ignoreProviderQuota && pool.availabilityZones.length > 0 ? undefined : this.usable();
  }

  private usable(): Provider | undefined {
    return this.context.drivers.usable(this.identity.provider);
  }

  private driver(pool: PoolConfig): DriverFacts {
    const driver = this.context.drivers.of(this.identity.provider);
    if (driver === undefined) return { state: 'starting' };
    if ('problem' in driver) return { state: 'failed', problem: driver.problem, lasting: driver.lasting === true };
    return { state: 'usable', slots: driver.fixed?.slots(pool) ?? null };
  }

  private account(pool: PoolConfig): AccountFacts {
    const { capacity } = this.context;
    const { provider } = this.identity;
    const driver = this.usable();
    const known = driver ? capacity.facts(provider, driver) : null;
    const { availabilityZones } = pool;
    return {
      limits: known?.limits ?? null,
      others: capacity.others(provider),
      problem: capacity.problem(provider),
      zones: availabilityZones.length > 0 ? availabilityZones : (known?.zones ?? []),
    };
  }

  private use(): PoolUse {
    const { index, reservations, unused } = this.context;
    const { provider, name } = this.identity;
    return {
      pool: addResources(index.poolUsage(provider, name), reservations.forPool(provider, name)),
      provider: addResources(index.providerUsage(provider), reservations.forProvider(provider)),
      launches: reservations.launchesOf(provider),
      leaving: index.leaving(provider, name) + unused.beingDeleted(provider, name),
    };
  }

  private tenants({ held, open }: PassRequests, every: boolean): ReadonlyMap<string, TenantUse> {
    const { services, index, reservations } = this.context;
    const limits = services.config.current.tenantLimits;
    const tenants = new Map<string, TenantUse>();
    if (limits.size === 0 && !every) return tenants;
    const names = new Set(
      [...held.map(({ request }) => request), ...open.map(({ value }) => value)].map(({ tenantName }) => tenantName),
    );
    for (const name of names) {
      const limit = name === null ? undefined : (limits.get(name) ?? (every ? UNLIMITED : undefined));
      if (name === null || limit === undefined) continue;
      tenants.set(name, { limit, used: addResources(index.tenantUsage(name), reservations.forTenant(name)) });
    }
    return tenants;
  }

  /** Without its provider not even a free node is taken: nobody could look whether it answers. */
  private free(labels: ReadonlySet<string>): FreeNodes {
    if (!this.usable()) return { all: [], byLabel: new Map(), locked: new Set() };
    const free = this.context.index.free(this.identity.provider, this.identity.name);
    const byLabel = new Map([...labels].map((label) => [label, free.withLabel(label)]));
    return { all: free.all, byLabel, locked: free.locked };
  }

  private label(pool: PoolConfig, name: string): LabelFacts {
    const { provider, name: ours } = this.identity;
    return {
      resources: this.context.drivers.resourcesOf(provider, ours, name),
      problems: this.labelProblems(pool, name),
    };
  }

  private labelProblems(pool: PoolConfig, name: string): readonly Reason[] {
    const driver = this.context.drivers.of(this.identity.provider);
    const label = pool.labels.get(name);
    if (!label || !driver) return [];
    if ('problem' in driver) return lastingProblem(pool, driver);
    const image = this.imageProblem(pool, label);
    if (image) return [image];
    const problem = readinessProblem(driver, pool, label);
    return problem === null ? [] : [{ code: 'LABEL_BROKEN', pool: poolName(pool), label: name, problem }];
  }

  private imageProblem(pool: PoolConfig, label: PoolLabelConfig): Reason | undefined {
    if (label.image.kind !== 'diskimage') return undefined;
    const { view } = this.context.services.records.images;
    const image = label.image.name;
    if (!view.complete || currentUpload(view.uploads({ image }), this.identity.provider)) return undefined;
    return { code: 'IMAGE_NOT_READY', pool: poolName(pool), label: label.name, image };
  }

  /** Only asked when one of ours has waited for long: it takes looking at everything. */
  private rivals(held: readonly HeldRequest[], now: number): Rivals | null {
    if (!held.some(({ wait, underway }) => wait !== null && underway === 0 && wait.since + TIED <= now)) return null;
    const { requests, nodes } = this.context.services.records;
    const others: Stored<NodeRequest>[] = [];
    for (const request of requests.view.all().values()) {
      const { id, value } = request;
      if (value.state === 'pending' && !this.context.roster.handles(id)) others.push(request);
    }
    return { others, nodes: [...nodes.view.all().values()] };
  }
}

/** Of arrays that do not change any more: most passes are about the same requests as the one before. */
const LABELS = new WeakMap<PassRequests['open'], ReadonlySet<string>>();

function labelsOf(open: PassRequests['open']): ReadonlySet<string> {
  const known = LABELS.get(open);
  if (known) return known;
  const labels = new Set<string>();
  for (const { value } of open) for (const label of value.nodeTypes) labels.add(label);
  LABELS.set(open, labels);
  return labels;
}

/** All registered pools; complete once the view shows ourselves (spec LAUNCHER 2.2-2). */
export function registryFor({ services }: Pick<PoolContext, 'services'>, launcherId: string): PoolSnapshot['registry'] {
  const { view } = services.records.launchers;
  const pools = view.pools();
  return { complete: view.complete && pools.some((pool) => pool.id === launcherId), pools };
}

function lastingProblem(pool: PoolConfig, { problem, lasting }: ProviderProblem): readonly Reason[] {
  return lasting === true ? [{ code: 'PROVIDER_NOT_READY', provider: pool.provider, problem }] : [];
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
