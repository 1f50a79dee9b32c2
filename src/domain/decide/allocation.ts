/**
 * How an accepted request gets its nodes (spec LAUNCHER 2.6): for each label still needed, in order, a free node, else a new one,
 * else a reason to wait. All nodes of a request share a zone.
 */
import type { PoolConfig, ProviderConfig } from '../config/config.js';
import type { Reason } from '../explain/reason.js';
import type { Node, NodeId } from '../model/node.js';
import type { Resources } from '../model/quota.js';
import { addResources, NO_RESOURCES } from '../model/quota.js';
import type { Stored } from '../model/stored.js';
import { matchMachines } from './match-machines.js';
import { quotaReasons } from './quota-fit.js';
import { poolName } from '../explain/pool-name.js';

export interface AllocationInput {
  readonly pool: PoolConfig;
  readonly provider: ProviderConfig;
  /** Labels still needed, in the order of the request. */
  readonly needed: readonly string[];
  readonly reuse: boolean;
  /** The zone of the nodes the request has; undefined = not chosen yet, null = a node without zone. */
  readonly az: string | null | undefined;
  /** Free nodes nobody else has claimed, oldest first. */
  readonly free: readonly Stored<Node>[];
  readonly poolUsed: Resources;
  readonly providerUsed: Resources;
  /** Null: do not check (ignore-provider-quota). */
  readonly providerAvailable: Resources | null;
  /** Limits of the request's tenant, and what it uses and has reserved apart from this request; null = no limits. */
  readonly tenant: { readonly name: string; readonly limit: Resources; readonly used: Resources } | null;
  readonly resourcesOf: (label: string) => Resources;
  readonly activeLaunches: number;
  /** Zones to choose from for a new node; empty = the cloud has none. */
  readonly zones: readonly string[];
  /** In [0, 1): picks the zone. */
  readonly random: number;
  /** Only fixed machines: nothing is ever created. */
  readonly fixed: boolean;
  /** How fast instances may be created in a zone. */
  readonly creates: (zone: string | null) => ZoneAllowance;
  /** Why the provider takes no new instances at the moment (it just said its quota is used up). */
  readonly holdOff: readonly Reason[];
}

export interface ZoneAllowance {
  /** Creates that may begin now. */
  readonly allowed: number;
  /** Why no more than `planned`; not empty unless more are allowed. */
  readonly because: (planned: number) => readonly Reason[];
}

interface PlanState {
  readonly az: string | null | undefined;
  readonly poolUsed: Resources;
  readonly providerUsed: Resources;
  readonly tenantUsed: Resources;
  readonly launches: number;
  readonly taken: ReadonlySet<NodeId>;
  /** Planned so far, by zone. */
  readonly creates: ReadonlyMap<string | null, number>;
}

export type AllocationStep =
  | { readonly kind: 'reuse'; readonly label: string; readonly node: NodeId; readonly az: string | null }
  | { readonly kind: 'create'; readonly label: string; readonly az: string | null; readonly resources: Resources };

export interface Allocation {
  readonly steps: readonly AllocationStep[];
  /** Labels that have to wait, with the reasons of the first of them; empty = nothing waits. */
  readonly waiting: readonly string[];
  readonly because: readonly Reason[];
}

