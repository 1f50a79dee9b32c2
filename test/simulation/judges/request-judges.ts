import type { Reason } from '../../../src/domain/explain/reason.js';
import type { ImageReason } from '../../../src/domain/explain/image-reason.js';
import type { LabelReason } from '../../../src/domain/explain/label-reason.js';
import type { NodeReason } from '../../../src/domain/explain/node-reason.js';
import { MIN_READY_REQUESTOR } from '../../../src/domain/model/request.js';
import { text, texts } from '../kernel/tree-model.js';
import { isKnown, isRegistered, poolOf, problemUnless, requestOf, requestorOf, somewhere, wants } from './facts.js';
import type { Facts, Judges } from './facts.js';

type Code = Exclude<Reason['code'], (ImageReason | LabelReason | NodeReason)['code']>;

/** What pools say of requests. */
export const REQUEST_JUDGES: Judges<Code> = {
  POOL_DISABLED: ({ maxServers }, facts) =>
    problemUnless(
      maxServers <= 0 && somewhere(facts, (config) => (poolOf(facts, config)?.maxServers ?? 0) <= 0),
      'the pool is not disabled',
    ),
  LABEL_UNKNOWN: ({ label }, facts) =>
    problemUnless(
      wants(label, facts) && somewhere(facts, (config) => !poolOf(facts, config)?.labels.has(label)),
      'the pool has that label',
    ),
  LABEL_BROKEN: () => 'no label is broken in these worlds',
  IMAGE_NOT_READY: ({ image }, facts) => {
    const ready = [...facts.world.model.uploads.values()].filter(
      (upload) => upload.image === image && upload.state === 'ready' && isKnown(facts, upload),
    );
    const here = ready.find(({ provider }) => facts.decider.includes(`-PoolWorker.${provider}-`));
    return here ? `${here.id} is ready` : null;
  },
  PROVIDER_NOT_READY: ({ provider, problem }, facts) =>
    problemUnless(problem !== '' && facts.decider.includes(`-PoolWorker.${provider}-`), 'that is another provider'),
  REQUEST_OVER_POOL: (reason, facts) => overTheLimit(reason) ?? wholeNeed(reason, facts) ?? poolLimit(reason, facts),
  REQUEST_OVER_PROVIDER: (reason, facts) => overTheLimit(reason) ?? wholeNeed(reason, facts),
  QUOTA_POOL: (reason, facts) => overTheLimit(reason) ?? poolLimit(reason, facts),
  QUOTA_PROVIDER: (reason) => overTheLimit(reason),
  QUOTA_TENANT: (reason, facts) =>
    overTheLimit(reason) ??
    problemUnless(
      text(requestOf(facts)?.json?.['tenant_name']) === reason.owner &&
        somewhere(facts, ({ tenantLimits }) => tenantLimits.get(reason.owner)?.[reason.resource] === reason.limit),
      'the tenant has no such limit',
    ),
  MIN_READY_AT_CAPACITY: (_reason, facts) =>
    problemUnless([MIN_READY_REQUESTOR, null].includes(requestorOf(facts)), 'somebody wants that node'),
  MAX_CONCURRENCY: ({ provider, active, limit }, facts) =>
    problemUnless(
      active >= limit && somewhere(facts, ({ providers }) => providers.get(provider)?.maxConcurrency === limit),
      'there is no such limit',
    ),
  CONCURRENCY_DISABLED: ({ provider }, facts) =>
    problemUnless(
      somewhere(facts, ({ providers }) => providers.get(provider)?.maxConcurrency === 0),
      'it is not disabled',
    ),
  YIELD_WISHED_PROVIDER: ({ provider }, facts) =>
    problemUnless(text(requestOf(facts)?.json?.['provider']) === provider, 'it has no such wish'),
  YIELD_PRIORITY: ({ pool, priority, own }, facts) =>
    problemUnless(priority < own && !pool.startsWith(facts.decider), 'that pool is not preferred'),
  YIELD_CAPABLE_POOL: ({ label }, facts) =>
    problemUnless(
      wants(label, facts) && somewhere(facts, (config) => !poolOf(facts, config)?.labels.has(label)),
      'the pool has that label',
    ),
  OTHERS_WAIT_FIRST: ({ waiting }) => problemUnless(waiting > 0, 'nobody waits'),
  ALREADY_DECLINED: ({ launcher }, { decider }) => problemUnless(launcher === decider, 'that was another pool'),
  NOT_REQUESTED: ({ state }) => problemUnless(state !== 'requested', 'it is'),
  NO_FREE_MACHINE: () => 'there are no machines in these worlds',
  REQUEST_OVER_MACHINES: () => 'there are no machines in these worlds',
  REQUEST_LOCKED: () => null,
  REGISTRY_INCOMPLETE: () => null,
  LAUNCH_FAILED: ({ node, attempts }, { world }) => {
    const made = world.attempts.get(node);
    return made !== undefined && made > attempts ? `node ${node} was tried ${made} times` : null;
  },
  CLOUD_QUOTA: ({ provider, problem }, facts) =>
    problemUnless(problem !== '' && facts.decider.includes(`-PoolWorker.${provider}-`), 'that is another provider'),
  CLOUD_CAPACITY: (reason) => heldBack(reason),
  CLOUD_RATE: (reason) => heldBack(reason),
  CLOUD_SILENT: (reason) => heldBack(reason),
  HANDLER_ERROR: ({ problem }) => problemUnless(problem !== '', 'it does not say which error'),
  SERVEABLE: (_reason, facts) =>
    problemUnless(isRegistered(facts, facts.decider) || facts.verdict !== 'wait', 'it is gone'),
};

interface Quota {
  readonly resource: string;
  readonly used: number;
  readonly limit: number;
  readonly need: number;
}

function overTheLimit({ used, limit, need }: Quota): string | null {
  return problemUnless(need > 0 && used + need > limit, 'that fits');
}

/** Of a request that will never fit all of it counts, and nothing else. */
function wholeNeed({ resource, used, need }: Quota, facts: Facts): string | null {
  const labels = texts(requestOf(facts)?.json?.['node_types']);
  if (labels.length === 0 || resource !== 'instances') return problemUnless(used === 0, 'others count');
  return problemUnless(used === 0 && need === labels.length, `it wants ${labels.length}`);
}

function poolLimit({ resource, limit }: Quota, facts: Facts): string | null {
  return problemUnless(
    somewhere(facts, (config) => poolOf(facts, config)?.limits[resource] === limit),
    'the pool has no such limit',
  );
}

function heldBack({ refusals, underway }: { readonly refusals: number; readonly underway: number }): string | null {
  return problemUnless(refusals >= 0 && underway >= 0, 'nothing was refused');
}
