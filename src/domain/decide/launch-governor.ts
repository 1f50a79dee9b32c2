/**
 * How fast instances may be created in one provider, after its cloud has said that it has no room (a gate per zone), that it is
 * asked too much, or has said nothing at all (a gate for the whole provider each). What happens is told as events; each answers a new
 * state. Deleting is never held back, and what a cloud refuses in one zone or provider concerns no other.
 *
 * Times are seconds of a clock that never jumps.
 */
import { allowance, begin, credit, hurry, isForgotten, refuse, settle, succeed, ticketFor } from './launch-gate.js';
import type { Gate, Ticket } from './launch-gate.js';

export type Zone = string | null;

export interface GovernorState {
  /** By scope; there is none where all is well. */
  readonly gates: ReadonlyMap<string, Gate>;
  readonly rounds: number;
  /** Creates without an answer, and since when there was none, if there are any. */
  readonly unanswered: number;
  readonly quietSince: number;
  /** The last answer to any call. */
  readonly lastAnswer: number;
}

export const UNGOVERNED: GovernorState = {
  gates: new Map(),
  rounds: 0,
  unanswered: 0,
  quietSince: 0,
  lastAnswer: -Infinity,
};

/** How a create got through all gates. */
export interface Pass {
  readonly zone: Zone;
  readonly begunAt: number;
  readonly tickets: ReadonlyMap<string, Ticket>;
}

interface Told {
  readonly at: number;
}

interface Unlucky extends Told {
  /** In [0, 1). */
  readonly dice: number;
}

/**
 * Of a create with its pass: `begun`; `accepted`: the cloud took it; `running`: the instance runs; `refused`: for want of room, or
 * because of too many calls; `ended`: anything else; `expired`: no answer in time. Each but `begun` and `accepted` is its last.
 *
 * Of the provider: `other-answered`, `other-refused` (for its rate) and `other-expired` for calls that are no creates, `freed`: an
 * instance is gone; `hung`: see `isHanging`.
 */
export type GovernorEvent =
  | (Told & { readonly kind: 'begun' | 'accepted' | 'running'; readonly pass: Pass })
  | (Unlucky & {
      readonly kind: 'refused';
      readonly pass: Pass;
      readonly cause: 'capacity' | 'rate';
      readonly problem: string;
      readonly retryAfter?: number | undefined;
      /** Was it accepted before? */
      readonly accepted: boolean;
    })
  | (Told & { readonly kind: 'ended'; readonly pass: Pass; readonly accepted: boolean; readonly answered: boolean })
  | (Unlucky & { readonly kind: 'expired'; readonly pass: Pass })
  | (Told & { readonly kind: 'other-answered' })
  | (Unlucky & { readonly kind: 'other-refused'; readonly problem: string; readonly retryAfter?: number | undefined })
  | (Unlucky & { readonly kind: 'other-expired'; readonly askedAt: number })
  | { readonly kind: 'freed'; readonly zone: Zone }
  | (Unlucky & { readonly kind: 'hung' });

/** A create that has no answer after this many seconds, while others have none either, makes an API silent. */
export const SILENT_AFTER = 60;

const NO_TICKETS: ReadonlyMap<string, Ticket> = new Map();
const RATE = 'rate';
const SILENCE = 'silence';
const SILENT_PROBLEM = 'calls have had no answer in time';

export function zoneScope(zone: Zone): string {
  return `zone ${zone ?? ''}`;
}

/** The gates on the way of a create in the zone, those of the whole provider first. */
export function gatesBefore(state: GovernorState, zone: Zone): readonly Gate[] {
  if (state.gates.size === 0) return [];
  return [SILENCE, RATE, zoneScope(zone)].flatMap((scope) => state.gates.get(scope) ?? []);
}

/** Refusals of the cloud for this cause that were news: a create that ran into what was known already does not count. */
export function refusalsCounted(state: GovernorState, zone: Zone, cause: 'capacity' | 'rate'): number {
  return state.gates.get(cause === 'rate' ? RATE : zoneScope(zone))?.refusals ?? 0;
}

/** How many creates may begin in the zone now; Infinity where all is well. */
export function createsAllowed(state: GovernorState, zone: Zone, now: number): number {
  let allowed = Infinity;
  for (const gate of gatesBefore(state, zone)) allowed = Math.min(allowed, allowance(gate, now));
  return allowed;
}

export function passFor(state: GovernorState, zone: Zone, now: number): Pass {
  if (state.gates.size === 0) return { zone, begunAt: now, tickets: NO_TICKETS };
  const tickets = new Map<string, Ticket>();
  for (const scope of [SILENCE, RATE, zoneScope(zone)]) {
    const gate = state.gates.get(scope);
    if (gate) tickets.set(scope, ticketFor(gate, now));
  }
  return { zone, begunAt: now, tickets };
}

