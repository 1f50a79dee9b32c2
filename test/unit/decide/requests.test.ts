import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { declined } from '../../../src/domain/decide/decline.js';
import { countMinReady } from '../../../src/domain/decide/min-ready.js';
import { orderRequests } from '../../../src/domain/decide/request-order.js';
import { formatHostname, instanceMetadata } from '../../../src/domain/decide/instance-metadata.js';
import { currentUpload } from '../../../src/domain/decide/current-image.js';
import { IllegalTransitionError } from '../../../src/domain/lifecycle/transition.js';
import { assertNodeTransition } from '../../../src/domain/lifecycle/node-lifecycle.js';
import { assertRequestTransition } from '../../../src/domain/lifecycle/request-lifecycle.js';
import { MIN_READY_REQUESTOR, parseRequestId } from '../../../src/domain/model/request.js';
import { aNode, aRegisteredPool, aRequest, stored } from '../../support/builders.js';

describe('the order of requests', () => {
  const labels = new Set(['small']);
  const ids = (requests: Parameters<typeof orderRequests>[0]): readonly string[] =>
    orderRequests(requests, labels).map((request) => request.id);

  it('[LAUNCHER 40] goes by priority, then by age', () => {
    const requests = ['300-0000000001', '100-0000000002', '200-0000000003', '100-0000000004'];
    expect(ids(requests.map((id) => stored(id, aRequest())))).toEqual([
      '100-0000000002',
      '100-0000000004',
      '200-0000000003',
      '300-0000000001',
    ]);
  });

  it('[LAUNCHER 41] goes by relative priority within one priority', () => {
    const requests = [
      stored('200-0000000001', aRequest({ relativePriority: 5 })),
      stored('200-0000000002', aRequest({ relativePriority: 0 })),
      stored('200-0000000003', aRequest({ relativePriority: 0 })),
    ];
    expect(ids(requests)).toEqual(['200-0000000002', '200-0000000003', '200-0000000001']);
  });

  it('[LAUNCHER 42] puts what the pool lacks behind what it can serve', () => {
    const requests = [
      stored('100-0000000001', aRequest({ nodeTypes: ['unknown'] })),
      stored('900-0000000002', aRequest()),
    ];
    expect(ids(requests)).toEqual(['900-0000000002', '100-0000000001']);
  });

  it('[LAUNCHER 21] understands exactly one dash', () => {
    expect(parseRequestId('200-0000000041')).toEqual({ priority: '200', sequence: '0000000041' });
    for (const id of ['0000000041', '200-1-0000000041', '200-', '-0000000041', '200-41']) {
      expect(parseRequestId(id)).toBeUndefined();
    }
  });

  it('does not depend on the order in which requests are found', () => {
    const request = fc.record({
      priority: fc.constantFrom('100', '200', '900'),
      relativePriority: fc.integer({ min: 0, max: 3 }),
      label: fc.constantFrom('small', 'unknown'),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (all, dice) => {
        const requests = all.map(({ priority, relativePriority, label }, index) =>
          stored(`${priority}-${String(index).padStart(10, '0')}`, aRequest({ relativePriority, nodeTypes: [label] })),
        );
        const shuffled = requests.map((value) => ({ value, key: dice.next().value as number }));
        shuffled.sort((a, b) => a.key - b.key);
        expect(ids(shuffled.map(({ value }) => value))).toEqual(ids(requests));
      }),
    );
  });
});

describe('declining', () => {
  const pools = [aRegisteredPool('a'), aRegisteredPool('b')];

  it('[LAUNCHER 60] fails a request once everybody registered has declined', () => {
    const registry = { complete: true, pools };
    expect(declined(aRequest(), 'a', registry)).toEqual({ state: 'requested', declinedBy: ['a'], nodes: [] });
    expect(declined(aRequest({ declinedBy: ['gone', 'a'] }), 'b', registry)).toEqual({
      state: 'failed',
      declinedBy: ['gone', 'a', 'b'],
      nodes: [],
    });
  });

  it('[LAUNCHER 59] names each decliner once', () => {
    expect(declined(aRequest({ declinedBy: ['a'] }), 'a', { complete: true, pools }).declinedBy).toEqual(['a']);
  });

  it('[LAUNCHER 61] fails nothing while the registry is incomplete', () => {
    expect(declined(aRequest(), 'a', { complete: false, pools: [] }).state).toBe('requested');
  });
});

