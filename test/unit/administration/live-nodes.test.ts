import { describe, expect, it } from 'vitest';
import { LIVE_STATES, liveNodes } from '../../../src/apps/administration/live/live-nodes.js';
import type { Node } from '../../../src/domain/model/node.js';
import type { NodeRequest } from '../../../src/domain/model/request.js';
import type { Stored } from '../../../src/domain/model/stored.js';
import { aNode, aRequest } from '../../support/builders.js';

function stored(id: string, change: Partial<Node>): Stored<Node> {
  return { id, version: 0, value: aNode({ stateTime: 100, ...change }) };
}

const requests = new Map<string, NodeRequest>([['100-1', aRequest({ requestor: 'zuul.example.org' })]]);
const live = (...nodes: readonly Stored<Node>[]): ReturnType<typeof liveNodes> =>
  liveNodes(nodes, (id) => requests.get(id));

describe('nodes on the live page [C25]', () => {
  it('are free or reserved when they are ready', () => {
    const { states, total } = live(
      stored('1', { state: 'ready' }),
      stored('2', { state: 'ready', allocatedTo: '100-1' }),
      stored('3', { state: 'in-use', allocatedTo: '100-1' }),
    );
    expect(total).toBe(3);
    expect(states).toEqual([
      { state: 'free', count: 1 },
      { state: 'in-use', count: 1 },
      { state: 'reserved', count: 1 },
    ]);
    for (const { state } of states) expect(LIVE_STATES).toContain(state);
    expect(LIVE_STATES).not.toContain('ready');
  });

  it.each<[Partial<Node>, string | null]>([
    [{ state: 'ready' }, null],
    [{ state: 'ready', allocatedTo: '100-1' }, 'zuul.example.org, request 100-1'],
    [{ state: 'in-use', allocatedTo: '100-2' }, 'request 100-2'],
    [{ state: 'hold', holdJob: 'tenant job', comment: 'bug 1' }, 'held for job tenant job: bug 1'],
    [{ state: 'hold' }, 'held by an operator'],
  ])('%j is used by %j', (change, user) => {
    expect(live(stored('1', { comment: null, ...change })).latest[0]?.user).toBe(user);
  });

  it('are shown latest first, a hundred of however many', () => {
    const many = Array.from({ length: 3000 }, (_, index) =>
      stored(String(index), { stateTime: (index * 7919) % 3000, state: 'ready' }),
    );
    const { latest, total } = live(...many);
    expect(total).toBe(3000);
    expect(latest.map(({ since }) => since)).toEqual(Array.from({ length: 100 }, (_, index) => 2999 - index));
  });
});
