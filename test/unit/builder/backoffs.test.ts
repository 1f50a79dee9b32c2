import { expect, it } from 'vitest';
import { Backoffs } from '../../../src/apps/builder/backoffs.js';

it('a failure after a success counts as the first one: the wait begins with its base again', () => {
  const backoffs = new Backoffs(60);
  const waits = [0, 1, 2].map((now) => backoffs.failed('image cloud', 'basis', now, 'broken').until - now);
  expect(waits).toEqual([60, 120, 240]);
  backoffs.succeeded('image cloud');
  expect(backoffs.get('image cloud', 'basis')).toBeUndefined();
  expect(backoffs.failed('image cloud', 'basis', 3, 'broken')).toMatchObject({ failures: 1, until: 63 });
});
