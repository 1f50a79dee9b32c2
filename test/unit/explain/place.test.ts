import { describe, expect, it } from 'vitest';
import { placeOf } from '../../../src/domain/explain/place.js';
import type { Competitor } from '../../../src/domain/explain/place.js';
import type { RegisteredPool } from '../../../src/domain/model/launcher.js';
import type { NodeRequest } from '../../../src/domain/model/request.js';
import { aRequest } from '../../support/builders.js';

const pool = (id: string, ...supportedLabels: string[]): RegisteredPool => ({
  id,
  providerName: 'cloud',
  poolName: id,
  supportedLabels,
  priority: 100,
  paused: false,
});
const POOLS = [pool('main', 'small', 'big'), pool('spare', 'big'), pool('other', 'arm')];

let sequence = 0;
function waits(change: Partial<NodeRequest> = {}, lacks = change.nodeTypes?.length ?? 1, priority = '200'): Competitor {
  const id = `${priority}-${String(sequence++).padStart(10, '0')}`;
  return { request: { id, value: aRequest({ nodeTypes: ['small'], ...change }), version: 0 }, lacks };
}
const place = (all: readonly Competitor[], who: Competitor, pools = POOLS): ReturnType<typeof placeOf> =>
  placeOf(who.request.id, all, pools);

describe('where a request stands', () => {
  it('behind the older, before the younger, and more important ones go first', () => {
    const [old, own, young] = [waits(), waits({ nodeTypes: ['small', 'small'] }), waits()];
    const urgent = waits({}, 1, '100');
    expect(place([young, own, old, urgent], own)).toEqual({
      position: 3,
      of: 4,
      nodesAhead: 2,
      lacks: 2,
      pools: ['cloud/main'],
    });
  });

  it('those in the hands of a pool go first, with what they still lack', () => {
    const [own, pending] = [waits({}, 1, '100'), waits({ state: 'pending', nodeTypes: ['big', 'big', 'big'] }, 2)];
    expect(place([own, pending], own)).toMatchObject({ position: 2, nodesAhead: 2 });
  });

  it('those that want none of its pools, or lack nothing, are not in its way', () => {
    const arm = waits({ nodeTypes: ['arm'] });
    const done = waits({ state: 'pending' }, 0);
    const declined = waits({ nodeTypes: ['big'], declinedBy: ['main'] });
    const own = waits();
    expect(place([arm, done, declined, own], own)).toMatchObject({ position: 1, of: 1, nodesAhead: 0 });
  });

  it('is no place where it lacks nothing, is gone, or nobody could serve it', () => {
    const done = waits({}, 0);
    const unknown = waits({ nodeTypes: ['unknown'] });
    const elsewhere = waits({ provider: 'elsewhere' });
    for (const each of [done, unknown, elsewhere]) expect(place([each], each)).toBeUndefined();
    expect(placeOf('200-9999999999', [done], POOLS)).toBeUndefined();
  });
});
