/** A pass as a value: what is planned counts on nothing twice, is the same each time, and happens to nobody by being asked. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createsAllowed, breakerAfter, permissionFor, ALL_CLOSED } from '../../../src/domain/decide/circuit-breaker.js';
import type { BreakerState } from '../../../src/domain/decide/circuit-breaker.js';
import { planPass } from '../../../src/domain/decide/plan-pass.js';
import type { PlannedStep, RequestPlan } from '../../../src/domain/decide/pool-plan.js';
import type { HeldRequest, PoolSnapshot } from '../../../src/domain/decide/pool-snapshot.js';
import type { Node } from '../../../src/domain/model/node.js';
import type { NodeRequest } from '../../../src/domain/model/request.js';
import type { Stored } from '../../../src/domain/model/stored.js';
import { aNode, aPool, aProvider, aRegisteredPool, aRequest, stored } from '../../support/builders.js';

const LABELS = ['small', 'large'];
const SIZES: Readonly<Record<string, { instances: number; cores: number }>> = {
  small: { instances: 1, cores: 2 },
  large: { instances: 1, cores: 8 },
};
const sizeOf = (label: string): { instances: number; cores: number } => SIZES[label] ?? { instances: 1, cores: 0 };

function aSnapshot(change: Partial<PoolSnapshot> = {}): PoolSnapshot {
  return {
    now: 100,
    epoch: 1_700_000_000,
    launcherId: 'ours',
    pool: aPool({ labelNames: LABELS }),
    provider: aProvider(),
    registry: { complete: true, pools: [aRegisteredPool('ours', { supportedLabels: LABELS })] },
    driver: { state: 'usable', slots: null },
    account: { limits: {}, others: {}, problem: null, zones: [] },
    use: { pool: {}, provider: {}, launches: 0, leaving: 0 },
    tenants: new Map(),
    labels: new Map(LABELS.map((label) => [label, { resources: sizeOf(label), problems: [] }])),
    free: freeNodes([]),
    breaker: ALL_CLOSED,
    holdOff: [],
    waiting: 0,
    held: [],
    open: [],
    rivals: null,
    chance: 0.3,
    ...change,
  };
}

function freeNodes(all: readonly Stored<Node>[], locked: readonly string[] = []): PoolSnapshot['free'] {
  const last = (node: Stored<Node>): number => Number(locked.includes(node.id));
  const ordered = [...all].sort((a, b) => last(a) - last(b));
  const withLabel = (label: string): readonly Stored<Node>[] =>
    ordered.filter(({ value }) => value.type.includes(label));
  return { all: ordered, byLabel: new Map(LABELS.map((label) => [label, withLabel(label)])), locked: new Set(locked) };
}

function aHeld(id: string, change: Partial<HeldRequest> = {}): HeldRequest {
  const needed = change.needed ?? ['small'];
  const request = aRequest({ nodeTypes: needed, state: 'pending' });
  return { id, request, needed, az: undefined, avoid: new Set(), kept: {}, underway: 0, wait: null, ...change };
}

/** A cloud that refused in `az1` a while ago, and lets one probe through. */
function refusedOnce(): BreakerState {
  const permission = permissionFor(ALL_CLOSED, 'az1', 10);
  const begun = breakerAfter(ALL_CLOSED, { kind: 'begun', permission, at: 10 });
  return breakerAfter(begun, {
    kind: 'refused',
    permission,
    at: 11,
    random: 0,
    accepted: false,
    cause: 'capacity',
    problem: 'full',
  });
}

const stepsOf = (plan: RequestPlan): readonly PlannedStep[] => ('steps' in plan ? plan.steps : []);

