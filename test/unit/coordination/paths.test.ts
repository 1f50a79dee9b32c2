import { describe, expect, it } from 'vitest';
import { ancestorsOf, checkPath, childOf, chrootPrefix, nameOf, parentOf } from '../../../src/ports/toolkit/paths.js';

describe('paths of the tree', () => {
  it('know their parents and names', () => {
    expect([parentOf('/a/b'), parentOf('/a'), parentOf('/')]).toEqual(['/a', '/', '/']);
    expect([nameOf('/a/b'), childOf('/', 'a'), childOf('/a', 'b')]).toEqual(['b', '/a', '/a/b']);
    expect([ancestorsOf('/a/b/c'), ancestorsOf('/a')]).toEqual([['/a', '/a/b'], []]);
  });

  it('may end in a slash only where the store appends a number', () => {
    expect(() => checkPath('/a/', true)).not.toThrow();
    expect(() => checkPath('/', true)).not.toThrow();
    for (const path of ['', 'a', '/a/', '//', '/a\0']) expect(() => checkPath(path), path).toThrow(/Not a path/);
  });

  it('[LAUNCHER 2] have a chroot with one slash at its beginning and none at its end', () => {
    expect([undefined, '', '/', 'ci', '/ci/', '/ci/pool'].map(chrootPrefix)).toEqual([
      '',
      '',
      '',
      '/ci',
      '/ci',
      '/ci/pool',
    ]);
    expect(() => chrootPrefix('/ci/../x')).toThrow(/Not a path/);
  });
});
