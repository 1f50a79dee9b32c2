/**
 * One circuit of a circuit breaker, for one trouble: after a refusal it is *open* and nothing goes through for a while; then it is
 * *half-open* and lets one probe through, and with each success twice as many at once, until it is *closed*, which is said by there
 * being none. Each refused probe doubles the pause, up to a bound.
 *
 * Times are seconds of a clock that never jumps. Outcomes count for the round in which their create began: what began before the
 * last refusal tells nothing new.
 */
export type TroubleCause = 'capacity' | 'rate' | 'silence';

export interface Circuit {
  readonly cause: TroubleCause;
  /** Told by the cloud with the last refusal. */
  readonly problem: string;
  /** The first and the last refusal, and how many counted. */
  readonly since: number;
  readonly lastRefusal: number;
  readonly refusals: number;
  /** From the last refusal to the next probe, before it was scattered. */
  readonly pause: number;
  /** Until then it is open: nothing but credits goes through. */
  readonly probesAt: number;
  readonly round: number;
  /** Creates of this round that may be under way, that are, and when the last of them began. */
  readonly window: number;
  readonly underway: number;
  readonly lastBegun: number;
  /** Instances that ended since, whose room may be taken at once. */
  readonly credits: number;
}

/** How a create got through: null = the circuit was closed. */
export type Trial = { readonly round: number; readonly credit: boolean } | null;

export interface Refusal {
  readonly cause: TroubleCause;
  readonly problem: string;
  /** How the refused create got through; null if the circuit was closed, or it was another call. */
  readonly trial: Trial;
  readonly at: number;
  /** In [0, 1): scatters the next probe, so that many launchers do not probe together. */
  readonly random: number;
  /** Seconds that the cloud asked for. */
  readonly retryAfter?: number | undefined;
  /** Not used before. */
  readonly round: number;
}

interface Rules {
  /** Pauses, seconds. */
  readonly first: number;
  readonly longest: number;
  /** More need not go through at once for the circuit to close. */
  readonly widest: number;
  /** The circuit closes no sooner than this many seconds after the last refusal: what limits rates lets some through in between. */
  readonly calm: number;
}

const RULES: Readonly<Record<TroubleCause, Rules>> = {
  capacity: { first: 5, longest: 60, widest: 64, calm: 0 },
  rate: { first: 2, longest: 60, widest: 16, calm: 120 },
  silence: { first: 10, longest: 120, widest: 16, calm: 0 },
};
/** A probe that takes longer than this, seconds, does not keep the next one waiting. */
const PATIENCE = 60;
/** A cloud that wants to be left alone for longer is asked again all the same, seconds. */
const LONGEST_RETRY_AFTER = 3600;
/** What was learnt longer ago than this, seconds, is worth nothing. */
const FORGET = 900;
const MOST_CREDITS = 100;

export function refuse(circuit: Circuit | undefined, refusal: Refusal): Circuit {
  if (circuit && (refusal.trial?.round !== circuit.round || refusal.trial.credit)) return echo(circuit, refusal);
  const { cause, problem, at } = refusal;
  const { first, longest } = RULES[cause];
  const pause = circuit ? Math.min(longest, circuit.pause * 2) : first;
  return {
    cause,
    problem,
    since: circuit?.since ?? at,
    lastRefusal: at,
    refusals: (circuit?.refusals ?? 0) + 1,
    pause,
    probesAt: probesAt(refusal, pause),
    round: refusal.round,
    window: 1,
    underway: 0,
    lastBegun: -Infinity,
    credits: 0,
  };
}

/** A refusal of something that began earlier, or took freed room: it proves the trouble, but is no reason to wait longer and longer. */
function echo(circuit: Circuit, refusal: Refusal): Circuit {
  // Once there was a success, old news are old.
  if (circuit.window > 1 && refusal.retryAfter === undefined) return { ...circuit, credits: 0 };
  const { problem, at } = refusal;
  return {
    ...circuit,
    problem,
    lastRefusal: at,
    probesAt: Math.max(circuit.probesAt, probesAt(refusal, circuit.pause)),
    credits: 0,
  };
}

function probesAt({ at, random, retryAfter }: Refusal, pause: number): number {
  if (retryAfter === undefined) return at + pause * (0.75 + random / 2);
  const asked = Math.min(Math.max(0, retryAfter), LONGEST_RETRY_AFTER);
  return at + asked + Math.min(5, asked / 10 + 0.1) * random;
}

export type CircuitState = 'closed' | 'open' | 'half-open';

export function circuitState(circuit: Circuit | undefined, now: number): CircuitState {
  if (!circuit || isForgotten(circuit, now)) return 'closed';
  return now < circuit.probesAt ? 'open' : 'half-open';
}

/** How many creates may begin now. */
export function allowance(circuit: Circuit | undefined, now: number): number {
  if (!circuit || circuitState(circuit, now) === 'closed') return Infinity;
  return circuit.credits + probes(circuit, now);
}

function probes(circuit: Circuit, now: number): number {
  if (now < circuit.probesAt) return 0;
  const free = circuit.window - circuit.underway;
  return free > 0 ? free : now - circuit.lastBegun >= PATIENCE ? 1 : 0;
}

/** When time alone lets more through than now: at the next probe, or when those under way have taken too long. */
export function allowsAt({ probesAt, window, underway, lastBegun }: Circuit): number {
  return underway < window ? probesAt : Math.max(probesAt, lastBegun + PATIENCE);
}

export function isForgotten(circuit: Circuit, now: number): boolean {
  return now - Math.max(circuit.lastRefusal, circuit.lastBegun, circuit.probesAt) > FORGET;
}

/** How a create that begins now gets through. */
export function trialFor(circuit: Circuit | undefined, now: number): Trial {
  if (!circuit || isForgotten(circuit, now)) return null;
  // Freed room first: what is known to be there is no probe.
  return { round: circuit.round, credit: circuit.credits > 0 };
}

export function begin(circuit: Circuit, trial: Trial, at: number): Circuit {
  if (trial?.round !== circuit.round) return circuit;
  if (trial.credit) return { ...circuit, credits: circuit.credits - 1 };
  return { ...circuit, underway: circuit.underway + 1, lastBegun: at };
}

/** The create that got through with the trial went well. Undefined: the circuit is gone. */
export function succeed(circuit: Circuit, trial: Trial, at: number): Circuit | undefined {
  // Room that was freed and taken again does not tell of more.
  if (trial?.round !== circuit.round || trial.credit) return circuit;
  const { first, widest, calm } = RULES[circuit.cause];
  const window = Math.min(widest, circuit.window * 2);
  if (window === widest && at - circuit.lastRefusal >= calm) return undefined;
  const pause = Math.max(first, circuit.pause / 2);
  return { ...circuit, window, pause, underway: circuit.underway - 1, probesAt: Math.min(circuit.probesAt, at) };
}

/** The create ended in a way that tells nothing about this trouble. */
export function settle(circuit: Circuit, trial: Trial): Circuit {
  return trial?.round !== circuit.round || trial.credit ? circuit : { ...circuit, underway: circuit.underway - 1 };
}

/** An instance is gone: as many may be created. */
export function credit(circuit: Circuit): Circuit {
  return { ...circuit, credits: Math.min(MOST_CREDITS, circuit.credits + 1) };
}

/** There is a sign of life: the next probe need not wait. */
export function hurry(circuit: Circuit, at: number): Circuit {
  return { ...circuit, probesAt: Math.min(circuit.probesAt, at) };
}
