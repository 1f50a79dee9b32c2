import { describe, expect, it } from 'vitest';
import { activated, amended, ended, renewed } from '../../../src/domain/decide/lease-changes.js';
import { deadlinesFound, deadlinesFrom, leaseDue } from '../../../src/domain/decide/lease-end.js';
import { estimateWait, queueOf, waitsOf } from '../../../src/domain/decide/lease-queue.js';
import { labelAllowed } from '../../../src/domain/decide/lease-wish.js';
import { cleanupUnlockedNode } from '../../../src/domain/decide/node-cleanup.js';
import { uploadVerdicts } from '../../../src/domain/explain/upload-verdicts.js';
import { leaseEndMetrics, leaseFaredMetric } from '../../../src/domain/metrics/lease-metrics.js';
import { describeMetric, locateMetric } from '../../../src/domain/metrics/locate-metric.js';
import { LEASE_DEFAULTS, type LeasedNode, type NodeLease } from '../../../src/domain/model/lease.js';
import { aNode, aRegisteredPool, aRequest, stored } from '../../support/builders.js';

function waiting(change: Partial<NodeLease> = {}): NodeLease {
  return { ...LEASE_DEFAULTS, state: 'waiting', stateTime: 1000, createdAt: 1000, holder: 'team-a', ...change };
}

const active = (change: Partial<NodeLease> = {}): NodeLease => activated(waiting(change), 1000, []);

describe('renewing [L2]', () => {
  it('counts from the moment it becomes active, capped by its end', () => {
    expect(active({ ttl: 300, maxDuration: 600 })).toMatchObject({ activeAt: 1000, expiresAt: 1300, cappedBy: null });
    expect(active({ ttl: 300, maxDuration: 60 })).toMatchObject({ expiresAt: 1060, cappedBy: 'max_duration' });
    expect(active({ ttl: 60, maxDuration: 60 })).toMatchObject({ expiresAt: 1060, cappedBy: null });
  });

  it.each([
    [1100, undefined, 1400, null],
    [1100, 30, 1300, null],
    [1500, undefined, 1600, 'max_duration'],
    // The clock was set back.
    [0, undefined, 1300, null],
  ])('at %i for %s it is %i', (now, ttl, expiresAt, cappedBy) => {
    expect(renewed(active({ ttl: 300, maxDuration: 600 }), now, ttl)).toMatchObject({ expiresAt, cappedBy });
  });

  it('changes nothing of what waits or has ended', () => {
    expect(renewed(waiting(), 2000)).toEqual(waiting());
    const over = ended(active(), 1100, 'released');
    expect(renewed(over, 1200)).toBe(over);
  });

  it('is not shortened by what is changed later, and a cap that is lifted is none', () => {
    const capped = active({ ttl: 300, maxDuration: 60 });
    expect(amended(capped, { maxDuration: 600 })).toMatchObject({ expiresAt: 1060, cappedBy: null });
    expect(amended(active({ ttl: 300 }), { maxDuration: 30 })).toMatchObject({ expiresAt: 1300, maxDuration: 30 });
  });
});

describe('the end [L4]', () => {
  it('is for good, and fits what it ends', () => {
    expect(() => ended(ended(active(), 1, 'released'), 2, 'expired')).toThrow('ended to ended');
    expect(() => ended(waiting(), 1, 'released')).toThrow('released');
    expect(() => ended(active(), 1, 'cancelled')).toThrow('cancelled');
    expect(() => activated(ended(waiting(), 1, 'cancelled'), 2, [])).toThrow('ended to active');
  });

  it('comes by the deadline that is first', () => {
    const deadlines = { wait: Infinity, expiry: 50, limit: 40, spare: 80 };
    expect(leaseDue(active(), deadlines, 39)).toEqual({ verdict: 'keep', again: 40 });
    expect(leaseDue(active(), deadlines, 60)).toEqual({ verdict: 'end', outcome: 'limit' });
    expect(leaseDue(active(), { ...deadlines, limit: 55 }, 60)).toEqual({ verdict: 'end', outcome: 'expired' });
    expect(leaseDue(waiting(), { ...deadlines, wait: 10 }, 10)).toEqual({ verdict: 'end', outcome: 'timed_out' });
    expect(leaseDue(waiting(), deadlines, 1e9)).toEqual({ verdict: 'keep', again: Infinity });
  });
});

describe('time [L11, L13]', () => {
  const lease = active({ ttl: 100, maxDuration: 1000 });

  it('of what was seen is counted on the clock that never jumps, whatever the record says', () => {
    expect(deadlinesFrom(lease, 'active', 5)).toEqual({ wait: Infinity, expiry: 105, limit: 1005, spare: 135 });
    expect(deadlinesFrom(waiting({ wait: 7 }), 'created', 5)).toMatchObject({ wait: 12, expiry: Infinity });
  });

  it.each([
    // now, seconds until it expires, seconds for which its nodes are spared
    [1000, 100, 130],
    [1060, 40, 70],
    [1090, 30, 40],
    [1115, 15, 15],
    [1200, 0, 0],
    // Clocks that are wrong at the start: nothing lasts longer than it could have.
    [0, 130, 130],
    [1e9, 0, 0],
  ])('of what was found at %i gives %i s, and its nodes %i s', (now, expiry, spare) => {
    const deadlines = deadlinesFound(lease, { monotonic: 7, now });
    expect([deadlines.expiry - 7, deadlines.spare - 7]).toEqual([expiry, spare]);
  });

  it('bounds the limit and the wait, too', () => {
    expect(deadlinesFound(lease, { monotonic: 0, now: 0 }).limit).toBe(1000);
    expect(deadlinesFound(waiting({ wait: 60 }), { monotonic: 0, now: 0 }).wait).toBe(60);
    expect(deadlinesFound(waiting({ wait: 60 }), { monotonic: 0, now: 1050 }).wait).toBe(10);
  });
});

