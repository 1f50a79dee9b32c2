import { describe, expect, it } from 'vitest';
import { MemoryJournal } from '../../../src/adapters/memory-journal/memory-journal.js';
import { RequestJournal } from '../../../src/apps/launcher/request-journal.js';
import type { RequestPlan } from '../../../src/domain/decide/pool-plan.js';
import type { DecisionJournal } from '../../../src/ports/telemetry/journal.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';

const POOL = { launcherId: 'pool', provider: 'cloud', name: 'main' };

/** Each pass has reasons of its own, though they say the same. */
function waits(ids: readonly string[], active = 1): readonly RequestPlan[] {
  const because = [{ code: 'MAX_CONCURRENCY', provider: 'cloud', active, limit: 1 }] as const;
  return ids.map((id) => ({ kind: 'leave', id, verdict: 'wait', because }));
}

describe('what is said of requests that are left alone', () => {
  function world(subjects: number) {
    let records = 0;
    const memory = new MemoryJournal(new VirtualClock(), { subjects });
    const counting: DecisionJournal = {
      record: (subject, decision) => {
        records += 1;
        memory.record(subject, decision);
      },
      entries: (kind, id) => memory.entries(kind, id),
    };
    const journal = new RequestJournal(counting, POOL, () => false);
    const pass = (plans: readonly RequestPlan[]): number => {
      const before = records;
      journal.begin();
      plans.forEach((plan) => journal.planned(plan));
      return records - before;
    };
    const said = (id: string) => memory.entries('request', id)[0]?.decision;
    return { journal, memory, pass, said };
  }
  const ids = Array.from({ length: 80 }, (_, at) => `200-${String(at).padStart(10, '0')}`);

  it('is not said again in every pass', () => {
    const { pass } = world(100);
    expect(pass(waits(ids))).toBe(80);
    expect([1, 2, 3].map(() => pass(waits(ids)))).toEqual([10, 10, 10]);
  });

  it('has the numbers of the last pass', () => {
    const { pass, said } = world(100);
    pass(waits(ids, 1));
    pass(waits(ids, 2));
    expect(ids.filter((id) => JSON.stringify(said(id)?.because).includes('"active":2'))).toEqual(ids);
  });

  it('is remembered for as long as they wait, however many others come and go', () => {
    const { memory, pass, said } = world(100);
    for (let round = 0; round < 100; round += 1) {
      pass(waits(ids));
      memory.record({ kind: 'request', id: `other ${round}`, decider: 'pool' }, { verdict: 'fulfilled', because: [] });
    }
    expect(ids.filter((id) => said(id) === undefined)).toEqual([]);
  });

  it('is said again when something else was said in between', () => {
    const { journal, pass, said } = world(100);
    pass(waits(ids));
    for (const id of ids) journal.declining(id, []);
    expect(said(ids[3] ?? '')?.verdict).toBe('decline');
    pass(waits(ids));
    expect(ids.filter((id) => said(id)?.verdict !== 'wait')).toEqual([]);
  });

  it('is said again to those that have come back', () => {
    const { journal, pass } = world(100);
    const [id = ''] = ids;
    const open = { kind: 'open', failures: 0 } as const;
    const closed = { kind: 'closed', failures: 0 } as const;
    pass(waits([id]));
    journal.changed(id, open, closed, { kind: 'seen', state: null }, null);
    journal.changed(id, closed, open, { kind: 'seen', state: 'requested' }, 'requested');
    expect(pass(waits([id]))).toBe(1);
  });
});
