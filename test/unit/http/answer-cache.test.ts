import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { AnswerCache } from '../../../src/adapters/http/answer-cache.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';

function make(text: string): () => readonly string[] {
  return () => [text];
}

describe('the cache of answers', () => {
  test('gives an answer again for one second [BUILDER 4.4]', async () => {
    const clock = new VirtualClock();
    const cache = new AnswerCache(clock);
    const first = await cache.answer('/a', make('one'));
    await clock.advance(0.9);
    expect(await cache.answer('/a', make('two'))).toBe(first);
    await clock.advance(0.1);
    expect((await cache.answer('/a', make('three'))).body.toString()).toBe('three');
  });

  test('keeps at most so many answers, the newest ones', async () => {
    const cache = new AnswerCache(new VirtualClock(), 3);
    for (const key of ['a', 'b', 'c', 'd', 'e']) await cache.answer(key, make(key));
    expect(cache.size).toBe(3);
    expect((await cache.answer('e', make('again'))).body.toString()).toBe('e');
    expect((await cache.answer('a', make('again'))).body.toString()).toBe('again');
  });

  test('keeps at most so many bytes, and gives even what is longer', async () => {
    const cache = new AnswerCache(new VirtualClock(), 100, 10);
    for (const key of ['a', 'b', 'c']) await cache.answer(key, make('12345'));
    expect(cache.size).toBe(2);
    expect((await cache.answer('long', make('x'.repeat(50)))).body.length).toBe(50);
    expect(cache.size).toBe(0);
  });

  test('forgets expired answers when new ones come', async () => {
    const clock = new VirtualClock();
    const cache = new AnswerCache(clock);
    for (let index = 0; index < 20; index += 1) await cache.answer(`k${index}`, make('x'));
    await clock.advance(2);
    await cache.answer('new', make('x'));
    expect(cache.size).toBe(1);
  });

  test('lets others have their turn between two parts', async () => {
    const said: string[] = [];
    const cache = new AnswerCache(new VirtualClock());
    const answer = cache.answer('/a', function* () {
      for (const part of ['one ', 'two ', 'three']) {
        said.push(part);
        yield part;
      }
    });
    await setImmediate();
    expect(said).not.toContain('three');
    expect((await answer).body.toString()).toBe('one two three');
  });

  test('makes an answer once for all who ask meanwhile, and one answer after the other', async () => {
    const cache = new AnswerCache(new VirtualClock());
    let [making, most, made] = [0, 0, 0];
    const slowly = function* (): Generator<string> {
      making += 1;
      made += 1;
      most = Math.max(most, making);
      yield 'a';
      yield 'b';
      making -= 1;
    };
    const answers = await Promise.all(['/a', '/b', '/a', '/c', '/a'].map((key) => cache.answer(key, slowly)));
    expect(answers.map(({ body }) => body.toString())).toEqual(['ab', 'ab', 'ab', 'ab', 'ab']);
    expect({ made, most }).toEqual({ made: 3, most: 1 });
  });

  test('tells a failure to all who wait, and nobody after them', async () => {
    const cache = new AnswerCache(new VirtualClock());
    const fail = (): never => {
      throw new Error('broken');
    };
    const asked = ['/a', '/a'].map((key) => cache.answer(key, fail));
    const next = cache.answer('/b', make('b'));
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((await next).body.toString()).toBe('b');
    expect((await cache.answer('/a', make('a'))).body.toString()).toBe('a');
  });
});