describe('the queue', () => {
  const pools = [aRegisteredPool('one'), aRegisteredPool('two', { supportedLabels: ['large'] })];
  const own = stored('200-0000000005', aRequest({ nodeTypes: ['small'], requestor: 'lease:a' }));

  it('counts what is served before by a pool that could serve it', () => {
    const others = [
      stored('200-0000000001', aRequest({ nodeTypes: ['small', 'small'] })),
      stored('100-0000000009', aRequest({ nodeTypes: ['small'], state: 'pending' })),
      stored('200-0000000002', aRequest({ nodeTypes: ['large'] })),
      stored('200-0000000003', aRequest({ nodeTypes: ['small'], state: 'fulfilled' })),
      stored('200-0000000004', aRequest({ nodeTypes: ['small'], declinedBy: ['one'] })),
      stored('200-0000000006', aRequest({ nodeTypes: ['small'] })),
      stored('300-0000000000', aRequest({ nodeTypes: ['small'] })),
    ];
    expect(queueOf(own, [own, ...others], pools)).toEqual({ position: 3, ahead: 2, nodes: 4 });
  });

  it('estimates from how often nodes were given back, or not at all', () => {
    expect(estimateWait(3, 0)).toBeNull();
    expect(estimateWait(1, 1)?.basis).toBe('1 node given back in the last hour');
    const { p50 = 0, p90 = 0 } = estimateWait(10, 60) ?? {};
    // Ten of something that comes once a minute.
    expect(p50).toBeGreaterThan(570);
    expect(p50).toBeLessThan(600);
    expect(p90).toBeGreaterThan(800);
    expect(p90).toBeLessThan(900);
  });

  it('tells the waits of the last hour by rank', () => {
    expect(waitsOf([])).toBeNull();
    expect(waitsOf([3, 1, 2])).toEqual({ p50: 2, p90: 3 });
  });
});

describe('labels of a token', () => {
  it.each([
    [null, 'x', true],
    [[], 'x', false],
    [['debian-*'], 'debian-small', true],
    [['debian-*'], 'xdebian-small', false],
    [['*'], '', true],
    [['a*a'], 'a', false],
    [['a*a'], 'aa', true],
    [['a*b*c'], 'a-b-b-c', true],
    [['a*b*c'], 'a-c', false],
    [['a.c'], 'abc', false],
  ])('%j and %s', (patterns, label, allowed) => {
    expect(labelAllowed(patterns, label)).toBe(allowed);
  });
});

describe('nodes of leases', () => {
  const judge = (lease: { id: string; left: number } | null): string =>
    cleanupUnlockedNode({
      node: aNode({ state: 'in-use', provider: 'cloud' }),
      now: 1000,
      config: { labels: new Map(), maxHoldAge: Infinity },
      ours: true,
      unborn: 0,
      orphan: false,
      requestExists: () => false,
      launcherAlive: () => true,
      lease,
    }).verdict;

  it('[L10] are no business of the cleanup until the lease is over', () => {
    expect(judge({ id: 'a', left: 1 })).toBe('keep');
    expect(judge({ id: 'a', left: 0 })).toBe('delete');
    expect(judge(null)).toBe('delete');
  });
});

describe('how holders fared', () => {
  const imageId = '/nodepool/images/debian/builds/b1/providers/cloud/images/0000000001';
  const node = { id: '1', label: 'small', imageId } as LeasedNode;
  const leases = (['ok', 'ok', 'broken', null] as const).map((verdict) => waiting({ verdict, nodes: [node] }));

  it('is counted per upload and label', () => {
    const key = { image: 'debian', build: 'b1', provider: 'cloud', upload: '0000000001' };
    expect(uploadVerdicts(leases, key)).toEqual([{ label: 'small', ok: 2, failed: 0, broken: 1 }]);
    expect(uploadVerdicts(leases, { ...key, upload: '0000000002' })).toEqual([]);
  });

  it('and is a metric that collectors understand', () => {
    const name = leaseFaredMetric({ verdict: 'broken' }, node) ?? '';
    expect(locateMetric(name)).toMatchObject({
      metric: { series: { name: 'nodepool_lease_verdicts_total' } },
      labels: {
        image: 'debian',
        build: 'b1',
        provider: 'cloud',
        upload: '0000000001',
        label: 'small',
        verdict: 'broken',
      },
    });
    const [plain = '', held = ''] = leaseEndMetrics({ holder: 'team.a', outcome: 'released' });
    expect(describeMetric(plain)?.name).toBe('nodepool.lease.<outcome>');
    expect(locateMetric(held)?.labels).toEqual({ holder: 'team_a', outcome: 'released' });
    expect(leaseFaredMetric({ verdict: 'ok' }, { ...node, imageId: 'debian-12' })).toBeNull();
  });
});
