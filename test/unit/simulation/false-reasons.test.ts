import { describe, expect, it } from 'vitest';
import type { Reason } from '../../../src/domain/explain/reason.js';
import type { DecisionSubject } from '../../../src/ports/telemetry/journal.js';
import { imagesAreBuiltWhenDue } from '../../simulation/invariants/build-due-rules.js';
import { judgeEntry } from '../../simulation/judges/judge.js';
import { whatHappensIsRemembered } from '../../simulation/judges/memory.js';
import type { SimProcess } from '../../simulation/kernel/sim-process.js';
import { configOf } from '../../simulation/scenario/draft.js';
import type { Draft } from '../../simulation/scenario/draft.js';
import { World } from '../../simulation/world.js';

const POOL = 'launcher0-PoolWorker.one-main-0123';
const OTHER = 'launcher1-PoolWorker.two-main-4567';
const REQUEST = '100-0000000001';
const NODE = '0000000007';
const BUILD = 'b'.repeat(32);
const BUILT = `/nodepool/images/image/builds/${BUILD}`;
const UPLOADED = `${BUILT}/providers/one/images/0000000001`;

const provider = { maxConcurrency: Infinity, launchRetries: 2, ignoreQuota: false, absent: false };
const DRAFT: Draft = {
  labels: [{ name: 'small', image: 'image', minReady: 1, maxReadyAge: 0, absent: false }],
  providers: ['one', 'two'].map((name) => ({
    ...{ ...provider, name, cloud: `cloud-${name}` },
    pools: [{ name: 'main', labels: ['small'], maxServers: 4, priority: 100 }],
  })),
  maxHoldAge: 600,
  rebuildAge: 1000,
  tenantInstances: 3,
};

/** Two pools, a request that nobody serves, a node that somebody uses, an image that is ready everywhere: all has been so for long. */
async function aQuietWorld(): Promise<{ readonly world: World; readonly speaker: SimProcess }> {
  const world = new World(1, [whatHappensIsRemembered, imagesAreBuiltWhenDue], 0);
  const at = world.clock.now();
  const put = (path: string, record: object): void =>
    world.tree.put(path, JSON.stringify({ state_time: at, ...record }));
  world.configs.push({ at: 0, config: configOf(DRAFT) });
  put(`/nodepool/launchers/${POOL}`, { id: POOL });
  put(`/nodepool/launchers/${OTHER}`, { id: OTHER });
  put(`/nodepool/requests/${REQUEST}`, { state: 'requested', node_types: ['small'], requestor: 'zuul' });
  put(`/nodepool/nodes/${NODE}`, {
    state: 'in-use',
    provider: 'one',
    pool: 'main',
    type: ['small'],
    allocated_to: 'x',
  });
  put(BUILT, { state: 'ready', formats: ['qcow2'] });
  put(UPLOADED, { state: 'ready', external_id: 'abc' });
  const speaker = world.process('launcher0.1', 'launcher');
  await world.clock.advance(100);
  return { world, speaker };
}

type About = DecisionSubject['kind'];
type Lie = readonly [about: About, verdict: string, reason: Reason];

const held = { provider: 'one', problem: 'no', since: 1_700_000_000, refusals: 1, nextProbe: null };
const quota = { resource: 'instances', used: 3, limit: 4, need: 2 };
const sure = { verdict: 'wait', pool: 'one/main', label: 'small', image: 'image', provider: 'one' };
const { pool, label, image } = sure;

