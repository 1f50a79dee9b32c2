/** One request, one phase: what may follow what, and what is remembered on the way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextPhase, PHASE_TRANSITIONS, UNSEEN } from '../../../src/domain/lifecycle/request-phase.js';
import type { PhaseEvent, RequestPhase } from '../../../src/domain/lifecycle/request-phase.js';
import { isSettled } from '../../../src/domain/lifecycle/request-progress.js';
import type { ProgressEvent, RequestProgress } from '../../../src/domain/lifecycle/request-progress.js';

const SEEN = { kind: 'seen', state: 'requested' } as const;
const TAKE = { kind: 'take', labels: ['small', 'large'], wait: null } as const;

function after(...events: readonly PhaseEvent[]): RequestPhase {
  return events.reduce(nextPhase, UNSEEN);
}

function progressOf(phase: RequestPhase): RequestProgress {
  if (phase.kind !== 'serving') throw new Error(`it is ${phase.kind}`);
  return phase.progress;
}

function serving(...events: readonly ProgressEvent[]): RequestProgress {
  const told = events.map((event): PhaseEvent => ({ kind: 'progress', event }));
  return progressOf(after(SEEN, TAKE, { kind: 'locked' }, ...told));
}

function done(
  outcome: (PhaseEvent & { kind: 'done' })['outcome'],
  at = 10,
  state: 'requested' | 'fulfilled' = 'requested',
): PhaseEvent {
  return { kind: 'done', outcome, state, at };
}

describe('the phases of a request', () => {
  it('go from open over locking and serving to closed', () => {
    const kinds = [SEEN, TAKE, { kind: 'locked' } as const, done('fulfilled', 10, 'fulfilled')].map(
      (_event, index, all) => after(...all.slice(0, index + 1)).kind,
    );
    expect(kinds).toEqual(['open', 'locking', 'serving', 'closed']);
  });

  it('rest for a second after somebody else was faster, unless it changes', () => {
    const dropped = after(SEEN, TAKE, done('dropped'));
    expect(dropped).toMatchObject({ kind: 'backing-off', until: 11, sticky: false });
    expect(nextPhase(dropped, SEEN).kind).toBe('open');
    expect(nextPhase(dropped, { kind: 'backed-off', state: 'requested' }).kind).toBe('open');
    expect(nextPhase(dropped, { kind: 'backed-off', state: 'pending' }).kind).toBe('closed');
  });

  it('rest longer each time something failed that should not have, whatever changes, and forget it once it went well', () => {
    let phase = after(SEEN);
    const pauses: number[] = [];
    for (let round = 0; round < 11; round += 1) {
      phase = [TAKE, done('failed')].reduce(nextPhase, phase);
      expect(nextPhase(phase, SEEN).kind).toBe('backing-off');
      pauses.push(phase.kind === 'backing-off' ? phase.until - 10 : 0);
      phase = nextPhase(phase, { kind: 'backed-off', state: 'requested' });
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    expect([TAKE, { kind: 'locked' } as const, done('declined')].reduce<RequestPhase>(nextPhase, phase)).toEqual({
      kind: 'open',
      failures: 0,
    });
    expect(nextPhase(phase, { kind: 'seen', state: null })).toEqual(UNSEEN);
  });

  it('leave a request alone for as long as was said when it was let go', () => {
    const events: readonly PhaseEvent[] = [
      SEEN,
      TAKE,
      { kind: 'locked' },
      { kind: 'progress', event: { kind: 'let-go', backOffUntil: 20 } },
      done('dropped'),
    ];
    expect(after(...events)).toMatchObject({ kind: 'backing-off', until: 20, sticky: true });
  });

  it('remember that a client deleted its request while we stood for the lock', () => {
    const phase = after(SEEN, TAKE, { kind: 'seen', state: null }, { kind: 'locked' });
    expect(progressOf(phase).end).toEqual({ kind: 'gone' });
  });

  it('refuse what has no business in a phase', () => {
    expect(() => after(TAKE)).toThrow('a phase cannot go from closed to locking');
    expect(() => after(SEEN, TAKE, { kind: 'decline' })).toThrow('a phase cannot go from locking to declining');
  });

  it('follow the table whatever happens in whatever order', () => {
    const event = fc.constantFrom<PhaseEvent>(
      SEEN,
      { kind: 'seen', state: 'pending' },
      { kind: 'seen', state: null },
      TAKE,
      { kind: 'decline' },
      { kind: 'locked' },
      done('dropped'),
      done('failed'),
      done('declined'),
      { kind: 'backed-off', state: 'requested' },
      { kind: 'progress', event: { kind: 'let-go', backOffUntil: 0 } },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        let phase = UNSEEN;
        for (const each of events) {
          const before = phase;
          try {
            phase = nextPhase(before, each);
          } catch {
            continue;
          }
          expect(PHASE_TRANSITIONS[before.kind]).toContain(phase.kind);
        }
      }),
    );
  });
});

describe('the progress of a request that is served', () => {
  const steps = [{ label: 'small', az: 'az1' }];

  it('counts what is needed, on its way and there', () => {
    const begun = serving({ kind: 'stepped', steps });
    expect(begun).toMatchObject({ needed: [{ label: 'large' }], underway: 1, az: 'az1' });
    const there = serving({ kind: 'stepped', steps }, { kind: 'obtained', label: 'small', node: 'n1' });
    expect(there).toMatchObject({ underway: 0, there: [{ label: 'small', node: 'n1' }] });
    expect(isSettled(there)).toBe(false);
  });

  it('needs again what came to nothing, with the attempts it has used up, and in any zone if it has nothing yet', () => {
    const again = serving({ kind: 'stepped', steps }, { kind: 'again', label: 'small', spent: 2, avoid: 'n1' });
    expect(again.needed).toEqual([
      { label: 'large', spent: 0 },
      { label: 'small', spent: 2 },
    ]);
    expect(again.az).toBeUndefined();
    expect([...again.avoid]).toEqual(['n1']);
  });

  it('keeps its zone while something of it is there or on its way', () => {
    const both = [...steps, { label: 'large', az: 'az1' }];
    const left = serving({ kind: 'stepped', steps: both }, { kind: 'again', label: 'small', spent: 0, avoid: null });
    expect(left.az).toBe('az1');
  });

  it('is settled when it will not be served, as soon as nothing is on its way', () => {
    const because = [{ code: 'HANDLER_ERROR', problem: 'x' }] as const;
    expect(isSettled(serving({ kind: 'stepped', steps }, { kind: 'declined', because }))).toBe(false);
    const over = serving({ kind: 'stepped', steps }, { kind: 'came-to-nothing', because });
    expect(isSettled(over)).toBe(true);
    expect(over.end).toEqual({ kind: 'decline', because });
  });

  it('keeps the first reason, but nothing is written for a request that is gone or let go', () => {
    const because = [{ code: 'HANDLER_ERROR', problem: 'first' }] as const;
    const later = [{ code: 'HANDLER_ERROR', problem: 'later' }] as const;
    const first = serving({ kind: 'declined', because }, { kind: 'declined', because: later });
    expect(first.end).toMatchObject({ because });
    expect(serving({ kind: 'declined', because }, { kind: 'vanished' }).end).toEqual({ kind: 'gone' });
    const letGo = { kind: 'let-go', backOffUntil: 0 } as const;
    expect(serving(letGo, { kind: 'vanished' }).end).toEqual(letGo);
  });
});
