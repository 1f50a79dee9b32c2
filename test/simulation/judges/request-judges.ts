import type { Reason } from '../../../src/domain/explain/reason.js';
import type { ImageReason } from '../../../src/domain/explain/image-reason.js';
import type { LabelReason } from '../../../src/domain/explain/label-reason.js';
import type { NodeReason } from '../../../src/domain/explain/node-reason.js';
import { texts } from '../kernel/tree-model.js';
import { CLOUD_JUDGES } from './cloud-judges.js';
import { HEARD, isKnown, poolOf, problemUnless, registeredSince, requestOf, resourcesOf, somewhere } from './facts.js';
import { wants } from './facts.js';
import type { Judges } from './facts.js';
import { MACHINE_JUDGES } from './machine-judges.js';
import { memoryOf } from './memory.js';
import { QUOTA_JUDGES } from './quota-judges.js';
import { YIELD_JUDGES } from './yield-judges.js';

type Code = Exclude<Reason['code'], (ImageReason | LabelReason | NodeReason)['code']>;

/** What pools say of requests. */
export const REQUEST_JUDGES: Judges<Code> = {
  ...CLOUD_JUDGES,
  ...MACHINE_JUDGES,
  ...QUOTA_JUDGES,
  ...YIELD_JUDGES,
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
  LABEL_BROKEN: ({ label, problem }, facts) =>
    problemUnless(
      problem !== '' &&
        wants(label, facts) &&
        somewhere(facts, (config) => {
          const pool = poolOf(facts, config);
          return !pool?.labels.has(label) || resourcesOf(label, pool, facts) === null;
        }),
      'the cloud has a flavor for it',
    ),
  IMAGE_NOT_READY: ({ label, image }, facts) => {
    if (!wants(label, facts) || !somewhere(facts, (config) => isImageOf(label, image, poolOf(facts, config))))
      return 'the label has another image';
    const ready = [...facts.world.model.uploads.values()].filter(
      (upload) => upload.image === image && upload.state === 'ready' && isKnown(facts, upload),
    );
    const here = ready.find(({ provider }) => facts.decider.includes(`-PoolWorker.${provider}-`));
    return here ? `${here.id} is ready` : null;
  },
  OTHERS_WAIT_FIRST: ({ waiting }, facts) => {
    const { model } = facts.world;
    const open = [...model.requests.values()].filter(
      (request) => request.id !== facts.id && (isOpen(request.state) || !isKnown(facts, request)),
    );
    const gone = memoryOf(facts.world).times('requests') - model.requests.size;
    return problemUnless(waiting > 0 && waiting <= open.length + Math.max(0, gone), `${open.length} others are open`);
  },
  ALREADY_DECLINED: ({ launcher }, facts) => {
    const request = requestOf(facts);
    if (launcher !== facts.decider) return 'that was another pool';
    return request && isKnown(facts, request) && !texts(request.json?.['declined_by']).includes(launcher)
      ? 'it has not'
      : null;
  },
  NOT_REQUESTED: ({ state }, facts) => {
    const request = requestOf(facts);
    if (state === 'requested') return 'it is';
    return request && isKnown(facts, request) && request.state !== state ? `it is ${String(request.state)}` : null;
  },
  // Also said by a pool that goes with its provider, of what it has just begun with.
  REQUEST_LOCKED: (_reason, { world, id }) =>
    problemUnless(
      world.model.requestLocks.has(id) ||
        memoryOf(world).lately(`lock ${id}`, world.clock.monotonic()) ||
        world.recentConfigs(HEARD).length > 1,
      'nobody has its lock',
    ),
  REGISTRY_INCOMPLETE: (_reason, facts) =>
    problemUnless(registeredSince(facts) > facts.world.clock.monotonic() - HEARD, 'the pool is registered'),
  SERVEABLE: (_reason, facts) => {
    const request = requestOf(facts);
    const labels = texts(request?.json?.['node_types']);
    // What was taken is served to the end, though the label goes meanwhile.
    if (
      facts.verdict !== 'fulfilled' &&
      !somewhere(facts, (config) => labels.every((label) => poolOf(facts, config)?.labels.has(label)))
    )
      return 'the pool has not all of its labels';
    if (facts.verdict !== 'fulfilled') return problemUnless(facts.verdict === 'accept', 'nobody serves it');
    return problemUnless(!isOpen(request?.state ?? null), `it is ${String(request?.state)}`);
  },
};

function isOpen(state: string | null): boolean {
  return state === 'requested' || state === 'pending';
}

function isImageOf(label: string, image: string, pool: ReturnType<typeof poolOf>): boolean {
  const source = pool?.labels.get(label)?.image;
  return pool === undefined || (source?.kind === 'diskimage' && source.name === image);
}
