/**
 * What one pool is at with one request. A request has one phase at any time, and `nextPhase` is the only way from one to another.
 * Not to be confused with the state in the record, which all launchers and the client see.
 *
 * Times are seconds of a clock that never jumps.
 */
import type { RequestState } from '../model/request.js';
import { assertTransition } from './transition.js';
import { begunProgress, progressed } from './request-progress.js';
import type { ProgressEvent, RequestProgress, RequestWait } from './request-progress.js';

/**
 * - `closed`: nobody waits for it any more, or somebody else serves it.
 * - `open`: nobody serves it; each pass decides about it.
 * - `backing-off`: left alone until then; `sticky`: even if it changes meanwhile.
 * - `declining`: we are about to decline it.
 * - `locking`: we have decided to serve it, and stand for its lock.
 * - `serving`: we hold it; it is given nodes.
 */
export type RequestPhase = { readonly failures: number } & (
  | { readonly kind: 'closed' }
  | { readonly kind: 'open' }
  | { readonly kind: 'backing-off'; readonly until: number; readonly sticky: boolean }
  | { readonly kind: 'declining' }
  | {
      readonly kind: 'locking';
      readonly labels: readonly string[];
      readonly wait: RequestWait | null;
      readonly gone: boolean;
    }
  | { readonly kind: 'serving'; readonly progress: RequestProgress }
);

export type PhaseKind = RequestPhase['kind'];

export type PhaseEvent =
  /** The mirror shows it for the first time, changed, or not any more (null). */
  | { readonly kind: 'seen'; readonly state: RequestState | null }
  | { readonly kind: 'take'; readonly labels: readonly string[]; readonly wait: RequestWait | null }
  | { readonly kind: 'decline' }
  /** Locked, and pending in our name. */
  | { readonly kind: 'locked' }
  | { readonly kind: 'progress'; readonly event: ProgressEvent }
  /** What we did about it is over: it is served, or declined, or open again; and when. */
  | { readonly kind: 'done'; readonly outcome: Outcome; readonly state: RequestState | null; readonly at: number }
  | { readonly kind: 'backed-off'; readonly state: RequestState | null };

/** `dropped`: nothing came of it. `failed`: nor should that have been. */
export type Outcome = 'fulfilled' | 'declined' | 'dropped' | 'failed';

export const PHASE_TRANSITIONS: Readonly<Record<PhaseKind, readonly PhaseKind[]>> = {
  closed: ['open', 'closed'],
  open: ['locking', 'declining', 'open', 'closed'],
  'backing-off': ['open', 'backing-off', 'closed'],
  declining: ['declining', 'backing-off'],
  locking: ['locking', 'serving', 'open', 'backing-off', 'closed'],
  serving: ['serving', 'open', 'backing-off', 'closed'],
};

/** Somebody else held the request's lock, or the mirror is to show what we did: seconds before we look again, unless it changes. */
const BACK_OFF = 1;
/** The longest rest of a request that fails again and again, whatever it is that nobody expected of it. */
const LONGEST_BACK_OFF = 300;

const VANISHED = { kind: 'vanished' } as const;

export const UNSEEN: RequestPhase = { kind: 'closed', failures: 0 };

/** @throws IllegalTransitionError for an event that has no business in this phase */
export function nextPhase(phase: RequestPhase, event: PhaseEvent): RequestPhase {
  const next = after(phase, event);
  assertTransition('phase', PHASE_TRANSITIONS, phase.kind, next.kind);
  return next;
}

function after(phase: RequestPhase, event: PhaseEvent): RequestPhase {
  const { failures } = phase;
  switch (event.kind) {
    case 'seen':
      return seen(phase, event.state);
    case 'take':
      return { kind: 'locking', labels: event.labels, wait: event.wait, gone: false, failures };
    case 'decline':
      return { kind: 'declining', failures };
    case 'locked':
      return phase.kind === 'locking' ? locked(phase) : phase;
    case 'progress':
      return phase.kind === 'serving' ? { ...phase, progress: progressed(phase.progress, event.event) } : phase;
    case 'done':
      return done(phase, event);
    case 'backed-off':
      return phase.kind === 'backing-off' ? openIf(event.state, failures) : phase;
  }
}

/** What is in our hands stays there, whatever the mirror shows: that it is gone is told to those who serve it. */
function seen(phase: RequestPhase, state: RequestState | null): RequestPhase {
  switch (phase.kind) {
    case 'closed':
    case 'open':
    case 'backing-off':
      return stays(phase, state) ? phase : openIf(state, phase.failures);
    case 'serving':
      return state === null ? { ...phase, progress: progressed(phase.progress, VANISHED), failures: 0 } : phase;
    case 'locking':
      return state === null ? { ...phase, gone: true, failures: 0 } : phase;
    case 'declining':
      return phase;
  }
}

/** Is it no news to a request that is not in our hands? */
function stays(
  phase: RequestPhase & { readonly kind: 'closed' | 'open' | 'backing-off' },
  state: RequestState | null,
): boolean {
  if (phase.kind === 'backing-off') return phase.sticky && state === 'requested';
  return state !== null && (state === 'requested') === (phase.kind === 'open');
}

function locked({ labels, wait, gone, failures }: RequestPhase & { readonly kind: 'locking' }): RequestPhase {
  const progress = begunProgress(labels, wait);
  return { kind: 'serving', progress: gone ? progressed(progress, VANISHED) : progress, failures };
}

function openIf(state: RequestState | null, failures: number): RequestPhase {
  if (state === 'requested') return { kind: 'open', failures };
  return { kind: 'closed', failures: state === null ? 0 : failures };
}

function done(phase: RequestPhase, { outcome, state, at }: PhaseEvent & { readonly kind: 'done' }): RequestPhase {
  const failures = outcome === 'failed' ? phase.failures + 1 : 0;
  const backingOff = { kind: 'backing-off', failures } as const;
  // What it did with it shows as a change, too.
  if (outcome === 'failed') return { ...backingOff, sticky: true, until: at + failurePause(failures) };
  const end = phase.kind === 'serving' ? phase.progress.end : null;
  const backOffUntil = end?.kind === 'let-go' ? end.backOffUntil : 0;
  if (backOffUntil > at) return { ...backingOff, sticky: true, until: backOffUntil };
  if (outcome === 'dropped' || phase.kind === 'declining')
    return { ...backingOff, sticky: false, until: at + BACK_OFF };
  return openIf(state, failures);
}

/** Each time twice as long. */
function failurePause(failures: number): number {
  return Math.min(LONGEST_BACK_OFF, BACK_OFF * 2 ** (failures - 1));
}
