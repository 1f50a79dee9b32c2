import { describe, expect, it } from 'vitest';
import { inOrder, predecessorOf } from '../../../src/adapters/leases/contenders.js';

const name = (prefix: string, sequence: string): string => `${prefix.repeat(32)}__lock__${sequence}`;

describe('contenders of a lock', () => {
  it('[LAUNCHER 29] are ordered by their number as text; others are left out', () => {
    const [first, second, third] = [name('f', '0000000003'), name('0', '0000000010'), name('a', '0000000200')];
    const strangers = ['lock', '_c_1-lock-0000000000', 'x__lock__12', `${first}0`, '__lock__000000000x'];
    expect(inOrder([third, ...strangers, second, first])).toEqual([first, second, third]);
  });

  it('may have numbers that ran over', () => {
    const [before, after] = [name('a', '2147483647'), name('b', '-2147483648')];
    expect(inOrder([before, after])).toEqual([after, before]);
  });

  it('wait for the one immediately before them', () => {
    const names = ['0000000001', '0000000007', '0000000009'].map((sequence) => name('a', sequence));
    expect(names.map((own) => predecessorOf(own, names))).toEqual([null, names[0], names[1]]);
    expect(predecessorOf(name('b', '0000000002'), names)).toBeUndefined();
  });
});
