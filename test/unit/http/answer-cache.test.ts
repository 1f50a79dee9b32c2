import { describe, expect, test } from 'vitest';
import { AnswerCache } from '../../../src/adapters/http/answer-cache.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';

function make(text: string): () => Buffer {
  return () => Buffer.from(text);
}

describe('the cache of answers', () => {
  test('gives an answer again for one second [BUILDER 4.4]', async () => {
    const clock = new VirtualClock();
    const cache = new AnswerCache(clock);
    const first = cache.answer('/a', make('one'));
    await clock.advance(0.9);
    expect(cache.answer('/a', make('two'))).toBe(first);
    await clock.advance(0.1);
    expect(cache.answer('/a', make('three')).body.toString()).toBe('three');
  });

  test('keeps at most so many answers, the newest ones', () => {
    const cache = new AnswerCache(new VirtualClock(), 3);
    for (const key of ['a', 'b', 'c', 'd', 'e']) cache.answer(key, make(key));
    expect(cache.size).toBe(3);
    expect(cache.answer('e', make('again')).body.toString()).toBe('e');
    expect(cache.answer('a', make('again')).body.toString()).toBe('again');
  });

  test('keeps at most so many bytes, and gives even what is longer', () => {
    const cache = new AnswerCache(new VirtualClock(), 100, 10);
    for (const key of ['a', 'b', 'c']) cache.answer(key, make('12345'));
    expect(cache.size).toBe(2);
    expect(cache.answer('long', make('x'.repeat(50))).body.length).toBe(50);
    expect(cache.size).toBe(0);
  });

  test('forgets expired answers when new ones come', async () => {
    const clock = new VirtualClock();
    const cache = new AnswerCache(clock);
    for (let index = 0; index < 20; index += 1) cache.answer(`k${index}`, make('x'));
    await clock.advance(2);
    cache.answer('new', make('x'));
    expect(cache.size).toBe(1);
  });
});
