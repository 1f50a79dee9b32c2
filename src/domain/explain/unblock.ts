import type { Reason } from './reason.js';
import { inSeconds, lookUp } from './reason-table.js';
import type { ReasonTable } from './reason-table.js';

/** What would take a reason away: what happens by itself, and what an operator can do. `now`: seconds since the epoch. */
export function unblockSentence(reason: Reason, now: number): string {
  return lookUp(UNBLOCK, reason, now);
}

const NOTHING = 'nothing stands in the way';
const BY_ITSELF = 'it goes on by itself';

function probe(r: { readonly nextProbe: number | null }, now: number): string {
  return r.nextProbe === null ? 'the probe under way succeeds' : `the probe ${inSeconds(r.nextProbe, now)} succeeds`;
}

const UNBLOCK: ReasonTable = {
  // Requests
  POOL_DISABLED: (r) => `set max-servers of pool ${r.pool} above 0`,
  LABEL_UNKNOWN: (r) => `add label ${r.label} to pool ${r.pool}, or let another pool serve the request`,
  LABEL_BROKEN: (r) => `correct label ${r.label} of pool ${r.pool}, or the cloud's flavors and images`,
  IMAGE_NOT_READY: (r) => `a ready upload of image ${r.image}; see "nodepool explain image ${r.image}"`,
  PROVIDER_NOT_READY: (r) => `provider ${r.provider} must answer; look for it in the launcher's log`,
  REQUEST_OVER_POOL: (r) => `raise the limit of ${r.resource} of pool ${r.owner} to ${r.need}, or ask for fewer nodes`,
  REQUEST_OVER_PROVIDER: (r) =>
    `raise the quota of ${r.resource} of provider ${r.owner} to ${r.need} beyond what others use, or ask for fewer nodes`,
  QUOTA_POOL: (r) => `a node of pool ${r.owner} is given back, or its limit of ${r.resource} is raised`,
  QUOTA_PROVIDER: (r) => `an instance in provider ${r.owner} is deleted, or its quota of ${r.resource} is raised`,
  QUOTA_TENANT: (r) => `a node of tenant ${r.owner} is given back, or its limit of ${r.resource} is raised`,
  MIN_READY_AT_CAPACITY: (r) => `nodes of pool ${r.pool} are given back; they are asked for again later`,
  MAX_CONCURRENCY: (r) => `a launch in provider ${r.provider} ends, or its max-concurrency is raised`,
  CONCURRENCY_DISABLED: (r) => `set max-concurrency of provider ${r.provider} above 0`,
  YIELD_WISHED_PROVIDER: (r) => `provider ${r.provider} serves the request or declines it`,
  YIELD_PRIORITY: (r) => `pool ${r.pool} serves the request, declines it, or waits for capacity itself`,
  YIELD_CAPABLE_POOL: (r) => `pool ${r.pool} serves the request or declines it`,
  OTHERS_WAIT_FIRST: (r) => `the requests before it in pool ${r.pool} get their nodes`,
  ALREADY_DECLINED: () => 'another pool serves the request; this one looks at it no more',
  NOT_REQUESTED: () => 'whoever serves the request ends with it',
  NO_FREE_MACHINE: (r) => `a machine of pool ${r.pool} is given back, or one is added to it`,
  REQUEST_OVER_MACHINES: (r) =>
    `add machines with label ${r.labels.join(', ')} to pool ${r.pool}, or ask for fewer nodes`,
  REQUEST_LOCKED: () => 'whoever holds the lock lets it go, or its session ends',
  REGISTRY_INCOMPLETE: () => `${BY_ITSELF} when all registered launchers were read, once ZooKeeper is reachable`,
  LAUNCH_FAILED: (r) => `mend the problem in the cloud; see "nodepool explain node ${r.node}" and the launcher's log`,
  CLOUD_QUOTA: (r) => `an instance in provider ${r.provider} is deleted, or the account's quota is raised`,
  CLOUD_CAPACITY: (r, now) =>
    `an instance in provider ${r.provider} is deleted, or ${probe(r, now)}; more zones or hosts help`,
  CLOUD_RATE: (r, now) => `${BY_ITSELF} when ${probe(r, now)}; a higher rate limit of the cloud helps`,
  CLOUD_SILENT: (r, now) => `the API of provider ${r.provider} answers again; it is open when ${probe(r, now)}`,
  HANDLER_ERROR: () => "look for the error in the launcher's log",
  SERVEABLE: () => NOTHING,

  // Nodes
  FINISHED: () => `${BY_ITSELF}: the node is deleted`,
  OWNER_GONE: () => `${BY_ITSELF}: the node is deleted`,
  REQUEST_GONE: () => `${BY_ITSELF}: the node is free for the next request`,
  READY_TOO_OLD: () => `${BY_ITSELF}: the node is deleted`,
  HELD_TOO_LONG: () => `${BY_ITSELF}: the node is deleted`,
  FOREIGN_PROVIDER: (r) =>
    `a launcher that has provider ${r.provider ?? '(none)'} configured takes care of the node, or "nodepool erase"`,
  LEASED: (r) => `a launcher with lease-api takes the lease over, or "nodepool lease-release ${r.lease}"`,
  IN_SERVICE: () => 'whoever uses the node gives it back, or "nodepool delete"',
  LAUNCHING: () => `${BY_ITSELF} when the cloud has made the instance, or launch-timeout passes`,
  LAUNCH_ATTEMPT_FAILED: () => 'the next attempt succeeds, or the problem in the cloud is mended',
  LAUNCHED: () => NOTHING,
  DELETE_FAILED: () => 'the cloud deletes the instance; it is tried again and again',
  MACHINE_NOT_CONFIGURED: (r) => `configure machine ${r.machine} again if it is to be offered`,
  MORE_NODES_THAN_SLOTS: (r) =>
    `raise max-parallel-jobs of machine ${r.machine}; surplus nodes are withdrawn by themselves`,
  MACHINE_UNFIT: (r) => `machine ${r.machine} answers with the configured keys; it is tried every minute at least`,

  // Labels
  MIN_READY_MET: () => NOTHING,
  MIN_READY_UNDERWAY: (r) => `the requests for label ${r.label} are served; see "nodepool request-list"`,
  MIN_READY_BACKOFF: (r, now) => `room in a pool that offers ${r.label}; the next try is ${inSeconds(r.until, now)}`,
  NOT_ELECTED: () => 'the launcher that is elected knows more; if it ends, another takes over',
  LABEL_NOT_OFFERED: (r) => `add label ${r.label} to a pool with max-servers above 0`,

  // Images
  IMAGE_PAUSED: (r) =>
    r.by === 'operator' ? `"nodepool image-unpause ${r.image}"` : `remove pause from image ${r.image} in nodepool.yaml`,
  NO_FORMATS: (r) => `name formats for image ${r.image}, or use it in a provider`,
  NO_READY_BUILD: (r) => `a build of image ${r.image} succeeds; its log is in build-log-dir`,
  BUILD_FRESH: (r) =>
    `it is built anew in ${Math.max(0, Math.ceil(r.rebuildAge - r.age))} s, or with "nodepool image-build ${r.image}"`,
  BUILD_OLD: () => `${BY_ITSELF}: it is built anew`,
  BUILD_REQUESTED: () => `${BY_ITSELF}: it is built as soon as a builder is free`,
  FORMAT_MISSING: () => `${BY_ITSELF}: it is built anew with all formats`,
  IN_PROGRESS: () => `${BY_ITSELF} when the work is done`,
  BACKOFF: (r, now) =>
    `mend the problem and order it with "nodepool image-build", or wait: it is tried ${inSeconds(r.until, now)}`,
  DISK_FULL: (r) => `free ${Math.max(0, r.need - r.free)} bytes in images-dir`,
  PROVIDER_PAUSED: (r) => `remove pause from image ${r.image} of provider ${r.provider}`,
  NO_LOCAL_FILES: () => 'the builder that made the build uploads it, or a new one is built',
  UPLOAD_EXISTS: () => NOTHING,
  UPLOAD_MISSING: () => `${BY_ITSELF}: it is uploaded`,
  IMAGE_NOT_CONFIGURED: (r) => `configure image ${r.image} again if it is to stay`,
  IMAGE_NOT_IN_PROVIDER: (r) => `add image ${r.image} to provider ${r.provider} again if it is to stay`,
  SUPERSEDED: () => `${BY_ITSELF}: it is deleted when nothing uses it any more`,
  FAILED_BEFORE: () => `${BY_ITSELF}: it is deleted`,
  DELETION_ORDERED: () => `${BY_ITSELF}: it is deleted`,
  MAKER_GONE: () => `${BY_ITSELF}: it is deleted`,
  NO_RECORD: () => `${BY_ITSELF}: it is deleted`,
  UPLOADED_EVERYWHERE: () => `${BY_ITSELF}: the file is deleted`,
};
