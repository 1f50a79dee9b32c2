/** Where a waiting lease stands in the queue, and how long it may take (spec leases 2). */
import type { RegisteredPool } from '../model/launcher.js';
import type { NodeRequest } from '../model/request.js';
import type { Stored } from '../model/stored.js';
import { orderRequests } from './request-order.js';

export interface LeaseQueue {
  readonly position: number;
  /** Waiting requests, leased or not, that are served before by any pool that could serve this one. */
  readonly ahead: number;
  /** How many nodes they and this one want. */
  readonly nodes: number;
}

export function queueOf(
  request: Stored<NodeRequest>,
  requests: Iterable<Stored<NodeRequest>>,
  pools: readonly RegisteredPool[],
): LeaseQueue {
  const able = pools.filter((pool) => canServe(pool, request.value));
  const waiting = [...requests].filter(({ id, value }) => id !== request.id && isWaiting(value));
  const competing = waiting.filter(({ value }) => able.some((pool) => canServe(pool, value)));
  const ordered = orderRequests([...competing, request], { has: () => true });
  const ahead = ordered.slice(
    0,
    ordered.findIndex(({ id }) => id === request.id),
  );
  const nodes = ahead.reduce((sum, { value }) => sum + value.nodeTypes.length, request.value.nodeTypes.length);
  return { position: ahead.length + 1, ahead: ahead.length, nodes };
}

function isWaiting({ state }: NodeRequest): boolean {
  return state === 'requested' || state === 'pending';
}

function canServe(pool: RegisteredPool, request: NodeRequest): boolean {
  if (request.declinedBy.includes(pool.id)) return false;
  if (request.provider !== null && request.provider !== pool.providerName) return false;
  return request.nodeTypes.every((label) => pool.supportedLabels.includes(label));
}

export interface WaitEstimate {
  readonly p50: number;
  readonly p90: number;
  readonly basis: string;
}

/** The 90 % point of the normal distribution. */
const Z90 = 1.2816;

/**
 * How long until so many nodes are given back, if that goes on as in the last hour. Givings back that come independently of each
 * other make the time a gamma distribution, whose points Wilson and Hilferty's cube comes close to.
 * @param givenBack nodes in the last hour; without any there is no estimate
 */
export function estimateWait(nodes: number, givenBack: number): WaitEstimate | null {
  if (givenBack <= 0 || nodes <= 0) return null;
  const each = 3600 / givenBack;
  const at = (z: number): number => {
    const root = 1 - 1 / (9 * nodes) + z / (3 * Math.sqrt(nodes));
    return Math.ceil(nodes * root ** 3 * each);
  };
  const basis = `${givenBack} ${givenBack === 1 ? 'node' : 'nodes'} given back in the last hour`;
  return { p50: at(0), p90: at(Z90), basis };
}

/** Median and 90 % point of what was measured, by nearest rank; null if nothing was. */
export function waitsOf(seconds: readonly number[]): { readonly p50: number; readonly p90: number } | null {
  if (seconds.length === 0) return null;
  const sorted = [...seconds].sort((a, b) => a - b);
  const at = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return Math.round(value * 1000) / 1000;
  };
  return { p50: at(0.5), p90: at(0.9) };
}
