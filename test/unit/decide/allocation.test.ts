import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AllocationInput } from '../../../src/domain/decide/allocation-state.js';
import type { Allocation } from '../../../src/domain/decide/allocation.js';
import { allocate } from '../../../src/domain/decide/allocation.js';
import { makeRoom } from '../../../src/domain/decide/make-room.js';
import { aNode, aPool, aProvider, stored } from '../../support/builders.js';

const ONE = { instances: 1, cores: 4, ram: 8192 };

function allocated(change: Partial<AllocationInput> = {}): Allocation {
  return allocate({
    pool: aPool(),
    provider: aProvider(),
    needed: ['small'],
    reuse: true,
    az: undefined,
    free: [],
    poolUsed: {},
    providerUsed: {},
    providerAvailable: null,
    resourcesOf: () => ONE,
    activeLaunches: 0,
    zones: [],
    random: 0,
    fixed: false,
    tenant: null,
    holdOff: [],
    creates: () => ({ allowed: Infinity, because: () => [] }),
    ...change,
  });
}

describe('allocating nodes to a request', () => {
  it('[LAUNCHER 65] hands out a free node before making one', () => {
    const plan = allocated({ needed: ['small', 'small'], free: [stored('0000000001', aNode({ az: null }))] });
    expect(plan.steps).toEqual([
      { kind: 'reuse', label: 'small', node: '0000000001', az: null },
      { kind: 'create', label: 'small', az: null, resources: ONE },
    ]);
  });

  it('[LAUNCHER 66] always makes one when the client does not want used ones', () => {
    const plan = allocated({ reuse: false, free: [stored('0000000001', aNode())] });
    expect(plan.steps.map((step) => step.kind)).toEqual(['create']);
  });

  it('waits when the limits of its tenant are used up, although the pool has room', () => {
    const plan = allocated({ tenant: { name: 'acme', limit: { instances: 1 }, used: { instances: 1 } } });
    expect(plan).toMatchObject({ steps: [], waiting: ['small'], because: [{ code: 'QUOTA_TENANT', owner: 'acme' }] });
  });

  it('[LAUNCHER 69] takes a node for any of its labels', () => {
    const plan = allocated({ needed: ['big'], free: [stored('0000000001', aNode({ type: ['small', 'big'] }))] });
    expect(plan.steps[0]).toMatchObject({ kind: 'reuse', label: 'big' });
  });

  it('[LAUNCHER 71] keeps to one zone, that of the first node taken', () => {
    const free = [stored('0000000001', aNode({ az: 'az2' })), stored('0000000002', aNode({ az: 'az1' }))];
    const plan = allocated({ needed: ['small', 'small', 'small'], free, zones: ['az1', 'az2'] });
    expect(plan.steps.map((step) => [step.kind, step.az])).toEqual([
      ['reuse', 'az2'],
      ['create', 'az2'],
      ['create', 'az2'],
    ]);
  });

  it('chooses a zone by the random, and none where the cloud has none', () => {
    expect(allocated({ zones: ['az1', 'az2'], random: 0.6 }).steps[0]?.az).toBe('az2');
    expect(allocated({ zones: [] }).steps[0]?.az).toBeNull();
  });

  it('[LAUNCHER 73] makes what fits and waits for the rest, with the numbers', () => {
    const plan = allocated({ needed: ['small', 'small'], pool: aPool({ maxServers: 2 }), poolUsed: { instances: 1 } });
    expect(plan.steps).toHaveLength(1);
    expect(plan.waiting).toEqual(['small']);
    expect(plan.because).toEqual([
      { code: 'QUOTA_POOL', owner: 'cloud/main', resource: 'instances', used: 2, limit: 2, need: 1 },
    ]);
  });

  it('creates nothing while the cloud says that its quota is used up', () => {
    const holdOff = [{ code: 'CLOUD_QUOTA' as const, provider: 'cloud', problem: 'Quota exceeded' }];
    expect(allocated({ holdOff })).toEqual({ steps: [], waiting: ['small'], because: holdOff });
  });

  it('[LAUNCHER 55] starts no more launches than max-concurrency, also within one request', () => {
    const plan = allocated({ needed: ['small', 'small'], provider: aProvider({ maxConcurrency: 1 }) });
    expect(plan.steps).toHaveLength(1);
    expect(plan.because.map((reason) => reason.code)).toEqual(['MAX_CONCURRENCY']);
  });

  it('counts what it has planned for the tenant itself, free nodes and new ones', () => {
    const plan = allocated({
      needed: ['small', 'small', 'small', 'small'],
      free: [stored('0000000001', aNode({ az: null, tenantName: null }))],
      tenant: { name: 'team', limit: { instances: 4 }, used: { instances: 1 } },
    });
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['reuse', 'create', 'create']);
    expect(plan.because).toEqual([
      { code: 'QUOTA_TENANT', owner: 'team', resource: 'instances', used: 4, limit: 4, need: 1 },
    ]);
  });

  it("counts a free node that is the tenant's already only once", () => {
    const plan = allocated({
      needed: ['small', 'small'],
      free: [stored('0000000001', aNode({ az: null, tenantName: 'team' }))],
      tenant: { name: 'team', limit: { instances: 2 }, used: { instances: 1 } },
    });
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['reuse', 'create']);
  });

  it('never plans beyond a limit, never uses a node twice, never mixes zones (any input)', () => {
    const zone = fc.constantFrom('az1', 'az2');
    const arbitrary = fc.record({
      count: fc.integer({ min: 1, max: 8 }),
      free: fc.array(zone, { maxLength: 6 }),
      limit: fc.integer({ min: 0, max: 10 }),
      used: fc.integer({ min: 0, max: 10 }),
      available: fc.integer({ min: 0, max: 40 }),
      concurrency: fc.integer({ min: 1, max: 5 }),
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    fc.assert(
      fc.property(arbitrary, ({ count, free, limit, used, available, concurrency, random }) => {
        const plan = allocated({
          needed: Array.from({ length: count }, () => 'small'),
          free: free.map((az, index) => stored(`n${index}`, aNode({ az }))),
          pool: aPool({ maxServers: limit }),
          poolUsed: { instances: used },
          providerAvailable: { cores: available },
          provider: aProvider({ maxConcurrency: concurrency }),
          zones: ['az1', 'az2'],
          random,
        });
        const created = plan.steps.filter((step) => step.kind === 'create').length;
        const reused = plan.steps.flatMap((step) => (step.kind === 'reuse' ? [step.node] : []));
        expect(created === 0 || used + created <= limit).toBe(true);
        expect(created * ONE.cores).toBeLessThanOrEqual(Math.max(available, 0));
        expect(created).toBeLessThanOrEqual(concurrency);
        expect(new Set(reused).size).toBe(reused.length);
        expect(new Set(plan.steps.map((step) => step.az)).size).toBeLessThanOrEqual(1);
        expect(plan.steps.length + plan.waiting.length).toBe(count);
        expect(plan.waiting.length > 0).toBe(plan.because.length > 0);
      }),
    );
  });
});

describe('making room', () => {
  const because = [
    { code: 'QUOTA_POOL' as const, owner: 'cloud/main', resource: 'instances', used: 2, limit: 2, need: 1 },
  ];
  const old = stored('0000000001', aNode({ stateTime: 10 }));
  const young = stored('0000000002', aNode({ stateTime: 20 }));

  it('[LAUNCHER 74] gives up the oldest unused node', () => {
    expect(makeRoom({ because, leaving: 0, unused: [young, old] })).toMatchObject({ verdict: 'delete', node: old.id });
  });

  it('[LAUNCHER 74] gives up none while another is on its way out', () => {
    expect(makeRoom({ because, leaving: 1, unused: [old] }).verdict).toBe('keep');
  });

  it('gives up none when the wait is not for quota', () => {
    const busy = [{ code: 'MAX_CONCURRENCY' as const, provider: 'cloud', active: 1, limit: 1 }];
    expect(makeRoom({ because: busy, leaving: 0, unused: [old] }).verdict).toBe('keep');
  });
});
