import { describe, expect, test } from 'vitest';
import { explainReason } from '../../../src/domain/explain/explained-reason.js';
import { describeReasons } from '../../../src/domain/explain/reason.js';
import { EVERY_REASON } from './every-reason.js';

const NOW = 1_000;
const all = Object.entries(EVERY_REASON);

/** Moments are told as durations: `until` 1030 at 1000 is 30 s. */
function told(name: string, value: unknown): readonly string[] {
  if (value === null) return [];
  if (name === 'until' || name === 'since' || name === 'nextProbe') return ['30 s'];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** What the reader learns from the verdict or the subject already. */
const IMPLIED: ReadonlySet<string> = new Set(['REQUEST_OVER_POOL used', 'REQUEST_OVER_PROVIDER used']);

describe('each reason', () => {
  test.each(all)('%s is told with all its facts, the code first', (code, reason) => {
    const { text, facts } = explainReason(reason, NOW);
    expect(text.startsWith(`${code} `)).toBe(true);
    for (const [name, value] of Object.entries(facts)) {
      if (IMPLIED.has(`${code} ${name}`)) continue;
      for (const word of told(name, value)) expect(text).toContain(word);
    }
    expect(text).not.toMatch(/undefined|null|NaN|\[object/);
  });

  test.each(all)('%s comes with what would unblock it', (_code, reason) => {
    const { unblock } = explainReason(reason, NOW);
    expect(unblock.length).toBeGreaterThan(10);
    expect(unblock).not.toMatch(/undefined|NaN|\[object|^[A-Z_]+$/);
  });

  test('keeps its code and its facts for programs', () => {
    expect(explainReason(EVERY_REASON.QUOTA_POOL, NOW)).toEqual({
      code: 'QUOTA_POOL',
      text: 'QUOTA_POOL cores used 38 limit 40 need 4: the limit of pool main',
      unblock: 'a node of pool main is given back, or its limit of cores is raised',
      facts: { owner: 'main', resource: 'cores', used: 38, limit: 40, need: 4 },
    });
  });

  test('a moment that has passed is at once', () => {
    expect(explainReason(EVERY_REASON.BACKOFF, 2_000).text).toContain('next try at once');
  });

  test('one line for the log', () => {
    expect(describeReasons([EVERY_REASON.SERVEABLE, EVERY_REASON.REQUEST_LOCKED])).toBe(
      'SERVEABLE pool main; REQUEST_LOCKED',
    );
  });
});
