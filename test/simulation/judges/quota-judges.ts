import type { PoolConfig } from '../../../src/domain/config/config.js';
import { MIN_READY_REQUESTOR } from '../../../src/domain/model/request.js';
import { text, texts } from '../kernel/tree-model.js';
import { cloudOf, CONFIG_LAG, isKnown, poolOf, problemUnless, requestOf, requestorOf, resourcesOf } from './facts.js';
import { somewhere, wholeOf } from './facts.js';
import type { Facts, Judges, ReasonOf } from './facts.js';
import { memoryOf } from './memory.js';

type Code =
  | 'REQUEST_OVER_POOL'
  | 'REQUEST_OVER_PROVIDER'
  | 'QUOTA_POOL'
  | 'QUOTA_PROVIDER'
  | 'QUOTA_TENANT'
  | 'MIN_READY_AT_CAPACITY'
  | 'MAX_CONCURRENCY'
  | 'CONCURRENCY_DISABLED';
type Quota = ReasonOf<Extract<Code, `${string}_${'POOL' | 'PROVIDER' | 'TENANT'}`>>;

/** Which limits stand in the way of requests, with their numbers. */
export const QUOTA_JUDGES: Judges<Code> = {
  REQUEST_OVER_POOL: (reason, facts) => overTheLimit(reason) ?? whole(reason, facts) ?? poolLimit(reason, facts),
  REQUEST_OVER_PROVIDER: (reason, facts) => overTheLimit(reason) ?? whole(reason, facts) ?? knownQuota(reason, facts),
  QUOTA_POOL: (reason, facts) =>
    overTheLimit(reason) ?? poolLimit(reason, facts) ?? need(reason, facts) ?? used(reason, facts),
  QUOTA_PROVIDER: (reason, facts) =>
    overTheLimit(reason) ?? need(reason, facts) ?? (isWholeQuota(reason, facts) ? null : providerUse(reason, facts)),
  QUOTA_TENANT: (reason, facts) =>
    overTheLimit(reason) ??
    problemUnless(
      isTenant(reason.owner, facts) &&
        somewhere(facts, ({ tenantLimits }) => tenantLimits.get(reason.owner)?.[reason.resource] === reason.limit),
      'the tenant has no such limit',
    ) ??
    need(reason, facts) ??
    used(reason, facts),
  MIN_READY_AT_CAPACITY: (_reason, facts) =>
    problemUnless([MIN_READY_REQUESTOR, null].includes(requestorOf(facts)), 'somebody wants that node'),
  MAX_CONCURRENCY: ({ provider, active, limit }, facts) => {
    const { world, process } = facts;
    const ours = world.reservations.get(process.name)?.launchesOf(provider) ?? 0;
    if (active > ours + labelsOf(facts).length) return `only ${ours} are launched`;
    return problemUnless(
      active >= limit && somewhere(facts, ({ providers }) => providers.get(provider)?.maxConcurrency === limit),
      'there is no such limit',
    );
  },
  CONCURRENCY_DISABLED: ({ provider }, facts) =>
    problemUnless(
      somewhere(facts, ({ providers }) => providers.get(provider)?.maxConcurrency === 0),
      'it is not disabled',
    ),
};

function labelsOf(facts: Facts): readonly string[] {
  return texts(requestOf(facts)?.json?.['node_types']);
}

/** Some drop the tenant when they write a request. */
function isTenant(owner: string, facts: Facts): boolean {
  const request = requestOf(facts);
  const tenant = text(request?.json?.['tenant_name']);
  return tenant === owner || (tenant === null && request !== undefined && !isKnown(facts, request));
}

function overTheLimit({ used: already, limit, need: more }: Quota): string | null {
  return problemUnless(more > 0 && already + more > limit, 'that fits');
}

/** Of a request that will never fit all of it counts, and nothing else. */
function whole({ resource, used: others, need: more }: Quota, facts: Facts): string | null {
  if (others !== 0) return 'others count';
  if (labelsOf(facts).length === 0) return null;
  const right = pools(facts).some((pool) => wholeOf(facts, pool)[resource] === more);
  return problemUnless(right, `that is not what it wants of ${resource}`);
}

/** One node of the request, or all of it. */
function need({ resource, need: more }: Quota, facts: Facts): string | null {
  const labels = labelsOf(facts);
  if (labels.length === 0) return null;
  const right = pools(facts).some(
    (pool) =>
      wholeOf(facts, pool)[resource] === more ||
      labels.some((label) => (resourcesOf(label, pool, facts) ?? { instances: 1 })[resource] === more),
  );
  return problemUnless(right, `no part of it wants so much of ${resource}`);
}

function pools(facts: Facts): readonly PoolConfig[] {
  const { world } = facts;
  return [...world.recentConfigs(CONFIG_LAG), ...world.configs.map(({ config }) => config)].flatMap(
    (config) => poolOf(facts, config) ?? [],
  );
}

function poolLimit({ resource, limit }: Quota, facts: Facts): string | null {
  return problemUnless(
    somewhere(facts, (config) => poolOf(facts, config)?.limits[resource] === limit),
    'the pool has no such limit',
  );
}

/** No less than the records have shown, and no more than with what the speaker has promised. */
function used({ code, owner, resource, used: said }: Quota, facts: Facts): string | null {
  const { world, process } = facts;
  const tenant = code === 'QUOTA_TENANT';
  const [provider = '', pool = ''] = owner.split('/');
  const kept = world.reservations.get(process.name);
  const ours = (tenant ? kept?.forTenant(owner) : kept?.forPool(provider, pool))?.[resource] ?? 0;
  return inRange(said, tenant ? `tenant ${owner}` : `pool ${owner}`, resource, ours, facts);
}

function inRange(said: number, owner: string, resource: string, ours: number, facts: Facts): string | null {
  const { world } = facts;
  const { least, most } = memoryOf(world).usage.range(owner, resource, world.clock.monotonic());
  const own = Math.max(0, ...pools(facts).map((pool) => wholeOf(facts, pool)[resource] ?? 0));
  if (said < least) return `at least ${least} are used`;
  return problemUnless(said <= most + ours + own, `at most ${most} are used, and ${ours} kept`);
}

/** What others use is taken from the quota, unless they alone are in the way. */
function providerUse(reason: Quota, facts: Facts): string | null {
  const { owner, resource, used: said, limit } = reason;
  const { world, process } = facts;
  const most = Math.max(...quotas(reason, facts));
  if (limit > most) return `the quota was ${most} at most`;
  const ours = world.reservations.get(process.name)?.forProvider(owner)[resource] ?? 0;
  return inRange(said, `provider ${owner}`, resource, ours, facts);
}

function isWholeQuota(reason: Quota, facts: Facts): boolean {
  return quotas(reason, facts).includes(reason.limit);
}

function knownQuota(reason: Quota, facts: Facts): string | null {
  return problemUnless(isWholeQuota(reason, facts), 'the cloud has never had that quota');
}

/** Quotas that the provider's cloud has had. */
function quotas({ owner, resource }: Quota, { world }: Facts): readonly number[] {
  const { name, knobs } = cloudOf(world, owner);
  return [knobs.quota[resource] ?? Infinity, ...memoryOf(world).quotas(name, resource)];
}