/** Has a create had no answer for so long that the API counts as silent, or as still silent? Then it is `hung`. */
export function isHanging(state: GovernorState, now: number): boolean {
  const gate = state.gates.get(SILENCE);
  if (!gate) return state.unanswered > 0 && now - state.quietSince >= SILENT_AFTER;
  return gate.underway > 0 && state.quietSince <= gate.lastBegun && now - gate.lastBegun >= SILENT_AFTER;
}

export function govern(state: GovernorState, event: GovernorEvent): GovernorState {
  switch (event.kind) {
    case 'begun':
      return begun(state, event.pass, event.at);
    case 'accepted':
      return passed(passed(answered(state, event.at, true), RATE, event), SILENCE, event);
    case 'running':
      return passed(state, zoneScope(event.pass.zone), event);
    case 'refused':
      return refused(state, event);
    case 'ended':
      return ended(state, event);
    case 'expired':
      return expired(state, event);
    case 'other-answered':
      return answered(state, event.at, false);
    case 'other-refused':
      return shut(answered(state, event.at, false), RATE, { ...event, cause: 'rate', ticket: null });
    case 'other-expired':
      return state.lastAnswer >= event.askedAt ? state : silent(state, event, null);
    case 'freed':
      return changed(state, zoneScope(event.zone), credit);
    case 'hung': {
      const gate = state.gates.get(SILENCE);
      return silent(state, event, gate ? { round: gate.round, credit: false } : null);
    }
  }
}

function begun(state: GovernorState, pass: Pass, at: number): GovernorState {
  let next = state;
  for (const [scope, ticket] of pass.tickets) next = changed(next, scope, (gate) => begin(gate, ticket, at));
  return { ...next, unanswered: state.unanswered + 1, quietSince: state.unanswered === 0 ? at : state.quietSince };
}

function answered(state: GovernorState, at: number, create: boolean): GovernorState {
  const alive = changed({ ...state, lastAnswer: at }, SILENCE, (gate) => hurry(gate, at));
  return create ? { ...alive, unanswered: state.unanswered - 1, quietSince: at } : alive;
}

function refused(state: GovernorState, event: GovernorEvent & { readonly kind: 'refused' }): GovernorState {
  const { pass, cause, at, accepted } = event;
  const told = accepted ? state : passed(answered(state, at, true), SILENCE, event);
  const zone = zoneScope(pass.zone);
  if (cause === 'rate') {
    return settled(shut(told, RATE, { ...event, ticket: pass.tickets.get(RATE) ?? null }), zone, pass);
  }
  const heard = accepted ? told : passed(told, RATE, event);
  return shut(heard, zone, { ...event, ticket: pass.tickets.get(zone) ?? null });
}

function ended(state: GovernorState, event: GovernorEvent & { readonly kind: 'ended' }): GovernorState {
  const { pass, at } = event;
  const next = settled(state, zoneScope(pass.zone), pass);
  if (event.accepted) return next;
  if (event.answered) return passed(passed(answered(next, at, true), RATE, event), SILENCE, event);
  return settled(settled({ ...next, unanswered: next.unanswered - 1 }, RATE, pass), SILENCE, pass);
}

function expired(state: GovernorState, event: GovernorEvent & { readonly kind: 'expired' }): GovernorState {
  const { pass } = event;
  const next = settled(settled(state, zoneScope(pass.zone), pass), RATE, pass);
  const fewer = { ...next, unanswered: next.unanswered - 1 };
  // Others were answered since: it was this one only.
  if (state.quietSince > pass.begunAt) return settled(fewer, SILENCE, pass);
  return silent(fewer, event, pass.tickets.get(SILENCE) ?? null);
}

function silent(state: GovernorState, { at, dice }: Unlucky, ticket: Ticket): GovernorState {
  return shut(state, SILENCE, { at, dice, ticket, cause: 'silence', problem: SILENT_PROBLEM });
}

function shut(
  state: GovernorState,
  scope: string,
  refusal: Omit<Parameters<typeof refuse>[1], 'round'>,
): GovernorState {
  const rounds = state.rounds + 1;
  const known = state.gates.get(scope);
  const gate = refuse(known && isForgotten(known, refusal.at) ? undefined : known, { ...refusal, round: rounds });
  return { ...state, rounds, gates: new Map(state.gates).set(scope, gate) };
}

function passed(state: GovernorState, scope: string, { pass, at }: { readonly pass: Pass } & Told): GovernorState {
  return changed(state, scope, (gate) => succeed(gate, pass.tickets.get(scope) ?? null, at));
}

function settled(state: GovernorState, scope: string, pass: Pass): GovernorState {
  return changed(state, scope, (gate) => settle(gate, pass.tickets.get(scope) ?? null));
}

function changed(state: GovernorState, scope: string, change: (gate: Gate) => Gate | undefined): GovernorState {
  const gate = state.gates.get(scope);
  if (!gate) return state;
  const next = change(gate);
  if (next === gate) return state;
  const gates = new Map(state.gates);
  if (next) gates.set(scope, next);
  else gates.delete(scope);
  return { ...state, gates };
}