export function allocate(input: AllocationInput): Allocation {
  const steps: AllocationStep[] = [];
  const waiting: string[] = [];
  let because: readonly Reason[] = [];
  let state: PlanState = {
    az: input.az,
    poolUsed: input.poolUsed,
    providerUsed: input.providerUsed,
    tenantUsed: input.tenant?.used ?? NO_RESOURCES,
    launches: input.activeLaunches,
    taken: new Set(),
    creates: new Map(),
  };
  const machines = input.fixed && input.reuse ? matchMachines(input.needed, input.free) : [];
  for (const [index, label] of input.needed.entries()) {
    const node = input.fixed ? machines[index] : reusable(input, label, state.az, state.taken);
    const tenantUsed = addResources(state.tenantUsed, newToTenant(input, node, label));
    const overTenant = tenantReasons(input, state, newToTenant(input, node, label));
    if (node && overTenant.length === 0) {
      state = {
        ...state,
        az: state.az === undefined ? node.value.az : state.az,
        taken: new Set(state.taken).add(node.id),
        tenantUsed,
      };
      steps.push({ kind: 'reuse', label, node: node.id, az: node.value.az });
      continue;
    }
    const resources = input.resourcesOf(label);
    const az = chooseZone(input, state);
    const reasons = overTenant.length > 0 ? overTenant : obstacles(input, state, label, resources, az);
    if (waiting.length > 0 || reasons.length > 0) {
      waiting.push(label);
      if (because.length === 0) because = reasons;
      continue;
    }
    state = {
      ...state,
      az,
      creates: new Map(state.creates).set(az, (state.creates.get(az) ?? 0) + 1),
      poolUsed: addResources(state.poolUsed, resources),
      providerUsed: addResources(state.providerUsed, resources),
      tenantUsed,
      launches: state.launches + 1,
    };
    steps.push({ kind: 'create', label, az, resources });
  }
  return { steps, waiting, because };
}

/** What the tenant uses more than before when it gets the node, or a new one if there is none. */
function newToTenant(input: AllocationInput, node: Stored<Node> | undefined, label: string): Resources {
  if (!node) return input.resourcesOf(label);
  return node.value.tenantName === input.tenant?.name
    ? NO_RESOURCES
    : (node.value.resources ?? input.resourcesOf(label));
}

function tenantReasons({ tenant }: AllocationInput, state: PlanState, need: Resources): readonly Reason[] {
  if (!tenant) return [];
  return quotaReasons({ code: 'QUOTA_TENANT', owner: tenant.name, limit: tenant.limit, used: state.tenantUsed }, need);
}

function reusable(
  input: AllocationInput,
  label: string,
  az: string | null | undefined,
  taken: ReadonlySet<NodeId>,
): Stored<Node> | undefined {
  if (!input.reuse) return undefined;
  return input.free.find(
    (node) => !taken.has(node.id) && node.value.type.includes(label) && (az === undefined || node.value.az === az),
  );
}

function obstacles(
  input: AllocationInput,
  state: PlanState,
  label: string,
  need: Resources,
  az: string | null,
): readonly Reason[] {
  const { pool, provider } = input;
  if (input.fixed) {
    return [{ code: 'NO_FREE_MACHINE', pool: poolName(pool), labels: [label] }];
  }
  const reasons: Reason[] = [
    ...quotaReasons({ code: 'QUOTA_POOL', owner: poolName(pool), limit: pool.limits, used: state.poolUsed }, need),
  ];
  if (input.providerAvailable) {
    const limit = input.providerAvailable;
    reasons.push(
      ...quotaReasons({ code: 'QUOTA_PROVIDER', owner: provider.name, limit, used: state.providerUsed }, need),
    );
  }
  if (reasons.length > 0) return reasons;
  if (state.launches >= provider.maxConcurrency) {
    return [
      { code: 'MAX_CONCURRENCY', provider: provider.name, active: state.launches, limit: provider.maxConcurrency },
    ];
  }
  return input.holdOff.length > 0 ? input.holdOff : heldBack(input, state, az);
}

function heldBack(input: AllocationInput, state: PlanState, az: string | null): readonly Reason[] {
  const planned = state.creates.get(az) ?? 0;
  if (input.creates(az).allowed > planned) return [];
  if (state.az !== undefined || input.zones.length === 0) return input.creates(az).because(planned);
  // Every zone that could have been chosen is held back; what holds the whole provider back is said once.
  const reasons = input.zones.flatMap((zone) => input.creates(zone).because(0));
  const codes = new Set<string>();
  return reasons.filter(({ code }) => code === 'CLOUD_CAPACITY' || (!codes.has(code) && codes.add(code)));
}

/** That of the set, else one by the random, among those in which instances may be created now if there are any. */
function chooseZone(input: AllocationInput, { az }: PlanState): string | null {
  if (az !== undefined) return az;
  const open = input.zones.filter((zone) => input.creates(zone).allowed > 0);
  const zones = open.length > 0 ? open : input.zones;
  return zones[Math.floor(input.random * zones.length)] ?? null;
}
