/**
 * The gate that a trouble puts before creating instances: after a refusal nothing goes through for a while, then one probe, and with
 * each success twice as many at once, until it is gone. Each refused probe doubles the pause, up to a bound.
 *
 * Times are seconds of a clock that never jumps. Outcomes count for the round in which their create began: what began before the
 * last refusal tells nothing new.
 */
export type TroubleCause = 'capacity' | 'rate' | 'silence';

export interface Gate {
  readonly cause: TroubleCause;
  /** Told by the cloud with the last refusal. */
  readonly problem: string;
  /** The first and the last refusal, and how many counted. */
  readonly since: number;
  readonly lastRefusal: number;
  readonly refusals: number;
  /** From the last refusal to the next probe, before it was scattered. */
  readonly pause: number;
  /** Nothing but credits goes through before. */
  readonly opensAt: number;
  readonly round: number;
  /** Creates of this round that may be under way, that are, and when the last of them began. */
  readonly window: number;
  readonly underway: number;
  readonly lastBegun: number;
  /** Instances that ended since, whose room may be taken at once. */
  readonly credits: number;
}

/** How a create got through: null = there was no gate. */
export type Ticket = { readonly round: number; readonly credit: boolean } | null;

export interface Refusal {
  readonly cause: TroubleCause;
  readonly problem: string;
  /** How the refused create got through; null if it began without a gate, or was another call. */
  readonly ticket: Ticket;
  readonly at: number;
  /** In [0, 1): scatters the next probe, so that many launchers do not probe together. */
  readonly dice: number;
  /** Seconds that the cloud asked for. */
  readonly retryAfter?: number | undefined;
  /** Not used before. */
  readonly round: number;
}

interface Rules {
  /** Pauses, seconds. */
  readonly first: number;
  readonly longest: number;
  /** More need not go through at once for the gate to go. */
  readonly widest: number;
  /** The gate goes no sooner than this many seconds after the last refusal: what limits rates lets some through in between. */
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

export function refuse(gate: Gate | undefined, refusal: Refusal): Gate {
  if (gate && (refusal.ticket?.round !== gate.round || refusal.ticket.credit)) return echo(gate, refusal);
  const { cause, problem, at } = refusal;
  const { first, longest } = RULES[cause];
  const pause = gate ? Math.min(longest, gate.pause * 2) : first;
  return {
    cause,
    problem,
    since: gate?.since ?? at,
    lastRefusal: at,
    refusals: (gate?.refusals ?? 0) + 1,
    pause,
    opensAt: opensAt(refusal, pause),
    round: refusal.round,
    window: 1,
    underway: 0,
    lastBegun: -Infinity,
    credits: 0,
  };
}

/** A refusal of something that began earlier, or took freed room: it proves the trouble, but is no reason to wait longer and longer. */
function echo(gate: Gate, refusal: Refusal): Gate {
  // Once there was a success, old news are old.
  if (gate.window > 1 && refusal.retryAfter === undefined) return { ...gate, credits: 0 };
  const { problem, at } = refusal;
  return {
    ...gate,
    problem,
    lastRefusal: at,
    opensAt: Math.max(gate.opensAt, opensAt(refusal, gate.pause)),
    credits: 0,
  };
}

function opensAt({ at, dice, retryAfter }: Refusal, pause: number): number {
  if (retryAfter === undefined) return at + pause * (0.75 + dice / 2);
  const asked = Math.min(Math.max(0, retryAfter), LONGEST_RETRY_AFTER);
  return at + asked + Math.min(5, asked / 10 + 0.1) * dice;
}

/** How many creates may begin now. */
export function allowance(gate: Gate | undefined, now: number): number {
  if (!gate || isForgotten(gate, now)) return Infinity;
  return gate.credits + probes(gate, now);
}

function probes(gate: Gate, now: number): number {
  if (now < gate.opensAt) return 0;
  const free = gate.window - gate.underway;
  return free > 0 ? free : now - gate.lastBegun >= PATIENCE ? 1 : 0;
}

export function isForgotten(gate: Gate, now: number): boolean {
  return now - Math.max(gate.lastRefusal, gate.lastBegun, gate.opensAt) > FORGET;
}

/** How a create that begins now gets through. */
export function ticketFor(gate: Gate | undefined, now: number): Ticket {
  if (!gate || isForgotten(gate, now)) return null;
  // Freed room first: what is known to be there is no probe.
  return { round: gate.round, credit: gate.credits > 0 };
}

export function begin(gate: Gate, ticket: Ticket, at: number): Gate {
  if (ticket?.round !== gate.round) return gate;
  if (ticket.credit) return { ...gate, credits: gate.credits - 1 };
  return { ...gate, underway: gate.underway + 1, lastBegun: at };
}

/** The create that got through with the ticket went well. Undefined: the gate is gone. */
export function succeed(gate: Gate, ticket: Ticket, at: number): Gate | undefined {
  // Room that was freed and taken again does not tell of more.
  if (ticket?.round !== gate.round || ticket.credit) return gate;
  const { first, widest, calm } = RULES[gate.cause];
  const window = Math.min(widest, gate.window * 2);
  if (window === widest && at - gate.lastRefusal >= calm) return undefined;
  const pause = Math.max(first, gate.pause / 2);
  return { ...gate, window, pause, underway: gate.underway - 1, opensAt: Math.min(gate.opensAt, at) };
}

/** The create ended in a way that tells nothing about this trouble. */
export function settle(gate: Gate, ticket: Ticket): Gate {
  return ticket?.round !== gate.round || ticket.credit ? gate : { ...gate, underway: gate.underway - 1 };
}

/** An instance is gone: as many may be created. */
export function credit(gate: Gate): Gate {
  return { ...gate, credits: Math.min(MOST_CREDITS, gate.credits + 1) };
}

/** There is a sign of life: the next probe need not wait. */
export function hurry(gate: Gate, at: number): Gate {
  return { ...gate, opensAt: Math.min(gate.opensAt, at) };
}
