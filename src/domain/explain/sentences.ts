import type { Reason } from './reason.js';
import { inSeconds, lookUp } from './reason-table.js';
import type { ReasonTable } from './reason-table.js';

/** One reason as a sentence with its numbers, the code first. `now`: seconds since the epoch. */
export function reasonSentence(reason: Reason, now: number): string {
  return `${reason.code}${lookUp(SENTENCES, reason, now)}`;
}

interface Quota {
  readonly owner: string;
  readonly resource: string;
  readonly used: number;
  readonly limit: number;
  readonly need: number;
}

/** `used 38 limit 40 need 4` stays as it is in the log, so that one search finds both. */
function quota(of: string): (reason: Quota) => string {
  return ({ owner, resource, used, limit, need }) =>
    ` ${resource} used ${used} limit ${limit} need ${need}: the limit of ${of} ${owner}`;
}

function tooBig(of: string): (reason: Quota) => string {
  return ({ owner, resource, limit, need }) =>
    ` ${resource} limit ${limit} need ${need}: the whole request can never fit into ${of} ${owner}`;
}

interface Held {
  readonly problem: string;
  readonly since: number;
  readonly refusals: number;
  readonly nextProbe: number | null;
  readonly underway: number;
  readonly waiting: number;
}

function held(what: string, r: Held, now: number): string {
  const since = Math.max(0, Math.floor(now - r.since));
  const next = r.nextProbe === null ? '' : `, next probe ${inSeconds(r.nextProbe, now)}`;
  const numbers = `refusals ${r.refusals} probes under way ${r.underway} waiting ${r.waiting}`;
  return ` ${what} for ${since} s, ${numbers}${next}: ${r.problem}`;
}

