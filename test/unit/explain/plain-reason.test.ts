import { describe, expect, it } from 'vitest';
import { plainReason, reasonTitle } from '../../../src/domain/explain/plain-reason.js';
import { EVERY_REASON } from './every-reason.js';

const NOW = 1_000;

describe('reasons for people who know no codes [C25]', () => {
  it.each(Object.values(EVERY_REASON))('$code is a sentence, and so is what helps', (reason) => {
    const { code, text, unblock } = plainReason(reason, NOW);
    expect(code).toBe(reason.code);
    for (const sentence of [text, unblock]) {
      expect(sentence).toMatch(/^[^a-z\s].*[.!?]$/s);
      expect(sentence).not.toContain(code);
    }
    expect(text).not.toMatch(/used \d+ limit/);
    expect(reasonTitle(code)).toMatch(/^[a-z][a-z ]+$/);
  });

  it('limits say how much of them is used, and what is needed', () => {
    const numbers = { owner: 'cloud/main', resource: 'cores', used: 38, limit: 40 };
    expect(plainReason({ code: 'QUOTA_POOL', ...numbers, need: 4 }, NOW).text).toBe(
      'Pool cloud/main uses 38 of its 40 cores, and 4 more are needed.',
    );
    expect(plainReason({ code: 'REQUEST_OVER_POOL', ...numbers, need: 50 }, NOW).text).toBe(
      'The whole request needs 50 cores, and pool cloud/main has 40 at most.',
    );
    expect(plainReason({ code: 'OTHERS_WAIT_FIRST', pool: 'cloud/main', waiting: 1 }, NOW).text).toBe(
      'One request waits for room in pool cloud/main already.',
    );
  });
});
