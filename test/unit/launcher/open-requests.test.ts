import { describe, expect, it } from 'vitest';
import { OpenRequests } from '../../../src/apps/launcher/open-requests.js';
import { aRequest } from '../../support/builders.js';

describe('the requests that nobody serves', () => {
  function world(...ids: string[]) {
    const open = new Set(ids);
    const handled = new Set<string>();
    const roster = { moves: 0, handles: (id: string) => handled.has(id) };
    const phases = {
      openInOrder: (before: readonly string[]) => [...new Set([...before.filter((id) => open.has(id)), ...open])],
    };
    const view = { get: (id: string) => ({ id, value: aRequest({}), version: 0 }) };
    const requests = new OpenRequests(phases, roster, view);
    return { open, handled, roster, requests, ids: () => requests.all.map(({ id }) => id).join(' ') };
  }

  it('are the same array as long as nothing has changed', () => {
    const { requests } = world('1', '2');
    expect(requests.all).toBe(requests.all);
  });

  it('are looked at anew when one of them has changed', () => {
    const { open, requests, ids } = world('1', '2');
    expect(ids()).toBe('1 2');
    open.add('3');
    requests.changed();
    expect(ids()).toBe('1 2 3');
  });

  it('are looked at anew when another pool of the process has taken one or let it go', () => {
    const { handled, roster, ids } = world('1', '2');
    expect(ids()).toBe('1 2');
    handled.add('1');
    roster.moves += 1;
    expect(ids()).toBe('2');
    handled.delete('1');
    roster.moves += 1;
    expect(ids()).toBe('1 2');
  });

  it('keep the order of the last pass, with those after it that have come since', () => {
    const { open, requests, ids } = world('1', '2', '3');
    expect(ids()).toBe('1 2 3');
    requests.ordered([{ id: '3' }, { id: 'held' }, { id: '1' }, { id: '2' }]);
    open.add('4');
    requests.changed();
    expect(ids()).toBe('3 1 2 4');
  });
});
