/**
 * A node: one single-use machine, from the moment a launcher writes its record until the record is gone.
 *
 * Field names are ours; the wire names are in `adapters/records/node-codec.ts`. All times are seconds since the epoch,
 * all durations seconds (spec LAUNCHER 1.6).
 */
import type { Resources } from './quota.js';

export type NodeId = string;

export const NODE_STATES = [
  'init',
  'building',
  'testing',
  'ready',
  'in-use',
  'used',
  'hold',
  'deleting',
  'deleted',
  'failed',
  'aborted',
] as const;
export type NodeState = (typeof NODE_STATES)[number];

export interface Node {
  readonly state: NodeState;
  readonly stateTime: number;
  readonly createdTime: number | null;
  readonly cloud: string | null;
  readonly provider: string | null;
  readonly pool: string | null;
  /** The labels this node satisfies; one for cloud nodes, all of its labels for a static node. */
  readonly type: readonly string[];
  /** Request id, or null while the node is free. */
  readonly allocatedTo: string | null;
  readonly az: string | null;
  readonly region: string | null;
  readonly publicIpv4: string | null;
  readonly privateIpv4: string | null;
  readonly publicIpv6: string | null;
  readonly hostId: string | null;
  /** The address clients connect to. */
  readonly interfaceIp: string | null;
  /** A port number; Kubernetes-like drivers keep an object with credentials here: never print it. */
  readonly connectionPort: number | Readonly<Record<string, unknown>>;
  readonly connectionType: string | null;
  readonly shellType: string | null;
  readonly pythonPath: string | null;
  /** The record path of the upload (disk images) or the configured cloud image's name. */
  readonly imageId: string | null;
  readonly launcher: string | null;
  readonly externalId: string | null;
  readonly hostname: string | null;
  readonly comment: string | null;
  readonly holdJob: string | null;
  /** Seconds a held node is kept; null or 0: no limit of its own. */
  readonly holdExpiration: number | null;
  readonly username: string | null;
  readonly hostKeys: readonly string[];
  readonly resources: Resources | null;
  readonly attributes: Readonly<Record<string, unknown>> | null;
  readonly slot: number | null;
  readonly tenantName: string | null;
  readonly requestor: string | null;
  readonly userData: unknown;
  readonly driverData: unknown;
  /** Keys of foreign writers that we do not know; they survive every write of ours. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export const NODE_DEFAULTS: Omit<Node, 'state' | 'stateTime'> = {
  createdTime: null,
  cloud: null,
  provider: null,
  pool: null,
  type: [],
  allocatedTo: null,
  az: null,
  region: null,
  publicIpv4: null,
  privateIpv4: null,
  publicIpv6: null,
  hostId: null,
  interfaceIp: null,
  connectionPort: 22,
  connectionType: null,
  shellType: null,
  pythonPath: null,
  imageId: null,
  launcher: null,
  externalId: null,
  hostname: null,
  comment: null,
  holdJob: null,
  holdExpiration: null,
  username: 'zuul',
  hostKeys: [],
  resources: null,
  attributes: null,
  slot: null,
  tenantName: null,
  requestor: null,
  userData: null,
  driverData: null,
  extra: {},
};
