import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Spell, SpentTime } from '../../../src/domain/explain/spent-time.js';
import {
  requestTime,
  spells,
  spentOn,
  timeSpent,
  total,
  wholeSeconds,
} from '../../../src/domain/explain/spent-time.js';

const served = (from: number, wait: number): SpentTime => ({
  from,
  what: 'being served',
  since: from + wait,
  before: [{ what: 'QUOTA_POOL', seconds: wait }],
});

describe('where the time went', () => {
  it('of a request: before anybody looked, what it waited for, then its slowest node', () => {
    const quick: readonly Spell[] = [{ what: 'booting', seconds: 10 }];
    const slow: readonly Spell[] = [
      { what: 'booting', seconds: 55 },
      { what: 'host keys', seconds: 15 },
    ];
    expect(wholeSeconds(requestTime(98, served(100, 240), [quick, slow], 412))).toEqual([
      { what: 'not looked at yet', seconds: 2 },
      { what: 'QUOTA_POOL', seconds: 240 },
      { what: 'booting', seconds: 55 },
      { what: 'host keys', seconds: 15 },
      { what: 'being served', seconds: 2 },
    ]);
  });

  it('a node that was on its way before counts for the time of the request only', () => {
    const node: readonly Spell[] = [{ what: 'booting', seconds: 500 }];
    expect(total(requestTime(100, served(100, 20), [node], 130))).toBe(30);
  });

  it('stands still once it is over', () => {
    const over = timeSpent(served(100, 20), null, 150);
    expect(spells(over, 9_999)).toEqual([
      { what: 'QUOTA_POOL', seconds: 20 },
      { what: 'being served', seconds: 30 },
    ]);
  });

  it('goes to the reason that says most', () => {
    const because = [{ code: 'REQUEST_LOCKED' }, { code: 'OTHERS_WAIT_FIRST', pool: 'main', waiting: 1 }] as const;
    expect(spentOn({ verdict: 'wait', because })).toBe('OTHERS_WAIT_FIRST');
    expect(spentOn({ verdict: 'wait', because: [because[0]] })).toBe('REQUEST_LOCKED');
    expect(spentOn({ verdict: 'decline', because })).toBeNull();
    const launching = { code: 'LAUNCHING', attempt: 1, attempts: 3 } as const;
    expect(spentOn({ verdict: 'launch', because: [launching] })).toBe('booting');
    expect(spentOn({ verdict: 'launch', because: [{ ...launching, stage: 'host keys' }] })).toBe('host keys');
  });

  it('always adds up to the whole, however often the reason changes, in bounded room', () => {
    const what = fc.option(fc.integer({ min: 0, max: 40 }).map((number) => `REASON_${number}`));
    fc.assert(
      fc.property(fc.array(fc.tuple(what, fc.integer({ min: 0, max: 500 })), { minLength: 1 }), (turns) => {
        let time: SpentTime | undefined;
        let now = 1_000;
        let counted = 0;
        for (const [reason, seconds] of turns) {
          time = timeSpent(time, reason, now);
          now += seconds;
          if (reason !== null) counted += seconds;
        }
        const all = time ? spells(time, now) : [];
        expect(total(all)).toBe(counted);
        expect(all.length).toBeLessThanOrEqual(13);
      }),
    );
  });

  it('whole seconds add up to the whole number of all', () => {
    const spell = fc.record({ what: fc.string(), seconds: fc.double({ min: 0, max: 1e4, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(spell, { maxLength: 13 }), (all) => {
        expect(total(wholeSeconds(all))).toBe(Math.round(total(all)));
      }),
    );
  });
});