const arbitrary = fc
  .record({
    open: fc.array(
      fc.record({
        labels: fc.array(fc.constantFrom(...LABELS), { minLength: 1, maxLength: 3 }),
        tenant: fc.constantFrom(null, 'acme', 'free'),
        requestor: fc.constantFrom('zuul', 'NodePool:min-ready'),
        reuse: fc.boolean(),
        declined: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
    held: fc.array(
      fc.record({
        needed: fc.array(fc.constantFrom(...LABELS), { minLength: 1, maxLength: 2 }),
        az: fc.constantFrom(undefined, 'az1', 'az2'),
        underway: fc.integer({ min: 0, max: 1 }),
        waits: fc.boolean(),
      }),
      { maxLength: 5 },
    ),
    free: fc.array(
      fc.record({
        type: fc.subarray(LABELS, { minLength: 1 }),
        az: fc.constantFrom('az1', 'az2'),
        locked: fc.boolean(),
      }),
      { maxLength: 8 },
    ),
    maxServers: fc.integer({ min: 0, max: 12 }),
    used: fc.integer({ min: 0, max: 12 }),
    cores: fc.integer({ min: 0, max: 60 }),
    others: fc.integer({ min: 0, max: 20 }),
    concurrency: fc.integer({ min: 1, max: 6 }),
    launches: fc.integer({ min: 0, max: 6 }),
    acme: fc.integer({ min: 0, max: 5 }),
    fixed: fc.boolean(),
    refused: fc.boolean(),
    leaving: fc.integer({ min: 0, max: 1 }),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
  })
  .map((facts): PoolSnapshot => {
    const open = facts.open.map(({ labels, tenant, requestor, reuse, declined }, index) =>
      stored(
        `200-${String(index).padStart(10, '0')}`,
        aRequest({ nodeTypes: labels, tenantName: tenant, requestor, reuse, declinedBy: declined ? ['ours'] : [] }),
      ),
    );
    const held = facts.held.map(({ needed, az, underway, waits }, index) =>
      aHeld(`100-000000000${index}`, {
        needed,
        az,
        underway,
        wait: waits ? { because: [], since: 1, lacking: needed.length } : null,
      }),
    );
    const nodes = facts.free.map(({ type, az }, index) => stored(`n${index}`, aNode({ type, az, stateTime: index })));
    const locked = facts.free.flatMap((node, index) => (node.locked ? [`n${index}`] : []));
    const slots = facts.fixed ? nodes.map(({ value }) => ({ labels: value.type })) : null;
    return aSnapshot({
      pool: aPool({ labelNames: LABELS, maxServers: facts.maxServers }),
      provider: aProvider({ maxConcurrency: facts.concurrency }),
      driver: { state: 'usable', slots },
      account: {
        limits: { cores: facts.cores },
        others: { cores: facts.others },
        problem: null,
        zones: ['az1', 'az2'],
      },
      use: { pool: { instances: facts.used }, provider: {}, launches: facts.launches, leaving: facts.leaving },
      tenants: new Map([['acme', { limit: { instances: facts.acme }, used: { instances: 1 } }]]),
      free: freeNodes(nodes, locked),
      breaker: facts.refused ? refusedOnce() : ALL_CLOSED,
      waiting: held.filter(({ wait }) => wait !== null).length,
      open,
      held,
      chance: facts.chance,
    });
  });

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of value instanceof Map || value instanceof Set ? value.values() : Object.values(value)) {
    deepFreeze(part as unknown);
  }
  return Object.freeze(value);
}

describe('planning a pass', () => {
  it('lets no two decisions count on the same thing (any snapshot)', () => {
    fc.assert(
      fc.property(arbitrary, (snapshot) => {
        const { requests } = planPass(snapshot);
        const steps = requests.flatMap(stepsOf).map(({ step }) => step);
        const rooms = requests.flatMap((plan) => ('room' in plan && plan.room !== null ? [plan.room] : []));
        const nodes = [...steps.flatMap((step) => (step.kind === 'reuse' ? [step.node] : [])), ...rooms];
        expect(new Set(nodes).size).toBe(nodes.length);

        const creates = steps.flatMap((step) => (step.kind === 'create' ? [step] : []));
        const { use, pool, account, provider, breaker, now } = snapshot;
        const cores = creates.reduce((sum, { resources }) => sum + (resources['cores'] ?? 0), 0);
        if (creates.length > 0) {
          expect((use.pool['instances'] ?? 0) + creates.length).toBeLessThanOrEqual(pool.maxServers);
          const available = (account.limits?.['cores'] ?? 0) - (account.others['cores'] ?? 0);
          expect(cores).toBeLessThanOrEqual(available);
          expect(use.launches + creates.length).toBeLessThanOrEqual(provider.maxConcurrency);
        }
        for (const zone of ['az1', 'az2']) {
          const planned = creates.filter(({ az }) => az === zone).length;
          expect(planned).toBeLessThanOrEqual(createsAllowed(breaker, zone, now));
        }
        expect(rooms.length).toBeLessThanOrEqual(Math.max(0, 1 - use.leaving));
        const ofAcme = requests.filter(
          ({ kind, id }) =>
            kind === 'take' && snapshot.open.some((open) => open.id === id && open.value.tenantName === 'acme'),
        );
        const wanted = ofAcme.flatMap(({ id }) => snapshot.open.find((open) => open.id === id)?.value.nodeTypes ?? []);
        if (ofAcme.length > 0) {
          expect(1 + wanted.length).toBeLessThanOrEqual(snapshot.tenants.get('acme')?.limit['instances'] ?? 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('decides about each request once, and says why when it says no (any snapshot)', () => {
    fc.assert(
      fc.property(arbitrary, (snapshot) => {
        const { requests } = planPass(snapshot);
        const ids = requests.map(({ id }) => id);
        expect([...ids].sort()).toEqual([...snapshot.held, ...snapshot.open].map(({ id }) => id).sort());
        for (const plan of requests) {
          if ('because' in plan) expect(plan.because.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('plans the same for the same snapshot, and changes nothing of it (any snapshot)', () => {
    fc.assert(
      fc.property(arbitrary, (snapshot) => {
        const before = structuredClone(snapshot);
        const plan = planPass(deepFreeze(snapshot));
        expect(planPass(snapshot)).toEqual(plan);
        expect(planPass(before)).toEqual(plan);
        expect(snapshot).toEqual(before);
      }),
    );
  });

  it('decides about requests that are alike as it would about each of them alone', () => {
    const open = ['1', '2', '3'].map((end) => stored(`200-000000000${end}`, aRequest({ nodeTypes: ['large'] })));
    const snapshot = aSnapshot({
      account: { limits: { cores: 12 }, others: { cores: 8 }, problem: null, zones: [] },
      open,
    });
    const whole = planPass(snapshot).requests;
    expect(whole.map(({ kind }) => kind)).toEqual(['leave', 'leave', 'leave']);
    expect(whole).toEqual(open.map((request) => planPass({ ...snapshot, open: [request] }).requests[0]));
  });

  it('counts what was given away in between in what it says of requests that are alike', () => {
    const acme = (id: string, count: number): Stored<NodeRequest> =>
      stored(id, aRequest({ nodeTypes: new Array<string>(count).fill('small'), tenantName: 'acme' }));
    const open = [acme('200-0000000001', 3), acme('200-0000000002', 1), acme('200-0000000003', 3)];
    const tenants = new Map([['acme', { limit: { instances: 2 }, used: {} }]]);
    const { requests } = planPass(aSnapshot({ tenants, open }));
    expect(requests.map((plan) => ('because' in plan ? plan.because : plan.kind))).toMatchObject([
      [{ code: 'QUOTA_TENANT', used: 0, need: 3 }],
      'take',
      [{ code: 'QUOTA_TENANT', used: 1, need: 3 }],
    ]);
  });

  it('answers what would be if something were different', () => {
    const full = aSnapshot({
      pool: aPool({ labelNames: LABELS, maxServers: 2 }),
      use: { pool: { instances: 2 }, provider: {}, launches: 0, leaving: 0 },
      held: [aHeld('100-0000000001')],
    });
    const [now] = planPass(full).requests;
    expect(now).toMatchObject({ kind: 'serve', steps: [], wait: { because: [{ code: 'QUOTA_POOL' }] } });
    const [then] = planPass({ ...full, use: { ...full.use, pool: { instances: 1 } } }).requests;
    expect(then).toMatchObject({ kind: 'serve', steps: [{ step: { kind: 'create' } }], wait: null });
  });

  it('spreads what it is free to choose over the zones', () => {
    const open = Array.from({ length: 30 }, (_, index) => stored(`200-00000000${10 + index}`, aRequest()));
    const zones = ['az1', 'az2', 'az3'];
    const account = { limits: {}, others: {}, problem: null, zones };
    const pool = aPool({ labelNames: LABELS, maxServers: 100 });
    const steps = planPass(aSnapshot({ pool, account, open })).requests.flatMap(stepsOf);
    const counts = zones.map((zone) => steps.filter(({ step }) => step.az === zone).length);
    for (const count of counts) expect(count).toBeGreaterThanOrEqual(9);
  });

  it('gives up at most one free node at a time to make room, and none that is locked', () => {
    const nodes = [stored('n1', aNode({ type: ['small'], stateTime: 1 })), stored('n2', aNode({ type: ['small'] }))];
    const snapshot = aSnapshot({
      pool: aPool({ labelNames: LABELS, maxServers: 2 }),
      use: { pool: { instances: 2 }, provider: {}, launches: 0, leaving: 0 },
      free: freeNodes(nodes, ['n1']),
      held: [aHeld('100-0000000001', { needed: ['large'] }), aHeld('100-0000000002', { needed: ['large'] })],
    });
    const rooms = planPass(snapshot).requests.map((plan) => 'room' in plan && plan.room);
    expect(rooms).toEqual(['n2', null]);
  });
});
