/**
 * How fast instances may be created in one provider, after its cloud has said that it has no room (a circuit per zone), that it is
 * asked too much, or has said nothing at all (a circuit for the whole provider each). What happens is told as events; each answers a new
 * state. Deleting is never held back, and what a cloud refuses in one zone or provider concerns no other.
 *
 * Times are seconds of a clock that never jumps.
 */
import { allowance, begin, credit, hurry, isForgotten, refuse, settle, succeed, trialFor } from './circuit.js';
import type { Circuit, Trial } from './circuit.js';

export type Zone = string | null;

export interface BreakerState {
  /** By scope; there is none where all is well. */
  readonly circuits: ReadonlyMap<string, Circuit>;
  readonly rounds: number;
  /** Creates without an answer, and since when there was none, if there are any. */
  readonly unanswered: number;
  readonly quietSince: number;
  /** The last answer to any call. */
  readonly lastAnswer: number;
}

export const ALL_CLOSED: BreakerState = {
  circuits: new Map(),
  rounds: 0,
  unanswered: 0,
  quietSince: 0,
  lastAnswer: -Infinity,
};

/** How a create got through all circuits. */
export interface Permission {
  readonly zone: Zone;
  readonly begunAt: number;
  readonly trials: ReadonlyMap<string, Trial>;
}

interface Told {
  readonly at: number;
}

interface Unlucky extends Told {
  /** In [0, 1). */
  readonly random: number;
}

/**
 * Of a create with its permission: `begun`; `accepted`: the cloud took it; `running`: the instance runs; `refused`: for want of room, or
 * because of too many calls; `ended`: anything else; `expired`: no answer in time. Each but `begun` and `accepted` is its last.
 *
 * Of the provider: `other-answered`, `other-refused` (for its rate) and `other-expired` for calls that are no creates, `freed`: an
 * instance is gone; `hung`: see `isHanging`.
 */
export type BreakerEvent = CreateEvent | ProviderEvent;

type CreateEvent =
  | (Told & { readonly kind: 'begun' | 'accepted' | 'running'; readonly permission: Permission })
  | (Unlucky & {
      readonly kind: 'refused';
      readonly permission: Permission;
      readonly cause: 'capacity' | 'rate';
      readonly problem: string;
      readonly retryAfter?: number | undefined;
      /** Was it accepted before? */
      readonly accepted: boolean;
    })
  | (Told & {
      readonly kind: 'ended';
      readonly permission: Permission;
      readonly accepted: boolean;
      readonly answered: boolean;
    })
  | (Unlucky & { readonly kind: 'expired'; readonly permission: Permission });

type ProviderEvent =
  | (Told & { readonly kind: 'other-answered' })
  | (Unlucky & { readonly kind: 'other-refused'; readonly problem: string; readonly retryAfter?: number | undefined })
  | (Unlucky & { readonly kind: 'other-expired'; readonly askedAt: number })
  | { readonly kind: 'freed'; readonly zone: Zone }
  | (Unlucky & { readonly kind: 'hung' });

/** A create that has no answer after this many seconds, while others have none either, makes an API silent. */
export const SILENT_AFTER = 60;

const NO_TRIALS: ReadonlyMap<string, Trial> = new Map();
const RATE = 'rate';
const SILENCE = 'silence';
const SILENT_PROBLEM = 'calls have had no answer in time';

export function zoneScope(zone: Zone): string {
  return `zone ${zone ?? ''}`;
}

/** The circuits on the way of a create in the zone, those of the whole provider first. */
export function circuitsBefore(state: BreakerState, zone: Zone): readonly Circuit[] {
  if (state.circuits.size === 0) return [];
  return [SILENCE, RATE, zoneScope(zone)].flatMap((scope) => state.circuits.get(scope) ?? []);
}

/** Refusals of the cloud for this cause that were news: a create that ran into what was known already does not count. */
export function refusalsCounted(state: BreakerState, zone: Zone, cause: 'capacity' | 'rate'): number {
  return state.circuits.get(cause === 'rate' ? RATE : zoneScope(zone))?.refusals ?? 0;
}

/** How many creates may begin in the zone now; Infinity where all is well. */
export function createsAllowed(state: BreakerState, zone: Zone, now: number): number {
  let allowed = Infinity;
  for (const circuit of circuitsBefore(state, zone)) allowed = Math.min(allowed, allowance(circuit, now));
  return allowed;
}

export function permissionFor(state: BreakerState, zone: Zone, now: number): Permission {
  if (state.circuits.size === 0) return { zone, begunAt: now, trials: NO_TRIALS };
  const trials = new Map<string, Trial>();
  for (const scope of [SILENCE, RATE, zoneScope(zone)]) {
    const circuit = state.circuits.get(scope);
    if (circuit) trials.set(scope, trialFor(circuit, now));
  }
  return { zone, begunAt: now, trials };
}

/** Has a create had no answer for so long that the API counts as silent, or as still silent? Then it is `hung`. */
export function isHanging(state: BreakerState, now: number): boolean {
  const circuit = state.circuits.get(SILENCE);
  if (!circuit) return state.unanswered > 0 && now - state.quietSince >= SILENT_AFTER;
  return circuit.underway > 0 && state.quietSince <= circuit.lastBegun && now - circuit.lastBegun >= SILENT_AFTER;
}

