import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatMoment } from '../../../src/domain/presentation/moment.js';

test('moments are what the calendar says', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (time) => {
      const iso = new Date(time * 1000).toISOString();
      expect(formatMoment(time)).toBe(`${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`);
    }),
  );
});

test.each([-1, 1e18, NaN, Infinity])('%j is no moment that anybody means', (time) => {
  expect(formatMoment(time)).toBe('unknown');
});
