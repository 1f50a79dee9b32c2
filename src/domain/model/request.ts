/** A node request: a client's wish for nodes of certain labels, all from one provider (spec LAUNCHER 1.6, 1.7). */
export type RequestId = string;

export const REQUEST_STATES = ['requested', 'pending', 'fulfilled', 'failed'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

export interface NodeRequest {
  readonly state: RequestState;
  readonly stateTime: number;
  readonly createdTime: number | null;
  /** Ids of the launcher pools that declined; foreign ids stay. */
  readonly declinedBy: readonly string[];
  /** Labels, duplicates allowed; the order is the order of `nodes`. */
  readonly nodeTypes: readonly string[];
  /** Node ids; non-empty only together with state fulfilled. */
  readonly nodes: readonly string[];
  readonly reuse: boolean;
  readonly requestor: string | null;
  /** A wish for one provider by name. */
  readonly provider: string | null;
  /** Lower is served first among requests of equal priority. */
  readonly relativePriority: number;
  readonly requestorData: unknown;
  readonly eventId: string | null;
  readonly tenantName: string | null;
  readonly extra: Readonly<Record<string, unknown>>;
}

export const REQUEST_DEFAULTS: Omit<NodeRequest, 'state' | 'stateTime'> = {
  createdTime: null,
  declinedBy: [],
  nodeTypes: [],
  nodes: [],
  reuse: true,
  requestor: null,
  provider: null,
  relativePriority: 0,
  requestorData: null,
  eventId: null,
  tenantName: null,
  extra: {},
};

export const MIN_READY_REQUESTOR = 'NodePool:min-ready';
/** Did a launcher ask for it itself, to keep nodes ready? */
/** Nobody has served or declined it for good. */
export function isWaiting({ state }: Pick<NodeRequest, 'state'>): boolean {
  return state === 'requested' || state === 'pending';
}

export function isMinReady({ requestor }: Pick<NodeRequest, 'requestor'>): boolean {
  return requestor === MIN_READY_REQUESTOR;
}

export const MIN_READY_PRIORITY = '900';

/** Seconds that a client may take from creating its request until it hears of changes. */
export const LATE_WATCH = 1;

/**
 * Does the client set its watch only after it has created the request, and never look at it by itself, as the Jenkins plug-in does?
 * It would not learn of an answer that is faster.
 */
export function watchesLate({ extra }: Pick<NodeRequest, 'extra'>): boolean {
  return 'jenkins_label' in extra || 'build_id' in extra;
}

/** `<priority>-<sequence>`: exactly one dash, else the id is not a request's (spec LAUNCHER 1.3, weakness 30). */
export function parseRequestId(id: RequestId): { readonly priority: string; readonly sequence: string } | undefined {
  const parts = id.split('-');
  const [priority, sequence] = parts;
  if (parts.length !== 2 || !priority || !sequence || !/^\d{10}$/.test(sequence)) return undefined;
  return { priority, sequence };
}
