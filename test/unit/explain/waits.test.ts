import { describe, expect, it } from 'vitest';
import type { Reason } from '../../../src/domain/explain/reason.js';
import { waitsOf } from '../../../src/domain/explain/waits.js';
import type { Said } from '../../../src/domain/explain/waits.js';

const quota = (resource: string): Reason => ({ code: 'QUOTA_POOL', owner: 'a', resource, used: 1, limit: 1, need: 1 });
const says = (decider: string, verdict: string, since: number, ...because: Reason[]): Said => ({
  decider,
  verdict,
  because,
  since,
});
const poolOf = (decider: string): string | undefined => ({ one: 'cloud/a', two: 'cloud/a', b: 'cloud/b' })[decider];
const inShort = (...said: readonly (readonly Said[])[]): readonly string[] =>
  waitsOf(said, poolOf).groups.map(
    ({ pool, code, resource, count, since }) => `${pool} ${code} ${resource ?? '-'} ${count} ${since}`,
  );

describe('what all requests wait for', () => {
  it('each pool and limit for itself, the most frequent first, since the oldest', () => {
    const waiting = says('one', 'wait', 50, quota('instances'), quota('cores'));
    expect(
      inShort([waiting], [says('b', 'wait', 9, quota('cores'))], [says('one', 'wait', 40, quota('cores'))]),
    ).toEqual(['cloud/a QUOTA_POOL cores 2 40', 'cloud/a QUOTA_POOL instances 1 50', 'cloud/b QUOTA_POOL cores 1 9']);
  });

  it('one request counts once in a pool, however many launchers serve it', () => {
    expect(inShort([says('one', 'wait', 5, quota('ram')), says('two', 'wait', 7, quota('ram'))])).toEqual([
      'cloud/a QUOTA_POOL ram 1 5',
    ]);
  });

  it('by code alone a request counts once, whatever it lacks', () => {
    const { groups } = waitsOf([[says('one', 'wait', 5, quota('ram'), quota('cores'))]], poolOf, 'by code');
    expect(groups).toMatchObject([{ code: 'QUOTA_POOL', resource: null, count: 1 }]);
  });

  it('bystanders are told only where nobody says more', () => {
    const yields = says('b', 'yield', 3, { code: 'YIELD_PRIORITY', pool: 'x', priority: 1, own: 2 });
    expect(inShort([yields, says('one', 'wait', 4, quota('ram'))])).toEqual(['cloud/a QUOTA_POOL ram 1 4']);
    expect(inShort([yields])).toEqual(['cloud/b YIELD_PRIORITY - 1 3']);
  });

  it('what is served or unheard of is counted apart', () => {
    const accepted = says('one', 'accept', 1, { code: 'SERVEABLE', pool: 'a' });
    const all = [[accepted, says('b', 'wait', 1, quota('ram'))], [], [says('gone', 'wait', 1, quota('ram'))]];
    expect(waitsOf(all, poolOf)).toEqual({ groups: [], served: 1, unheard: 2 });
  });
});