const SENTENCES: ReasonTable = {
  // Requests
  POOL_DISABLED: (r) => ` pool ${r.pool} takes no requests, its max-servers is ${r.maxServers}`,
  LABEL_UNKNOWN: (r) => ` pool ${r.pool} does not offer label ${r.label}`,
  LABEL_BROKEN: (r) => ` label ${r.label} cannot be made in pool ${r.pool}: ${r.problem}`,
  IMAGE_NOT_READY: (r) => ` image ${r.image} of label ${r.label} has no ready upload for pool ${r.pool}`,
  PROVIDER_NOT_READY: (r) => ` provider ${r.provider} cannot be used: ${r.problem}`,
  REQUEST_OVER_POOL: tooBig('pool'),
  REQUEST_OVER_PROVIDER: tooBig('provider'),
  QUOTA_POOL: quota('pool'),
  QUOTA_PROVIDER: quota('provider'),
  QUOTA_TENANT: quota('tenant'),
  MIN_READY_AT_CAPACITY: (r) => ` pool ${r.pool} is full, and nodes kept in stock do not wait for room`,
  MAX_CONCURRENCY: (r) => ` provider ${r.provider} launches ${r.active} nodes, its max-concurrency is ${r.limit}`,
  CONCURRENCY_DISABLED: (r) => ` provider ${r.provider} launches nothing, its max-concurrency is 0`,
  YIELD_WISHED_PROVIDER: (r) => ` the request wants provider ${r.provider}, which has not declined it`,
  YIELD_PRIORITY: (r) => ` pool ${r.pool} comes first, with priority ${r.priority} before ${r.own}`,
  YIELD_CAPABLE_POOL: (r) => ` label ${r.label} is missing here, pool ${r.pool} offers all labels`,
  OTHERS_WAIT_FIRST: (r) => ` ${r.waiting} requests wait for capacity in pool ${r.pool} already`,
  ALREADY_DECLINED: (r) => ` ${r.launcher} has declined the request before`,
  NOT_REQUESTED: (r) => ` the request is ${r.state}, not requested`,
  NO_FREE_MACHINE: (r) => ` pool ${r.pool} has no free machine with label ${r.labels.join(', ')}`,
  REQUEST_OVER_MACHINES: (r) =>
    ` the ${r.slots} slots of pool ${r.pool} can never serve all ${r.need} nodes of the request: no machine is left for ${r.labels.join(', ')}`,
  REQUEST_LOCKED: () => ' somebody else holds the lock of the request',
  REGISTRY_INCOMPLETE: () => ' the registered launchers are not all known yet',
  LAUNCH_FAILED: (r) => ` node ${r.node} could not be launched in ${r.attempts} attempts: ${r.problem}`,
  CLOUD_QUOTA: (r) => ` the cloud of provider ${r.provider} says that its quota is used up: ${r.problem}`,
  CLOUD_CAPACITY: (r, now) =>
    held(`provider ${r.provider} has no room${r.zone === null ? '' : ` in zone ${r.zone}`}`, r, now),
  CLOUD_RATE: (r, now) => held(`provider ${r.provider} refuses so many calls`, r, now),
  CLOUD_SILENT: (r, now) => held(`provider ${r.provider} does not answer`, r, now),
  HANDLER_ERROR: (r) => ` serving the request failed: ${r.problem}`,
  SERVEABLE: (r) => ` pool ${r.pool} has taken the request, its nodes are there or on their way`,

  // Nodes
  FINISHED: (r) => ` the node is ${r.state} and nobody holds it`,
  OWNER_GONE: (r) => ` the node is ${r.state} but whoever held it is gone`,
  REQUEST_GONE: (r) => ` request ${r.request}, which the node is allocated to, does not exist any more`,
  READY_TOO_OLD: (r) => ` ready for ${Math.floor(r.age)} s, max-ready-age is ${r.limit} s`,
  HELD_TOO_LONG: (r) => ` held for ${Math.floor(r.age)} s, allowed are ${r.limit} s`,
  FOREIGN_PROVIDER: (r) => ` provider ${r.provider ?? 'of the node, which has none,'} is not configured here`,
  LEASED: (r) => ` the node belongs to lease ${r.lease}, which nobody takes care of for at most ${Math.ceil(r.left)} s`,
  IN_SERVICE: (r) => ` the node is ${r.state}, as it should be`,
  LAUNCHING: (r) =>
    ` attempt ${r.attempt} of ${r.attempts} is under way${r.stage === undefined ? '' : ': the instance runs, its host keys are asked for'}`,
  LAUNCH_ATTEMPT_FAILED: (r) => ` attempt ${r.attempt} of ${r.attempts} failed: ${r.problem}`,
  LAUNCHED: (r) => ` ready after ${Math.round(r.seconds * 10) / 10} s in attempt ${r.attempt}`,
  DELETE_FAILED: (r) => ` the node could not be deleted: ${r.problem}`,
  MACHINE_NOT_CONFIGURED: (r) => ` machine ${r.machine} is not configured any more`,
  MORE_NODES_THAN_SLOTS: (r) => ` machine ${r.machine} has ${r.nodes} nodes, max-parallel-jobs allows ${r.slots}`,
  MACHINE_UNFIT: (r) => ` machine ${r.machine} cannot be offered: ${r.problem}`,

  // Labels
  MIN_READY_MET: (r) => ` label ${r.label} ready ${r.ready} min-ready ${r.wanted}`,
  MIN_READY_UNDERWAY: (r) => ` label ${r.label} ready ${r.ready} asked for ${r.underway} min-ready ${r.wanted}`,
  MIN_READY_BACKOFF: (r, now) =>
    ` label ${r.label} lacks ${r.missing} nodes; no pool had room, asking again ${inSeconds(r.until, now)}`,
  NOT_ELECTED: (r) => ` this launcher is not elected to keep ready nodes of label ${r.label}`,
  LABEL_NOT_OFFERED: (r) => ` no pool of this launcher's configuration launches nodes for label ${r.label}`,

  // Images
  IMAGE_PAUSED: (r) => ` image ${r.image} is paused by the ${r.by}`,
  NO_FORMATS: (r) => ` image ${r.image} has no formats: no provider uses it`,
  NO_READY_BUILD: (r) => ` image ${r.image} has no ready build`,
  BUILD_FRESH: (r) => ` build ${r.build} of ${r.image} is ${Math.floor(r.age)} s old, rebuild-age is ${r.rebuildAge} s`,
  BUILD_OLD: (r) => ` build ${r.build} of ${r.image} is ${Math.floor(r.age)} s old, rebuild-age is ${r.rebuildAge} s`,
  BUILD_REQUESTED: (r, now) => ` a build of ${r.image} was ordered ${Math.max(0, Math.floor(now - r.since))} s ago`,
  FORMAT_MISSING: (r) => ` build ${r.build} of ${r.image} lacks the format ${r.formats.join(', ')}`,
  IN_PROGRESS: (r) => ` ${r.subject} is being worked on, here or elsewhere`,
  BACKOFF: (r, now) =>
    ` ${r.subject} failed ${r.failures} times, next try ${inSeconds(r.until, now)}; last problem: ${r.problem}`,
  DISK_FULL: (r) => ` ${r.free} bytes are free in images-dir, ${r.need} are needed`,
  PROVIDER_PAUSED: (r) => ` provider ${r.provider} pauses image ${r.image}`,
  NO_LOCAL_FILES: (r) => ` the files of build ${r.build} of ${r.image} are not on this builder`,
  UPLOAD_EXISTS: (r) => ` build ${r.build} is in provider ${r.provider} as upload ${r.upload}`,
  UPLOAD_MISSING: (r) => ` build ${r.build} of ${r.image} is not in provider ${r.provider} yet`,
  IMAGE_NOT_CONFIGURED: (r) => ` image ${r.image} is not configured any more`,
  IMAGE_NOT_IN_PROVIDER: (r) => ` provider ${r.provider} does not use image ${r.image} any more`,
  SUPERSEDED: (r) => ` newer builds of ${r.image} took its place: ${r.kept.join(', ')}`,
  FAILED_BEFORE: () => ' it failed and is of no use',
  DELETION_ORDERED: () => ' its deletion was ordered, or begun earlier',
  MAKER_GONE: () => ' whoever made it is gone',
  NO_RECORD: () => ' no record knows it',
  UPLOADED_EVERYWHERE: (r) => ` format ${r.format} is uploaded everywhere and need not be kept`,
};
