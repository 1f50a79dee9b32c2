/**
 * What a pool does about one request that nobody serves yet (spec LAUNCHER 2.3, 2.4).
 *
 * - `ignore`: not ours to look at (not requested any more, or declined by us before).
 * - `yield`: somebody else should have it; look again when the registry or the request changes.
 * - `wait`: we could, but not now; look again when the thing named in the reason changes.
 * - `decline`: we never can, as things are.
 * - `accept`: take it; it may still have to wait for capacity while we hold it.
 */
import type { PoolConfig, ProviderConfig } from '../config/config.js';
import { poolDisabled } from '../config/config.js';
import type { Decision, Reason } from '../explain/reason.js';
import type { RegisteredPool } from '../model/launcher.js';
import type { Resources } from '../model/quota.js';
import { addResources, NO_RESOURCES } from '../model/quota.js';
import type { NodeRequest } from '../model/request.js';
import { MIN_READY_REQUESTOR } from '../model/request.js';
import { matchLabels } from './match-machines.js';
import { quotaReasons } from './quota-fit.js';
import { declinedByAll } from './decline.js';
import { missingLabels } from './request-order.js';
import { poolName } from '../explain/pool-name.js';

export type AdmissionVerdict = 'ignore' | 'yield' | 'wait' | 'decline' | 'accept';

export interface AdmissionInput {
  readonly request: NodeRequest;
  readonly launcherId: string;
  readonly pool: PoolConfig;
  readonly provider: ProviderConfig;
  readonly registry: { readonly complete: boolean; readonly pools: readonly RegisteredPool[] };
  /** Why the provider cannot be used at all at the moment, or null. */
  readonly providerProblem: string | null;
  /** Limits of the account, whoever uses it; null while unknown. */
  readonly providerLimits: Resources | null;
  /** What others than our nodes use of them at the moment. */
  readonly providerOthers: Resources;
  /** Limits of the request's tenant, and what it uses and has reserved; null = no limits. */
  readonly tenant: { readonly name: string; readonly limit: Resources; readonly used: Resources } | null;
  readonly resourcesOf: (label: string) => Resources;
  /** What stands between us and the label apart from capacity: a missing image, a broken flavor. */
  readonly labelProblems: (label: string) => readonly Reason[];
  /** Requests that already wait for capacity in this pool. */
  readonly waiting: number;
  /** Could the request be served completely right now (free nodes and quota)? Asked only when it matters. */
  readonly fitsNow: () => boolean;
  /** Machines that exist by themselves: a request that does not fit now is left alone until it does. */
  readonly fixed: boolean;
  /** What each place of the machines offers that exist by themselves; null where instances are made. */
  readonly slots: readonly { readonly labels: readonly string[] }[] | null;
  /** Launches under way in all pools of the provider. */
  readonly activeLaunches: number;
}

export function admitRequest(input: AdmissionInput): Decision<AdmissionVerdict> {
  const { request, launcherId } = input;
  if (request.state !== 'requested')
    return { verdict: 'ignore', because: [{ code: 'NOT_REQUESTED', state: request.state }] };
  if (request.declinedBy.includes(launcherId)) {
    // When those have left that could still have served it, somebody must say so, else it would wait for ever.
    const verdict = input.registry.complete && declinedByAll(request, input.registry.pools) ? 'decline' : 'ignore';
    return { verdict, because: [{ code: 'ALREADY_DECLINED', launcher: launcherId }] };
  }
  if (!input.registry.complete) return { verdict: 'wait', because: [{ code: 'REGISTRY_INCOMPLETE' }] };

  const yielding = yieldReason(input);
  if (yielding) return { verdict: 'yield', because: [yielding] };

  const never = declineReasons(input);
  if (never.length > 0) return { verdict: 'decline', because: never };

  const later = waitReasons(input);
  if (later.length > 0) return { verdict: 'wait', because: later };
  if (input.request.requestor === MIN_READY_REQUESTOR && !input.fitsNow()) {
    return { verdict: 'decline', because: [{ code: 'MIN_READY_AT_CAPACITY', pool: poolName(input.pool) }] };
  }
  return { verdict: 'accept', because: [{ code: 'SERVEABLE', pool: poolName(input.pool) }] };
}

/** Other registered pools that offer all labels and have not declined. */
function candidates(input: AdmissionInput): readonly RegisteredPool[] {
  return input.registry.pools.filter(
    (pool) =>
      pool.id !== input.launcherId &&
      !input.request.declinedBy.includes(pool.id) &&
      input.request.nodeTypes.every((label) => pool.supportedLabels.includes(label)),
  );
}

function yieldReason(input: AdmissionInput): Reason | undefined {
  const others = candidates(input);
  const wished = input.request.provider;
  if (wished !== null && wished !== input.provider.name && others.some((pool) => pool.providerName === wished)) {
    return { code: 'YIELD_WISHED_PROVIDER', provider: wished };
  }
  const preferred = others.find((pool) => pool.priority < input.pool.priority && !pool.paused);
  if (preferred && !(wished === input.provider.name)) {
    return { code: 'YIELD_PRIORITY', pool: preferred.id, priority: preferred.priority, own: input.pool.priority };
  }
  const [missing] = missingLabels(input.request, input.pool.labels);
  const [other] = others;
  if (missing !== undefined && other) return { code: 'YIELD_CAPABLE_POOL', label: missing, pool: other.id };
  return undefined;
}

