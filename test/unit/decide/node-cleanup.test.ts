import { describe, expect, it } from 'vitest';
import type { CleanupInput } from '../../../src/domain/decide/node-cleanup.js';
import { cleanupUnlockedNode, INIT_GRACE, INIT_GRACE_ALIVE } from '../../../src/domain/decide/node-cleanup.js';
import type { NodeState } from '../../../src/domain/model/node.js';
import { aNode } from '../../support/builders.js';

const LABELS = new Map([['small', { name: 'small', minReady: 0, maxReadyAge: 0 }]]);

function decided(change: Partial<CleanupInput> = {}): ReturnType<typeof cleanupUnlockedNode> {
  return cleanupUnlockedNode({
    node: aNode(),
    now: 1000,
    config: { labels: LABELS, maxHoldAge: Infinity },
    ours: true,
    unborn: 0,
    orphan: false,
    requestExists: () => true,
    launcherAlive: () => false,
    ...change,
  });
}

describe('a node that nobody holds', () => {
  it.each<NodeState>(['used', 'in-use', 'building', 'failed', 'aborted', 'deleting', 'deleted'])(
    '[LAUNCHER 98] is deleted in state %s',
    (state) => {
      expect(decided({ node: aNode({ state }) }).verdict).toBe('delete');
    },
  );

  it('[LAUNCHER 100] stays on hold without an expiry', () => {
    expect(decided({ node: aNode({ state: 'hold' }) })).toMatchObject({ verdict: 'keep' });
  });

  it.each([
    ['its own expiry', 100, Infinity, 1099, 1100],
    ['max-hold-age when that is smaller', 3600, 200, 1199, 1200],
    ['its own expiry when that is smaller', 200, 3600, 1199, 1200],
    ['max-hold-age when its own is 0', 0, 300, 1299, 1300],
    ['max-hold-age when it has none', null, 300, 1299, 1300],
  ])('[LAUNCHER 101] on hold ends after %s', (_title, holdExpiration, maxHoldAge, before, after) => {
    const node = aNode({ state: 'hold', stateTime: 1000, holdExpiration });
    const config = { labels: LABELS, maxHoldAge };
    expect(decided({ node, config, now: before })).toMatchObject({ verdict: 'keep', again: after });
    expect(decided({ node, config, now: after }).verdict).toBe('delete');
  });

  it('[LAUNCHER 102] is given up when ready for longer than its label allows, but only if nobody owns it', () => {
    const config = {
      labels: new Map([['small', { name: 'small', minReady: 0, maxReadyAge: 60 }]]),
      maxHoldAge: Infinity,
    };
    const node = aNode({ stateTime: 950 });
    expect(decided({ node, config })).toMatchObject({ verdict: 'keep', again: 1010 });
    expect(decided({ node, config, now: 1010 }).because).toEqual([{ code: 'READY_TOO_OLD', age: 60, limit: 60 }]);
    expect(decided({ node: { ...node, allocatedTo: 'r' }, config, now: 99999 }).verdict).toBe('keep');
  });

  it('[LAUNCHER 103] is freed when its request is gone', () => {
    const decision = decided({ node: aNode({ allocatedTo: '200-0000000001' }), requestExists: () => false });
    expect(decision).toEqual({ verdict: 'free', because: [{ code: 'REQUEST_GONE', request: '200-0000000001' }] });
  });

  it('[LAUNCHER 104] stays with a request that exists, however long', () => {
    expect(decided({ node: aNode({ allocatedTo: 'r', stateTime: 0 }), now: 1e9 }).verdict).toBe('keep');
  });

  it('[LAUNCHER 105] is left alone when its provider is not ours', () => {
    for (const state of ['used', 'deleting', 'init', 'hold'] as const) {
      expect(decided({ node: aNode({ state }), ours: false }).verdict).toBe('keep');
    }
  });

  it('is deleted in init once its launcher is gone and the grace is over', () => {
    const node = aNode({ state: 'init', stateTime: 1000, launcher: 'dead' });
    expect(decided({ node, now: 1000 + INIT_GRACE - 1 }).verdict).toBe('keep');
    expect(decided({ node, now: 1000 + INIT_GRACE }).verdict).toBe('delete');
  });

  it('is left in init for longer while its launcher lives, and whatever the clocks say', () => {
    const node = aNode({ state: 'init', stateTime: 1000, launcher: 'alive' });
    const launcherAlive = (): boolean => true;
    for (const now of [1000, 1e9]) {
      expect(decided({ node, now, unborn: INIT_GRACE_ALIVE - 1, launcherAlive }).verdict).toBe('keep');
      expect(decided({ node, now, unborn: INIT_GRACE_ALIVE, launcherAlive }).verdict).toBe('delete');
    }
  });

  it('is deleted in init at once by the launcher that made it and does not come for it any more', () => {
    const node = aNode({ state: 'init', stateTime: 1000, launcher: 'alive' });
    const own = { node, now: 1000, launcherAlive: (): boolean => true };
    expect(decided({ ...own, orphan: true }).verdict).toBe('delete');
    expect(decided({ ...own, orphan: false }).verdict).toBe('keep');
  });

  it('is deleted in init after the grace even if it seems to be of the future', () => {
    const node = aNode({ state: 'init', stateTime: 5000, launcher: 'dead' });
    expect(decided({ node, now: 1000, unborn: INIT_GRACE - 1 })).toMatchObject({ verdict: 'keep', again: 1060 });
    expect(decided({ node, now: 1000, unborn: INIT_GRACE }).verdict).toBe('delete');
  });
});
