import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../src/adapters/memory/seeded-random.js';
import { estimateOf } from '../../../src/domain/explain/estimate.js';
import type { Turnover } from '../../../src/domain/explain/estimate.js';

interface Case {
  readonly p50: number;
  readonly p90: number;
  readonly took: number;
}

/** A full pool under constant demand: each node is used for a time drawn at random, then given back, and the next one is launched. */
function casesOf(seed: number, nodes: number, hold: (random: SeededRandom) => number): readonly Case[] {
  const random = new SeededRandom(seed);
  const boot = (): number => 20 + 20 * random.next();
  const turnover: { givenBack: number[]; launches: number[]; overtaking: number } = {
    givenBack: [],
    launches: [],
    overtaking: 0,
  };
  const ends = Array.from({ length: nodes }, () => hold(random) * random.next());
  const queue: { readonly asked: number; readonly p50: number; readonly p90: number }[] = [];
  const cases: Case[] = [];
  for (let turn = 0; turn < 120; turn += 1) {
    const next = ends.indexOf(Math.min(...ends));
    const now = ends[next] ?? 0;
    // Asked before the next node comes back, with others ahead; one node of ten goes to somebody who comes later and is more urgent.
    const asked = now - 1;
    const estimate = estimateOf({ nodesAhead: queue.length, lacks: 1 }, 'QUOTA_POOL', null, turnover, asked);
    if (queue.length < 6) {
      const { p50, p90 } = estimate.known ? estimate : { p50: NaN, p90: NaN };
      queue.push({ asked, p50, p90 });
    }
    turnover.givenBack.push(now);
    const launch = boot();
    const first = random.next() < 0.9 ? queue.shift() : undefined;
    if (first && !Number.isNaN(first.p90)) cases.push({ ...first, took: now + launch - first.asked });
    turnover.launches.push(launch);
    ends[next] = now + launch + hold(random);
  }
  return cases;
}

const HOLDS: readonly (readonly [string, (random: SeededRandom) => number])[] = [
  ['all alike', () => 600],
  ['any time up to half an hour', (random) => 1800 * random.next()],
  ['mostly short, sometimes very long', (random) => -600 * Math.log(1 - random.next())],
];

const share = (cases: readonly Case[], which: (each: Case) => boolean): number =>
  cases.filter(which).length / cases.length;

describe('how long it may take', () => {
  it.each(HOLDS)('over 200 seeds, nodes used for %s: nine of ten is never less than 85 of 100', (_what, hold) => {
    const cases = Array.from({ length: 200 }, (_, seed) => casesOf(seed + 1, 2 + (seed % 9), hold)).flat();
    expect(cases.length).toBeGreaterThan(5_000);
    expect(share(cases, ({ took, p90 }) => took <= p90)).toBeGreaterThanOrEqual(0.85);
    expect(share(cases, ({ took, p90 }) => took <= p90)).toBeLessThan(1);
    const half = share(cases, ({ took, p50 }) => took <= p50);
    expect(half).toBeGreaterThan(0.35);
    expect(half).toBeLessThan(0.75);
  });

  const steady: Turnover = { givenBack: [0, 100, 200, 300, 400, 500], launches: [30, 30, 30, 30, 30], overtaking: 0 };

  it('grows with those ahead, and with the silence since the last node that came back', () => {
    const behind = (nodesAhead: number, now = 500): number => {
      const estimate = estimateOf({ nodesAhead, lacks: 1 }, 'OTHERS_WAIT_FIRST', null, steady, now);
      return estimate.known ? estimate.p90 : NaN;
    };
    expect(behind(3)).toBeGreaterThan(behind(0) + 250);
    expect(behind(0, 2_500)).toBeGreaterThan(2 * behind(0));
  });

  it('includes how long a launch takes', () => {
    const slow: Turnover = { ...steady, launches: [330, 330, 330, 330, 330] };
    const [quick, late] = [steady, slow].map((turnover) =>
      estimateOf({ nodesAhead: 0, lacks: 1 }, 'QUOTA_POOL', null, turnover, 500),
    );
    if (!quick?.known || !late?.known) throw new Error('there is a basis');
    expect([late.p50 - quick.p50, late.p90 - quick.p90].map(Math.round)).toEqual([300, 300]);
  });

  it('of nodes that are on their way is what is left of a launch', () => {
    expect(estimateOf(undefined, null, 480, steady, 500)).toEqual({
      known: true,
      p50: 10,
      p90: 10,
      basis: '5 launches lately',
    });
  });

  it('of nodes that are on their way goes by launches that took longer than theirs has already', () => {
    const mixed: Turnover = { ...steady, launches: [10, 20, 30, 40, 50] };
    const after = (seconds: number) => estimateOf(undefined, null, 500 - seconds, mixed, 500);
    expect(after(0)).toMatchObject({ p50: 30, p90: 50 + Math.sqrt(200 / 5) });
    expect(after(35)).toMatchObject({ p50: 15, p90: 15 + 5 / Math.sqrt(2) });
    expect(after(50)).toEqual({ known: false, why: 'it takes longer than any launch lately' });
  });

  it('counts those that come later and go first', () => {
    const often = (overtaking: number): number => {
      const estimate = estimateOf({ nodesAhead: 1, lacks: 1 }, 'QUOTA_POOL', null, { ...steady, overtaking }, 500);
      return estimate.known ? estimate.p50 : NaN;
    };
    expect(often(0.5)).toBeGreaterThan(1.5 * often(0));
    expect(often(1)).toBeLessThan(Infinity);
  });

  it('is unknown without a basis', () => {
    const none: Turnover = { givenBack: [], launches: [], overtaking: 0 };
    const place = { nodesAhead: 0, lacks: 1 };
    expect(estimateOf(place, 'QUOTA_POOL', null, none, 0)).toMatchObject({ known: false });
    expect(estimateOf(undefined, null, 0, none, 0)).toMatchObject({ known: false });
    expect(estimateOf(place, 'CLOUD_SILENT', null, steady, 500)).toMatchObject({ known: false });
    expect(estimateOf(place, 'QUOTA_TENANT', null, steady, 500)).toMatchObject({ known: false });
  });
});
