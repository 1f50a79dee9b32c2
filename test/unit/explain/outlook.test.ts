import { describe, expect, it } from 'vitest';
import type { Opinion, PoolFacts, RequestFacts } from '../../../src/domain/explain/explanation.js';
import { requestOutlook } from '../../../src/domain/explain/outlook.js';
import { outlookLines } from '../../../src/domain/presentation/explanation-text.js';

const pool = (change: Partial<PoolFacts> = {}): PoolFacts => ({
  id: 'host-cloud-main',
  provider: 'cloud',
  pool: 'main',
  priority: 100,
  paused: false,
  declined: false,
  missingLabels: [],
  images: [],
  nodes: [],
  ...change,
});

const request = (pools: readonly PoolFacts[], change: Partial<RequestFacts> = {}): RequestFacts => ({
  kind: 'request',
  state: 'requested',
  stateTime: 1,
  locked: false,
  nodeTypes: ['small'],
  requestor: 'zuul',
  provider: null,
  declinedBy: [],
  nodes: [],
  pools,
  ...change,
});

const opinion = (verdict: string, text: string, unblock: string, decider = 'host-cloud-main'): Opinion => ({
  decider,
  verdict,
  since: 1,
  reasons: [{ code: 'X', text, unblock, facts: {} }],
});

const lines = (facts: RequestFacts, ...opinions: readonly Opinion[]): readonly string[] =>
  outlookLines(requestOutlook(facts, opinions));

describe('what becomes of a request', () => {
  it('will be served when what a pool waits for comes about', () => {
    const other = pool({ id: 'host-cloud-spare', pool: 'spare' });
    const waits = opinion('wait', 'QUOTA_POOL', 'a node of pool main is given back');
    expect(lines(request([pool(), other]), waits)).toEqual([
      'will be served when: in cloud/main: a node of pool main is given back; or cloud/spare has looked at it',
    ]);
  });

  it('can never be served when each registered pool has declined, lacks the label or is another provider', () => {
    const pools = [
      pool({ declined: true }),
      pool({ id: 'b', pool: 'big', missingLabels: ['small'] }),
      pool({ id: 'c', provider: 'other' }),
    ];
    const declined = opinion('decline', 'REQUEST_OVER_POOL servers 3 of 2', 'ask for fewer nodes');
    expect(lines(request(pools, { provider: 'cloud' }), declined)).toEqual([
      'no registered pool can ever serve it, because: cloud/main has declined: REQUEST_OVER_POOL servers 3 of 2; ' +
        'cloud/big does not offer small; other/main is not in provider cloud, which the request asks for',
    ]);
  });

  it('does not take an old opinion of a pool that has declined since for its reason', () => {
    const waits = opinion('wait', 'QUOTA_POOL', 'a node is given back');
    expect(requestOutlook(request([pool({ declined: true })]), [waits])).toEqual({
      verdict: 'never',
      because: ['cloud/main has declined'],
    });
  });

  it('is under way as soon as one pool serves it, whatever others wait for', () => {
    const pools = [pool(), pool({ id: 'b', pool: null })];
    const opinions = [opinion('wait', 'A', 'a'), opinion('accept', 'SERVEABLE', 'nothing', 'b')];
    expect(lines(request(pools, { state: 'pending' }), ...opinions)).toEqual(['is being served: b serves it']);
  });

  it('is never while no pool is registered', () => {
    expect(requestOutlook(request([]), [])?.verdict).toBe('never');
  });

  it.each(['fulfilled', 'failed'] as const)('is nothing to ask for when it is %s', (state) => {
    expect(lines(request([pool()], { state }))).toEqual([]);
  });
});
