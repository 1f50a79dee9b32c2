import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../../src/ports/toolkit/recent-map.js';

describe('what was set last is remembered', () => {
  const remembered = (map: RecentMap<number>, keys: string): string =>
    [...keys].filter((key) => map.get(key) !== undefined).join('');
  const set = (map: RecentMap<number>, keys: string): void => [...keys].forEach((key, at) => map.set(key, at));

  it('forgets what was not set for the longest time', () => {
    const map = new RecentMap<number>(3);
    set(map, 'abcad');
    expect(remembered(map, 'abcd')).toBe('acd');
    expect(map.get('a')).toBe(3);
  });

  it('keeps the order whichever is set again: the newest, one between, the oldest', () => {
    const map = new RecentMap<number>(3);
    set(map, 'abccbad');
    expect(remembered(map, 'abcd')).toBe('abd');
    set(map, 'e');
    expect(remembered(map, 'abde')).toBe('ade');
  });

  it('makes room for others with what is deleted', () => {
    const map = new RecentMap<number>(2);
    set(map, 'ab');
    map.delete('a');
    map.delete('x');
    set(map, 'c');
    expect(remembered(map, 'abc')).toBe('bc');
    map.delete('c');
    map.delete('b');
    set(map, 'de');
    expect(remembered(map, 'bcde')).toBe('de');
  });

  it('forgets as cheaply when it remembers many as when it remembers few', () => {
    const keys = Array.from({ length: 50_000 }, (_, at) => `200-${at}`);
    const fill = (most: number): number => {
      const started = performance.now();
      const map = new RecentMap<number>(most);
      for (const key of keys) map.set(key, 0);
      return performance.now() - started;
    };
    const fastest = (most: number): number => Math.min(...[1, 2, 3].map(() => fill(most)));
    // 1.2 times as long; twenty times and more where finding the oldest is a walk.
    expect(fastest(10_000) / fastest(10)).toBeLessThan(8);
  });
});