/** What is said of them is false in a quiet world. */
const LIES: { readonly [Code in Reason['code']]: Lie } = {
  POOL_DISABLED: ['request', 'decline', { code: 'POOL_DISABLED', pool, maxServers: 0 }],
  LABEL_UNKNOWN: ['request', 'decline', { code: 'LABEL_UNKNOWN', pool, label }],
  LABEL_BROKEN: ['request', 'decline', { code: 'LABEL_BROKEN', pool, label, problem: 'no flavor' }],
  IMAGE_NOT_READY: ['request', 'decline', { code: 'IMAGE_NOT_READY', pool, label, image }],
  PROVIDER_NOT_READY: ['request', 'wait', { code: 'PROVIDER_NOT_READY', provider: 'two', problem: 'it is starting' }],
  REQUEST_OVER_POOL: ['request', 'decline', { code: 'REQUEST_OVER_POOL', owner: pool, ...quota, used: 0, need: 5 }],
  REQUEST_OVER_PROVIDER: [
    'request',
    'decline',
    { code: 'REQUEST_OVER_PROVIDER', owner: 'one', ...quota, used: 0, limit: 0, need: 1 },
  ],
  QUOTA_POOL: ['request', 'wait', { code: 'QUOTA_POOL', owner: pool, ...quota, used: 4, need: 1 }],
  QUOTA_PROVIDER: ['request', 'wait', { code: 'QUOTA_PROVIDER', owner: 'one', ...quota, used: 9, need: 1 }],
  QUOTA_TENANT: ['request', 'wait', { code: 'QUOTA_TENANT', owner: 'tenant1', ...quota, limit: 3, need: 1 }],
  MIN_READY_AT_CAPACITY: ['request', 'decline', { code: 'MIN_READY_AT_CAPACITY', pool }],
  MAX_CONCURRENCY: ['request', 'wait', { code: 'MAX_CONCURRENCY', provider: 'one', active: 5, limit: Infinity }],
  CONCURRENCY_DISABLED: ['request', 'decline', { code: 'CONCURRENCY_DISABLED', provider: 'one' }],
  YIELD_WISHED_PROVIDER: ['request', 'yield', { code: 'YIELD_WISHED_PROVIDER', provider: 'two' }],
  YIELD_PRIORITY: ['request', 'yield', { code: 'YIELD_PRIORITY', pool: OTHER, priority: 50, own: 100 }],
  YIELD_CAPABLE_POOL: ['request', 'yield', { code: 'YIELD_CAPABLE_POOL', label, pool: OTHER }],
  OTHERS_WAIT_FIRST: ['request', 'wait', { code: 'OTHERS_WAIT_FIRST', pool, waiting: 2 }],
  ALREADY_DECLINED: ['request', 'decline', { code: 'ALREADY_DECLINED', launcher: POOL }],
  NOT_REQUESTED: ['request', 'ignore', { code: 'NOT_REQUESTED', state: 'pending' }],
  NO_FREE_MACHINE: ['request', 'wait', { code: 'NO_FREE_MACHINE', pool, labels: [label] }],
  REQUEST_OVER_MACHINES: [
    'request',
    'decline',
    { code: 'REQUEST_OVER_MACHINES', pool, labels: [label], need: 1, slots: 0 },
  ],
  REQUEST_LOCKED: ['request', 'wait', { code: 'REQUEST_LOCKED' }],
  REGISTRY_INCOMPLETE: ['request', 'wait', { code: 'REGISTRY_INCOMPLETE' }],
  LAUNCH_FAILED: ['request', 'decline', { code: 'LAUNCH_FAILED', node: NODE, attempts: 2, problem: 'no' }],
  CLOUD_QUOTA: ['request', 'wait', { code: 'CLOUD_QUOTA', provider: 'one', problem: 'no' }],
  CLOUD_CAPACITY: ['request', 'wait', { code: 'CLOUD_CAPACITY', zone: null, underway: 0, waiting: 1, ...held }],
  CLOUD_RATE: ['request', 'wait', { code: 'CLOUD_RATE', underway: 1, waiting: 1, ...held }],
  CLOUD_SILENT: ['request', 'wait', { code: 'CLOUD_SILENT', underway: 1, waiting: 1, ...held }],
  HANDLER_ERROR: ['request', 'decline', { code: 'HANDLER_ERROR', problem: 'TypeError' }],
  SERVEABLE: ['request', 'fulfilled', { code: 'SERVEABLE', pool }],
  FINISHED: ['node', 'delete', { code: 'FINISHED', state: 'used' }],
  OWNER_GONE: ['node', 'delete', { code: 'OWNER_GONE', state: 'building' }],
  REQUEST_GONE: ['node', 'free', { code: 'REQUEST_GONE', request: REQUEST }],
  READY_TOO_OLD: ['node', 'delete', { code: 'READY_TOO_OLD', age: 100, limit: 60 }],
  HELD_TOO_LONG: ['node', 'delete', { code: 'HELD_TOO_LONG', age: 900, limit: 600 }],
  FOREIGN_PROVIDER: ['node', 'keep', { code: 'FOREIGN_PROVIDER', provider: 'two' }],
  LEASED: ['node', 'keep', { code: 'LEASED', lease: 'mine', left: 10 }],
  IN_SERVICE: ['node', 'keep', { code: 'IN_SERVICE', state: 'ready' }],
  MACHINE_NOT_CONFIGURED: ['node', 'withdraw', { code: 'MACHINE_NOT_CONFIGURED', machine: 'm' }],
  MORE_NODES_THAN_SLOTS: ['node', 'withdraw', { code: 'MORE_NODES_THAN_SLOTS', machine: 'm', nodes: 2, slots: 1 }],
  MACHINE_UNFIT: ['node', 'withdraw', { code: 'MACHINE_UNFIT', machine: 'm', problem: 'no' }],
  LAUNCHING: ['node', 'launch', { code: 'LAUNCHING', attempt: 2, attempts: 2 }],
  LAUNCH_ATTEMPT_FAILED: ['node', 'retry', { code: 'LAUNCH_ATTEMPT_FAILED', attempt: 1, attempts: 2, problem: 'no' }],
  LAUNCHED: ['node', 'ready', { code: 'LAUNCHED', attempt: 1, seconds: 500 }],
  DELETE_FAILED: ['node', 'retry', { code: 'DELETE_FAILED', problem: 'no' }],
  MIN_READY_MET: ['label', 'keep', { code: 'MIN_READY_MET', label, ready: 1, wanted: 1 }],
  MIN_READY_UNDERWAY: ['label', 'ask', { code: 'MIN_READY_UNDERWAY', label, ready: 0, underway: 1, wanted: 0 }],
  MIN_READY_BACKOFF: ['label', 'wait', { code: 'MIN_READY_BACKOFF', label, missing: 1, until: 1_700_000_110 }],
  NOT_ELECTED: ['label', 'stand-by', { code: 'NOT_ELECTED', label: 'big' }],
  LABEL_NOT_OFFERED: ['label', 'wait', { code: 'LABEL_NOT_OFFERED', label }],
  IMAGE_PAUSED: ['image', 'wait', { code: 'IMAGE_PAUSED', image, by: 'operator' }],
  NO_FORMATS: ['image', 'wait', { code: 'NO_FORMATS', image }],
  NO_READY_BUILD: ['image', 'build', { code: 'NO_READY_BUILD', image }],
  BUILD_FRESH: ['image', 'wait', { code: 'BUILD_FRESH', image, build: BUILD, age: 5, rebuildAge: 1000 }],
  BUILD_OLD: ['image', 'build', { code: 'BUILD_OLD', image, build: BUILD, age: 1500, rebuildAge: 1000 }],
  BUILD_REQUESTED: ['image', 'build', { code: 'BUILD_REQUESTED', image, since: 1_700_000_000 }],
  FORMAT_MISSING: ['image', 'build', { code: 'FORMAT_MISSING', image, build: BUILD, formats: [] }],
  IN_PROGRESS: ['image', 'wait', { code: 'IN_PROGRESS', subject: image }],
  BACKOFF: ['image', 'wait', { code: 'BACKOFF', subject: image, until: 1_700_000_105, failures: 1, problem: 'no' }],
  DISK_FULL: ['image', 'wait', { code: 'DISK_FULL', free: 1, need: 2 }],
  PROVIDER_PAUSED: ['image', 'wait', { code: 'PROVIDER_PAUSED', provider: 'one', image }],
  NO_LOCAL_FILES: ['image', 'wait', { code: 'NO_LOCAL_FILES', image: 'another', build: BUILD }],
  UPLOAD_EXISTS: ['image', 'wait', { code: 'UPLOAD_EXISTS', provider: 'two', build: BUILD, upload: '0000000001' }],
  UPLOAD_MISSING: ['image', 'upload', { code: 'UPLOAD_MISSING', provider: 'one', image, build: BUILD }],
  IMAGE_NOT_CONFIGURED: ['image', 'delete', { code: 'IMAGE_NOT_CONFIGURED', image }],
  IMAGE_NOT_IN_PROVIDER: ['image', 'delete', { code: 'IMAGE_NOT_IN_PROVIDER', image, provider: 'one' }],
  SUPERSEDED: ['image', 'delete', { code: 'SUPERSEDED', image, kept: [] }],
  FAILED_BEFORE: ['image', 'delete', { code: 'FAILED_BEFORE' }],
  DELETION_ORDERED: ['image', 'delete', { code: 'DELETION_ORDERED' }],
  MAKER_GONE: ['image', 'delete', { code: 'MAKER_GONE' }],
  NO_RECORD: ['image', 'delete', { code: 'NO_RECORD' }],
  UPLOADED_EVERYWHERE: ['image', 'delete', { code: 'UPLOADED_EVERYWHERE', format: 'qcow2' }],
};

const ABOUT: Readonly<Record<About, readonly [id: string, decider: string]>> = {
  request: [REQUEST, POOL],
  node: [NODE, POOL],
  label: ['small', 'launcher0-MinReady'],
  image: ['image', 'launcher0'],
};

describe('the judges of reasons', () => {
  it.each(Object.entries(LIES))('find a false %s', async (code, [kind, verdict, reason]) => {
    const { world, speaker } = await aQuietWorld();
    const [id, decider] = ABOUT[kind];
    const decision = { verdict, because: [reason] };
    judgeEntry({ subject: { kind, id, decider }, decision, since: 0 }, speaker, world);
    expect(world.chronicle.violation?.rule).toBe('every reason is true');
    expect(world.chronicle.violation?.detail).toContain(`"code":"${code}"`);
  });
});
