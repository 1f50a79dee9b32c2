/**
 * A lease: the wish for nodes, its place in the queue and, once served, the right to use them until it ends (spec leases 1, 2).
 * Times are seconds since the epoch, durations seconds.
 */
import type { NodeId } from './node.js';
import type { RequestId } from './request.js';

/** A UUID in lower case. */
export type LeaseId = string;

export const LEASE_STATES = ['waiting', 'active', 'ended'] as const;
export type LeaseState = (typeof LEASE_STATES)[number];

export const LEASE_OUTCOMES = ['released', 'cancelled', 'timed_out', 'expired', 'limit', 'failed', 'lost'] as const;
export type LeaseOutcome = (typeof LEASE_OUTCOMES)[number];

/** How the holder fared, as he says; `broken`: the machine was unusable. */
export const LEASE_VERDICTS = ['ok', 'failed', 'broken'] as const;
export type LeaseVerdict = (typeof LEASE_VERDICTS)[number];

/** A node as its holder needs it, taken down when the lease becomes active. */
export interface LeasedNode {
  readonly id: NodeId;
  /** The label that it was asked for. */
  readonly label: string;
  readonly hostname: string | null;
  readonly interfaceIp: string | null;
  readonly publicIpv4: string | null;
  readonly publicIpv6: string | null;
  readonly privateIpv4: string | null;
  readonly connectionType: string | null;
  /** Null if the driver keeps something else there than a port. */
  readonly connectionPort: number | null;
  readonly username: string | null;
  readonly hostKeys: readonly string[];
  readonly shellType: string | null;
  readonly pythonPath: string | null;
  readonly provider: string | null;
  readonly region: string | null;
  readonly az: string | null;
  /** The name of the image. */
  readonly image: string | null;
  /** The record of the upload that it was made from, or what else the driver has noted. */
  readonly imageId: string | null;
  readonly slot: number | null;
}

/** One reason of one pool, in the words of `explain request`. */
export interface LeaseCondition {
  readonly code: string;
  /** `provider/pool`, or who else decided. */
  readonly pool: string;
  readonly verdict: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly unblock: string;
  readonly since: number;
}

/** The last sign of life of the holder. `count` grows with each, so that two of the same second can be told apart. */
export interface Heartbeat {
  readonly at: number;
  /** How long it keeps the lease alive. */
  readonly ttl: number;
  readonly count: number;
}

export interface NodeLease {
  readonly state: LeaseState;
  readonly stateTime: number;
  readonly outcome: LeaseOutcome | null;
  readonly holder: string;
  readonly tenant: string;
  readonly labels: readonly string[];
  readonly purpose: string | null;
  readonly priority: number;
  /** A wish for one provider by name. */
  readonly provider: string | null;
  readonly sshKeys: readonly string[];
  readonly ttl: number;
  readonly maxDuration: number;
  /** How long it stays in the queue; null: as long as it takes. */
  readonly wait: number | null;
  readonly createdAt: number;
  readonly activeAt: number | null;
  readonly expiresAt: number | null;
  readonly endedAt: number | null;
  readonly cappedBy: 'max_duration' | null;
  readonly heartbeat: Heartbeat;
  readonly requestId: RequestId | null;
  /** Nodes that turned out broken before the lease became active. */
  readonly attempts: number;
  /** Of a lease that has failed: why. While it waits they are asked for instead. */
  readonly conditions: readonly LeaseCondition[];
  readonly nodes: readonly LeasedNode[];
  readonly verdict: LeaseVerdict | null;
  readonly note: string | null;
  /** Of the wish as it was sent: the same wish again is the same lease. */
  readonly wishDigest: string;
  /** Keys that we do not know; they survive every write of ours. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export const LEASE_DEFAULTS: Omit<NodeLease, 'state' | 'stateTime'> = {
  outcome: null,
  holder: '',
  tenant: '',
  labels: [],
  purpose: null,
  priority: 200,
  provider: null,
  sshKeys: [],
  ttl: 300,
  maxDuration: 86400,
  wait: null,
  createdAt: 0,
  activeAt: null,
  expiresAt: null,
  endedAt: null,
  cappedBy: null,
  heartbeat: { at: 0, ttl: 300, count: 0 },
  requestId: null,
  attempts: 0,
  conditions: [],
  nodes: [],
  verdict: null,
  note: null,
  wishDigest: '',
  extra: {},
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id in lower case, or undefined if it is no UUID. */
export function parseLeaseId(text: string): LeaseId | undefined {
  return UUID.test(text) ? text.toLowerCase() : undefined;
}

/** When the lease has lasted as long as it may; null while it is not active yet. */
export function endsAt({ activeAt, maxDuration }: Pick<NodeLease, 'activeAt' | 'maxDuration'>): number | null {
  return activeAt === null ? null : activeAt + maxDuration;
}

export function waitUntil({ createdAt, wait }: Pick<NodeLease, 'createdAt' | 'wait'>): number | null {
  return wait === null ? null : createdAt + wait;
}

const COMMENT = 'lease ';

/** What stands in the comment of a leased node. */
export function leaseComment(id: LeaseId): string {
  return `${COMMENT}${id}`;
}

/** The lease that a node belongs to according to its comment. */
export function leaseInComment(comment: string | null): LeaseId | undefined {
  return comment?.startsWith(COMMENT) ? parseLeaseId(comment.slice(COMMENT.length)) : undefined;
}
