import type { Opinion, PoolFacts, RequestFacts } from './explanation.js';

/** What becomes of a request that waits: `never` unless a registered pool changes its mind or another one registers. */
export interface Outlook {
  readonly verdict: 'underway' | 'not-yet' | 'never';
  /** In words: what it waits for; for `never` why each registered pool cannot serve it. Never empty. */
  readonly because: readonly string[];
}

/** Null when the request is at its end already. @param opinions of the pools, by their launcher ids */
export function requestOutlook(request: RequestFacts, opinions: readonly Opinion[]): Outlook | null {
  if (request.state !== 'requested' && request.state !== 'pending') return null;
  const { pools } = request;
  if (pools.length === 0) return { verdict: 'never', because: ['no pool is registered: is a launcher running?'] };
  const saidOf = (pool: PoolFacts): Opinion | undefined => opinions.find(({ decider }) => decider === pool.id);
  const able = pools.filter((pool) => obstacle(request, pool) === null);
  if (able.length === 0) return { verdict: 'never', because: pools.map((pool) => whyNot(request, pool, saidOf(pool))) };
  const working = able.filter((pool) => saidOf(pool)?.verdict === 'accept');
  if (working.length > 0) return { verdict: 'underway', because: working.map((pool) => `${name(pool)} serves it`) };
  return { verdict: 'not-yet', because: able.map((pool) => whatHelps(pool, saidOf(pool))) };
}

function obstacle(request: RequestFacts, pool: PoolFacts): string | null {
  if (pool.missingLabels.length > 0) return `does not offer ${pool.missingLabels.join(', ')}`;
  if (request.provider !== null && request.provider !== pool.provider)
    return `is not in provider ${request.provider}, which the request asks for`;
  return pool.declined ? 'has declined' : null;
}

/** Of a pool that has declined its own reasons say more than the record, as long as they are remembered. */
function whyNot(request: RequestFacts, pool: PoolFacts, opinion: Opinion | undefined): string {
  const reasons = pool.declined && opinion?.verdict === 'decline' ? opinion.reasons.map(({ text }) => text) : [];
  const words = obstacle(request, pool) ?? '';
  return `${name(pool)} ${words}${reasons.length > 0 ? `: ${reasons.join(', ')}` : ''}`;
}

function whatHelps(pool: PoolFacts, opinion: Opinion | undefined): string {
  const help = opinion?.reasons.map(({ unblock }) => unblock) ?? [];
  return help.length > 0 ? `in ${name(pool)}: ${help.join(', and ')}` : `${name(pool)} has looked at it`;
}

function name({ provider, pool, id }: PoolFacts): string {
  return pool === null ? id : `${provider}/${pool}`;
}
