import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { timeWaits } from '../../../src/adapters/memory-journal/time-waits.js';
import { RecordingMetrics } from '../../../src/adapters/memory-metrics/recording-metrics.js';
import { MemoryJournal } from '../../../src/adapters/memory-journal/memory-journal.js';
import type { Decision, Reason } from '../../../src/domain/explain/reason.js';
import type { DecisionSubject } from '../../../src/ports/telemetry/journal.js';

const quota = (used: number): Reason => ({
  code: 'QUOTA_POOL',
  owner: 'main',
  resource: 'cores',
  used,
  limit: 40,
  need: 4,
});
const wait = (...because: Reason[]): Decision<string> => ({ verdict: 'wait', because });
const about = (id: string, decider = 'one'): DecisionSubject => ({ kind: 'request', id, decider });

it('times how long reasons kept requests waiting, and nothing else', async () => {
  const clock = new VirtualClock();
  const metrics = new RecordingMetrics();
  const journal = new MemoryJournal(clock, { onSpell: timeWaits(metrics) });
  for (const subject of [about('100-1'), { kind: 'node', id: '1', decider: 'one' } as const]) {
    journal.record(subject, wait(quota(38)));
    await clock.advance(10);
    journal.record(subject, { verdict: 'accept', because: [] });
    await clock.advance(5);
    journal.record(subject, { verdict: 'fulfilled', because: [] });
  }
  expect([...metrics.timings]).toEqual([['nodepool.request.waited.QUOTA_POOL', [10]]]);
});

describe('the journal of decisions', () => {
  it('remembers since when a verdict stands, with the newest numbers', async () => {
    const clock = new VirtualClock();
    const journal = new MemoryJournal(clock);
    const start = clock.now();
    journal.record(about('100-1'), wait(quota(38)));
    await clock.advance(10);
    journal.record(about('100-1'), wait(quota(39)));
    expect(journal.entries('request', '100-1')).toEqual([
      {
        subject: about('100-1'),
        decision: wait(quota(39)),
        since: start,
        time: { from: start, what: 'QUOTA_POOL', since: start, before: [] },
      },
    ]);
  });

  it('adds up how long each thing was the reason, and tells of each spell when it ends', async () => {
    const clock = new VirtualClock();
    const told: string[] = [];
    const journal = new MemoryJournal(clock, {
      onSpell: ({ kind, id }, { what, seconds }) => told.push(`${kind} ${id} ${what} ${seconds}`),
    });
    const decisions: readonly (readonly [Decision<string>, number])[] = [
      [wait(quota(38)), 10],
      [wait(quota(39)), 5],
      [wait({ code: 'OTHERS_WAIT_FIRST', pool: 'main', waiting: 1 }), 3],
      [wait(quota(39)), 2],
      [{ verdict: 'accept', because: [] }, 7],
      [{ verdict: 'fulfilled', because: [] }, 100],
    ];
    for (const [decision, seconds] of decisions) {
      journal.record(about('100-1'), decision);
      await clock.advance(seconds);
    }
    expect(told).toEqual([
      'request 100-1 QUOTA_POOL 15',
      'request 100-1 OTHERS_WAIT_FIRST 3',
      'request 100-1 QUOTA_POOL 2',
      'request 100-1 being served 7',
    ]);
    expect(journal.entries('request', '100-1')[0]?.time).toMatchObject({
      what: null,
      before: [
        { what: 'QUOTA_POOL', seconds: 17 },
        { what: 'OTHERS_WAIT_FIRST', seconds: 3 },
        { what: 'being served', seconds: 7 },
      ],
    });
  });

  it('begins anew with another verdict or another reason', async () => {
    const clock = new VirtualClock();
    const journal = new MemoryJournal(clock);
    const since = (): number | undefined => journal.entries('request', '100-1').at(-1)?.since;
    journal.record(about('100-1'), wait(quota(38)));
    await clock.advance(10);
    journal.record(about('100-1'), wait(quota(38), { code: 'REQUEST_LOCKED' }));
    expect(since()).toBe(clock.now());
    const then = clock.now();
    await clock.advance(10);
    journal.record(about('100-1'), wait({ code: 'REQUEST_LOCKED' }, quota(1)));
    expect(since()).toBe(then);
    journal.record(about('100-1'), { verdict: 'decline', because: [quota(1), { code: 'REQUEST_LOCKED' }] });
    expect(since()).toBe(clock.now());
  });

  it('keeps what each decider said, the latest last, and kinds apart', () => {
    const journal = new MemoryJournal(new VirtualClock());
    journal.record(about('7', 'one'), wait(quota(1)));
    journal.record(about('7', 'two'), wait(quota(2)));
    journal.record(about('7', 'one'), wait(quota(3)));
    expect(journal.entries('request', '7').map((entry) => entry.subject.decider)).toEqual(['two', 'one']);
    expect(journal.entries('node', '7')).toEqual([]);
    expect(journal.entries('request', '8')).toEqual([]);
  });

  it('forgets those nobody decided about for the longest time', () => {
    const journal = new MemoryJournal(new VirtualClock(), { subjects: 2, deciders: 2 });
    for (const id of ['1', '2', '1', '3']) journal.record(about(id), wait(quota(1)));
    expect(['1', '2', '3'].filter((id) => journal.entries('request', id).length > 0)).toEqual(['1', '3']);
    for (const decider of ['a', 'b', 'a', 'c']) journal.record(about('3', decider), wait(quota(1)));
    expect(journal.entries('request', '3').map((entry) => entry.subject.decider)).toEqual(['a', 'c']);
  });

  it('bounds each kind for itself: many nodes do not push the requests out', () => {
    const journal = new MemoryJournal(new VirtualClock(), { subjects: 2 });
    journal.record(about('1'), wait(quota(1)));
    for (let id = 0; id < 100; id += 1) {
      journal.record({ kind: 'node', id: String(id), decider: 'one' }, wait(quota(1)));
    }
    expect(journal.entries('request', '1')).toHaveLength(1);
    expect(journal.entries('node', '97')).toEqual([]);
    expect(journal.entries('node', '98')).toHaveLength(1);
  });

  it('tells of changes only, with what was said before', () => {
    const changes: (string | undefined)[][] = [];
    const journal = new MemoryJournal(new VirtualClock(), {
      onChange: (entry, before) => changes.push([entry.decision.verdict, before?.decision.verdict]),
    });
    journal.record(about('1'), wait(quota(1), { code: 'REQUEST_LOCKED' }));
    journal.record(about('1'), wait({ code: 'REQUEST_LOCKED' }, quota(2), quota(3)));
    journal.record(about('1'), { verdict: 'accept', because: [] });
    expect(changes).toEqual([
      ['wait', undefined],
      ['accept', 'wait'],
    ]);
  });
});
