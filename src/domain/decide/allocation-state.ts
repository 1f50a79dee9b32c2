import type { PoolConfig, ProviderConfig } from '../config/config.js';
import type { Reason } from '../explain/reason.js';
import type { Node, NodeId } from '../model/node.js';
import type { Resources } from '../model/quota.js';
import { addResources, NO_RESOURCES } from '../model/quota.js';
import type { Stored } from '../model/stored.js';

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

/** What an allocation counts on after the steps so far. */
export interface AllocationState {
  readonly az: string | null | undefined;
  readonly poolUsed: Resources;
  readonly providerUsed: Resources;
  readonly tenantUsed: Resources;
  readonly launches: number;
  readonly taken: ReadonlySet<NodeId>;
  /** Planned so far, by zone. */
  readonly creates: ReadonlyMap<string | null, number>;
}

export function beforeFirstStep(input: AllocationInput): AllocationState {
  return {
    az: input.az,
    poolUsed: input.poolUsed,
    providerUsed: input.providerUsed,
    tenantUsed: input.tenant?.used ?? NO_RESOURCES,
    launches: input.activeLaunches,
    taken: new Set(),
    creates: new Map(),
  };
}

/** @param newToTenant what the tenant uses more than before */
export function withNode(state: AllocationState, { id, value }: Stored<Node>, newToTenant: Resources): AllocationState {
  return {
    ...state,
    az: state.az === undefined ? value.az : state.az,
    taken: new Set(state.taken).add(id),
    tenantUsed: addResources(state.tenantUsed, newToTenant),
  };
}

export function withInstance(
  state: AllocationState,
  az: string | null,
  resources: Resources,
  newToTenant: Resources,
): AllocationState {
  return {
    ...state,
    az,
    creates: new Map(state.creates).set(az, (state.creates.get(az) ?? 0) + 1),
    poolUsed: addResources(state.poolUsed, resources),
    providerUsed: addResources(state.providerUsed, resources),
    tenantUsed: addResources(state.tenantUsed, newToTenant),
    launches: state.launches + 1,
  };
}