/** Why this pool can never serve the request as things are; also asked again while it waits (spec LAUNCHER 2.6-2). */
export function declineReasons(
  input: Pick<
    AdmissionInput,
    'request' | 'pool' | 'provider' | 'providerLimits' | 'resourcesOf' | 'labelProblems' | 'slots'
  >,
): readonly Reason[] {
  const { request, pool, provider } = input;
  if (poolDisabled(pool)) return [{ code: 'POOL_DISABLED', pool: poolName(pool), maxServers: pool.maxServers }];
  if (provider.maxConcurrency === 0) return [{ code: 'CONCURRENCY_DISABLED', provider: provider.name }];
  const unknown = missingLabels(request, pool.labels);
  if (unknown.length > 0) return unknown.map((label) => ({ code: 'LABEL_UNKNOWN', pool: poolName(pool), label }));
  const problems = [...new Set(request.nodeTypes)].flatMap((label) => input.labelProblems(label));
  if (problems.length > 0) return problems;

  const tooFew = overMachines(input);
  if (tooFew.length > 0) return tooFew;
  const whole = request.nodeTypes.map(input.resourcesOf).reduce(addResources, NO_RESOURCES);
  const overPool = quotaReasons(
    { code: 'REQUEST_OVER_POOL', owner: poolName(pool), limit: pool.limits, used: {} },
    whole,
  );
  if (overPool.length > 0) return overPool;
  if (pool.ignoreProviderQuota || input.providerLimits === null) return [];
  // What others use comes back some time: that is for `waitReasons`.
  return quotaReasons(
    { code: 'REQUEST_OVER_PROVIDER', owner: provider.name, limit: input.providerLimits, used: {} },
    whole,
  );
}

/** One node of a label that the pool has can always be had some time. */
function overMachines({ request, pool, slots }: Pick<AdmissionInput, 'request' | 'pool' | 'slots'>): readonly Reason[] {
  const { nodeTypes } = request;
  if (slots === null || nodeTypes.length < 2) return [];
  const given = matchLabels(nodeTypes, slots, (slot) => slot.labels);
  const left = nodeTypes.filter((_label, index) => given[index] === undefined);
  if (left.length === 0) return [];
  const need = nodeTypes.length;
  return [
    { code: 'REQUEST_OVER_MACHINES', pool: poolName(pool), labels: [...new Set(left)], need, slots: slots.length },
  ];
}

/** Why the request as a whole does not fit beside what others use of the account now; also asked again while it waits. */
export function crowdedReasons(
  input: Pick<AdmissionInput, 'request' | 'pool' | 'provider' | 'providerLimits' | 'providerOthers' | 'resourcesOf'>,
): readonly Reason[] {
  const { request, pool, provider, providerLimits, providerOthers, resourcesOf } = input;
  if (pool.ignoreProviderQuota || providerLimits === null) return [];
  const whole = request.nodeTypes.map(resourcesOf).reduce(addResources, NO_RESOURCES);
  return quotaReasons(
    { code: 'QUOTA_PROVIDER', owner: provider.name, limit: providerLimits, used: providerOthers },
    whole,
  );
}

function waitReasons(input: AdmissionInput): readonly Reason[] {
  const notReady = unreadyReasons(input);
  if (notReady.length > 0) return notReady;
  const crowded = crowdedReasons(input);
  if (crowded.length > 0) return crowded;
  const over = tenantReasons(input);
  return over.length > 0 ? over : turnReasons(input);
}

const NONE: readonly Reason[] = [];

function unreadyReasons({ pool, provider, providerProblem, providerLimits }: AdmissionInput): readonly Reason[] {
  const unknown = !pool.ignoreProviderQuota && providerLimits === null;
  const problem = providerProblem ?? (unknown ? 'its limits are not known yet' : null);
  return problem === null ? NONE : [{ code: 'PROVIDER_NOT_READY', provider: provider.name, problem }];
}

function tenantReasons({ request, tenant, resourcesOf }: AdmissionInput): readonly Reason[] {
  if (!tenant) return NONE;
  const need = request.nodeTypes.map(resourcesOf).reduce(addResources, NO_RESOURCES);
  const { name, limit, used } = tenant;
  return quotaReasons({ code: 'QUOTA_TENANT', owner: name, limit, used }, need);
}

/** Is it its turn? */
function turnReasons(input: AdmissionInput): readonly Reason[] {
  const { request, provider, pool, waiting, activeLaunches } = input;
  if (input.fixed && !input.fitsNow()) {
    return [{ code: 'NO_FREE_MACHINE', pool: poolName(pool), labels: [...new Set(request.nodeTypes)] }];
  }
  // A min-ready request does not stand in line: it is declined, and asked for again.
  if (waiting > 0 && request.requestor !== MIN_READY_REQUESTOR && !input.fitsNow()) {
    return [{ code: 'OTHERS_WAIT_FIRST', pool: poolName(pool), waiting }];
  }
  const limit = provider.maxConcurrency;
  if (activeLaunches < limit) return NONE;
  return [{ code: 'MAX_CONCURRENCY', provider: provider.name, active: activeLaunches, limit }];
}
