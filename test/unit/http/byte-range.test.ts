import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byteRange } from '../../../src/adapters/http/byte-range.js';

describe('byteRange', () => {
  test.each([
    ['bytes=0-3', { kind: 'part', first: 0, last: 3 }],
    ['bytes=20-', { kind: 'part', first: 20, last: 24 }],
    ['bytes=0-999', { kind: 'part', first: 0, last: 24 }],
    ['bytes=-5', { kind: 'part', first: 20, last: 24 }],
    ['bytes=-99', { kind: 'part', first: 0, last: 24 }],
    ['bytes=25-', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    ['bytes=3-1', { kind: 'whole' }],
    ['bytes=0-1,3-4', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    ['lines=0-1', { kind: 'whole' }],
    [undefined, { kind: 'whole' }],
  ])('%s of 25 bytes', (header, result) => {
    expect(byteRange(header, 25)).toEqual(result);
  });

  test('a part always lies within the body', () => {
    const number = fc.oneof(fc.constant(''), fc.nat({ max: 40 }).map(String));
    fc.assert(
      fc.property(number, number, fc.nat({ max: 30 }), (from, to, length) => {
        const range = byteRange(`bytes=${from}-${to}`, length);
        if (range.kind !== 'part') return;
        expect(range.first).toBeGreaterThanOrEqual(0);
        expect(range.last).toBeGreaterThanOrEqual(range.first);
        expect(range.last).toBeLessThan(length);
      }),
    );
  });
});