export function breakerAfter(state: BreakerState, event: BreakerEvent): BreakerState {
  return 'permission' in event ? afterCreate(state, event) : afterProvider(state, event);
}

function afterCreate(state: BreakerState, event: CreateEvent): BreakerState {
  switch (event.kind) {
    case 'begun':
      return begun(state, event.permission, event.at);
    case 'accepted':
      return passed(passed(answered(state, event.at, true), RATE, event), SILENCE, event);
    case 'running':
      return passed(state, zoneScope(event.permission.zone), event);
    case 'refused':
      return refused(state, event);
    case 'ended':
      return ended(state, event);
    case 'expired':
      return expired(state, event);
  }
}

function afterProvider(state: BreakerState, event: ProviderEvent): BreakerState {
  switch (event.kind) {
    case 'other-answered':
      return answered(state, event.at, false);
    case 'other-refused':
      return opened(answered(state, event.at, false), RATE, { ...event, cause: 'rate', trial: null });
    case 'other-expired':
      return state.lastAnswer >= event.askedAt ? state : silent(state, event, null);
    case 'freed':
      return changed(state, zoneScope(event.zone), credit);
    case 'hung': {
      const circuit = state.circuits.get(SILENCE);
      return silent(state, event, circuit ? { round: circuit.round, credit: false } : null);
    }
  }
}

function begun(state: BreakerState, permission: Permission, at: number): BreakerState {
  let next = state;
  for (const [scope, trial] of permission.trials) next = changed(next, scope, (circuit) => begin(circuit, trial, at));
  return { ...next, unanswered: state.unanswered + 1, quietSince: state.unanswered === 0 ? at : state.quietSince };
}

function answered(state: BreakerState, at: number, create: boolean): BreakerState {
  const alive = changed({ ...state, lastAnswer: at }, SILENCE, (circuit) => hurry(circuit, at));
  return create ? { ...alive, unanswered: state.unanswered - 1, quietSince: at } : alive;
}

function refused(state: BreakerState, event: BreakerEvent & { readonly kind: 'refused' }): BreakerState {
  const { permission, cause, at, accepted } = event;
  const told = accepted ? state : passed(answered(state, at, true), SILENCE, event);
  const zone = zoneScope(permission.zone);
  if (cause === 'rate') {
    return settled(opened(told, RATE, { ...event, trial: permission.trials.get(RATE) ?? null }), zone, permission);
  }
  const heard = accepted ? told : passed(told, RATE, event);
  return opened(heard, zone, { ...event, trial: permission.trials.get(zone) ?? null });
}

function ended(state: BreakerState, event: BreakerEvent & { readonly kind: 'ended' }): BreakerState {
  const { permission, at } = event;
  const next = settled(state, zoneScope(permission.zone), permission);
  if (event.accepted) return next;
  if (event.answered) return passed(passed(answered(next, at, true), RATE, event), SILENCE, event);
  return settled(settled({ ...next, unanswered: next.unanswered - 1 }, RATE, permission), SILENCE, permission);
}

function expired(state: BreakerState, event: BreakerEvent & { readonly kind: 'expired' }): BreakerState {
  const { permission } = event;
  const next = settled(settled(state, zoneScope(permission.zone), permission), RATE, permission);
  const fewer = { ...next, unanswered: next.unanswered - 1 };
  // Others were answered since: it was this one only.
  if (state.quietSince > permission.begunAt) return settled(fewer, SILENCE, permission);
  return silent(fewer, event, permission.trials.get(SILENCE) ?? null);
}

function silent(state: BreakerState, { at, random }: Unlucky, trial: Trial): BreakerState {
  return opened(state, SILENCE, { at, random, trial, cause: 'silence', problem: SILENT_PROBLEM });
}

function opened(
  state: BreakerState,
  scope: string,
  refusal: Omit<Parameters<typeof refuse>[1], 'round'>,
): BreakerState {
  const rounds = state.rounds + 1;
  const known = state.circuits.get(scope);
  const circuit = refuse(known && isForgotten(known, refusal.at) ? undefined : known, { ...refusal, round: rounds });
  return { ...state, rounds, circuits: new Map(state.circuits).set(scope, circuit) };
}

function passed(
  state: BreakerState,
  scope: string,
  { permission, at }: { readonly permission: Permission } & Told,
): BreakerState {
  return changed(state, scope, (circuit) => succeed(circuit, permission.trials.get(scope) ?? null, at));
}

function settled(state: BreakerState, scope: string, permission: Permission): BreakerState {
  return changed(state, scope, (circuit) => settle(circuit, permission.trials.get(scope) ?? null));
}

function changed(state: BreakerState, scope: string, change: (circuit: Circuit) => Circuit | undefined): BreakerState {
  const circuit = state.circuits.get(scope);
  if (!circuit) return state;
  const next = change(circuit);
  if (next === circuit) return state;
  const circuits = new Map(state.circuits);
  if (next) circuits.set(scope, next);
  else circuits.delete(scope);
  return { ...state, circuits };
}
