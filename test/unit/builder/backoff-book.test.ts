import { expect, it } from 'vitest';
import { BackoffBook } from '../../../src/apps/builder/backoff-book.js';

it('a failure after a success counts as the first one: the wait begins with its base again', () => {
  const book = new BackoffBook(60);
  const waits = [0, 1, 2].map((now) => book.failed('image cloud', 'basis', now, 'broken').until - now);
  expect(waits).toEqual([60, 120, 240]);
  book.succeeded('image cloud');
  expect(book.get('image cloud', 'basis')).toBeUndefined();
  expect(book.failed('image cloud', 'basis', 3, 'broken')).toMatchObject({ failures: 1, until: 63 });
});