describe('min-ready', () => {
  const label = { name: 'small', minReady: 3, maxReadyAge: 0 };
  const requestExists = (id: string): boolean => id === 'r';
  const own = (state: 'requested' | 'fulfilled' | 'failed'): ReturnType<typeof aRequest> =>
    aRequest({ requestor: MIN_READY_REQUESTOR, state });

  it('counts free ready nodes and requests under way, whoever made them', () => {
    const nodes = [
      stored('1', aNode()),
      stored('2', aNode({ allocatedTo: 'r' })),
      stored('3', aNode({ state: 'used' })),
    ];
    const count = (requests: readonly ReturnType<typeof own>[]): number =>
      countMinReady({ label, nodes, requests: requests.map((each) => stored('900-1', each)), requestExists }).missing;
    expect(count([])).toBe(2);
    expect(count([own('requested')])).toBe(1);
    expect(count([own('failed')])).toBe(2);
    expect(count([aRequest()])).toBe(2);
  });

  it('counts ready nodes of requests that are gone, for they are free in a moment', () => {
    const nodes = [stored('1', aNode({ allocatedTo: 'gone' })), stored('2', aNode({ allocatedTo: 'r' }))];
    expect(countMinReady({ label, nodes, requests: [], requestExists })).toEqual({ ready: 0, underway: 1, missing: 2 });
  });

  it.each([0, -1])('wants nothing with min-ready %i', (minReady) => {
    expect(countMinReady({ label: { ...label, minReady }, nodes: [], requests: [], requestExists }).missing).toBe(0);
  });
});

describe('small rules', () => {
  it('[LAUNCHER 92] marks an instance with the keys of both eras, which users cannot override', () => {
    const metadata = instanceMetadata({
      nodeId: '0000000007',
      pool: 'main',
      provider: 'cloud',
      label: 'small',
      image: 'debian',
      installation: 'us',
      instanceProperties: { owner: 'me', nodepool_node_id: 'forged' },
    });
    expect(metadata).toEqual({
      groups: 'cloud,debian,small',
      owner: 'me',
      nodepool_node_id: '0000000007',
      nodepool_pool_name: 'main',
      nodepool_provider_name: 'cloud',
      nodepool_image_name: 'debian',
      nodepool_node_label: 'small',
      nodepool_installation_id: 'us',
    });
  });

  it('makes host names from the format', () => {
    const values = { label: 'small', provider: 'cloud', nodeId: '0000000007' };
    expect(formatHostname('np-{label.name}-{provider.name}-{node.id}', values)).toBe('np-small-cloud-0000000007');
  });

  it('takes the newest ready upload of the provider, as far as its time can be known [CASE state_time 1e18]', () => {
    const upload = (
      id: string,
      stateTime: number,
      change = {},
    ): Parameters<typeof currentUpload>[0] extends Iterable<infer U> ? U : never => ({
      image: 'image',
      build: 'b',
      provider: 'cloud',
      upload: id,
      value: {
        state: 'ready' as const,
        stateTime,
        externalId: id,
        externalName: id,
        format: 'qcow2',
        username: 'zuul',
        pythonPath: 'auto',
        shellType: null,
        extra: {},
        ...change,
      },
    });
    const uploads = [
      upload('1', 10),
      upload('2', 20),
      upload('3', 30, { state: 'deleting' }),
      upload('4', 40, { externalId: null }),
      upload('5', 1e18),
    ];
    expect(currentUpload(uploads, 'cloud')?.upload).toBe('2');
    expect(currentUpload(uploads, 'elsewhere')).toBeUndefined();
  });

  it('knows which state may follow which', () => {
    expect(() => assertNodeTransition('init', 'building')).not.toThrow();
    expect(() => assertNodeTransition('deleted', 'ready')).toThrow(IllegalTransitionError);
    expect(() => assertRequestTransition('fulfilled', 'failed')).toThrow(
      'a request cannot go from fulfilled to failed',
    );
  });
});
