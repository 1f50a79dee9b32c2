import { describe, expect, it } from 'vitest';
import { judge } from '../../../support/log-judge/judge.js';
import type { LoggedChange } from '../../../support/transaction-log.js';

const BY = { session: '0x1', transaction: '' };
const node = (kind: 'create' | 'write', state: string, to: string | null): LoggedChange => ({
  ...BY,
  kind,
  path: '/nodepool/nodes/1',
  record: { state, allocated_to: to },
});
const removed = (path: string): LoggedChange => ({ ...BY, kind: 'remove', path, record: null });
const fulfilled = (id: string): LoggedChange => ({
  ...BY,
  kind: 'write',
  path: `/nodepool/requests/${id}`,
  record: { state: 'fulfilled', nodes: ['1'] },
});

const GIVEN = [node('create', 'building', 'a'), node('write', 'ready', 'a'), fulfilled('a')];

describe('the judge of what nodes are given', () => {
  it('finds no fault with a node that is given once', () => {
    expect(judge([...GIVEN, node('write', 'used', 'a'), removed('/nodepool/nodes/1')])).toEqual({
      problems: [],
      fulfilled: 1,
      nodes: 1,
    });
  });

  it('lets a node be given again that its client left untouched', () => {
    const again = [removed('/nodepool/requests/a'), node('write', 'ready', null), node('write', 'ready', 'b')];
    expect(judge([...GIVEN, ...again, fulfilled('b')]).problems).toEqual([]);
  });

  it('finds a node that is given to two', () => {
    expect(judge([...GIVEN, node('write', 'ready', 'b'), fulfilled('b')]).problems).toEqual([
      'node 1 was given to a and to b',
    ]);
  });

  it('finds a node that is given although it was used', () => {
    const used = [node('write', 'in-use', 'a'), removed('/nodepool/requests/a'), node('write', 'ready', 'b')];
    expect(judge([...GIVEN, ...used, fulfilled('b')]).problems).toEqual(['node 1 was given to b when it was used']);
  });

  it('finds a node that is given while it belongs to somebody else, is not ready, or is written when it is gone', () => {
    expect(judge([node('create', 'ready', 'b'), fulfilled('a')]).problems).toHaveLength(1);
    expect(judge([node('create', 'building', 'a'), fulfilled('a')]).problems).toHaveLength(1);
    expect(judge([node('write', 'ready', 'a')]).problems).toEqual(['node 1 was written when it was gone']);
  });
});
