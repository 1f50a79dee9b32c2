import { describe, expect, it } from 'vitest';
import { sameValue } from '../../../src/domain/config/value-equality.js';

describe('equality of values', () => {
  it.each([
    [1, 1, true],
    ['1', 1, false],
    [NaN, NaN, true],
    [Infinity, Infinity, true],
    [null, {}, false],
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: 1 }, { a: 1, b: undefined }, false],
    [{ a: undefined }, {}, false],
    [{ a: undefined }, { b: undefined }, false],
    [[1, 2], [2, 1], false],
    [[1, 2], [1], false],
    [[], {}, false],
    [new Map([['a', { x: 1 }]]), new Map([['a', { x: 1 }]]), true],
    [new Map([['a', 1]]), new Map([['a', 2]]), false],
    [new Map([['a', 1]]), new Map([['b', 1]]), false],
    [new Map(), {}, false],
    [new Set([1]), new Set([1]), true],
    [new Set([1]), new Set([2]), false],
    [new Set([1]), new Set([1, 2]), false],
    [new Set(), new Map(), false],
    [new Set(), {}, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(sameValue(a, b)).toBe(expected);
    expect(sameValue(b, a)).toBe(expected);
  });
});
