import { describe, expect, it } from 'vitest';
import { isUnclaimed, UNCLAIMED_AGE } from '../../../src/domain/decide/unclaimed-requests.js';
import type { Node } from '../../../src/domain/model/node.js';
import { aNode, aRequest } from '../../support/builders.js';

const NOW = 1_000_000;
const OLD = NOW - UNCLAIMED_AGE;

function nodes(...all: readonly (Partial<Node> & { readonly locked?: boolean })[]) {
  return (id: string) => {
    const at = all[Number(id)];
    return at && { value: aNode({ state: 'ready', ...at }), locked: at.locked ?? false };
  };
}

describe('a fulfilled request', () => {
  const request = aRequest({ state: 'fulfilled', stateTime: OLD, nodes: ['0', '1'] });

  it('is unclaimed when nobody has taken any of its nodes for an hour', () => {
    expect(isUnclaimed(request, nodes({}, {}), NOW)).toBe(true);
    expect(isUnclaimed({ ...request, stateTime: OLD + 1 }, nodes({}, {}), NOW)).toBe(false);
  });

  it('is shown although the clock that wrote its time was days ahead', () => {
    expect(isUnclaimed({ ...request, stateTime: NOW + 86_400 }, nodes({}, {}), NOW)).toBe(true);
    expect(isUnclaimed({ ...request, stateTime: NOW + 10 }, nodes({}, {}), NOW)).toBe(false);
  });

  it('is claimed when one of its nodes is locked or in use', () => {
    expect(isUnclaimed(request, nodes({}, { locked: true }), NOW)).toBe(false);
    expect(isUnclaimed(request, nodes({ state: 'in-use' }, {}), NOW)).toBe(false);
  });

  it('reserves nothing when its nodes are gone, and goes by those that are left', () => {
    expect(isUnclaimed(request, nodes(), NOW)).toBe(false);
    expect(isUnclaimed(request, nodes({}), NOW)).toBe(true);
  });

  it('is not meant when it still waits', () => {
    expect(isUnclaimed({ ...request, state: 'pending' }, nodes({}, {}), NOW)).toBe(false);
  });
});
