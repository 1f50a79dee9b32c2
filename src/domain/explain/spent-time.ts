/** Where the time of a request or a node went: how long each thing was the reason. Durations are seconds. */
import { BYSTANDING } from './bystanding.js';
import type { Decision, Reason } from './reason.js';

export interface Spell {
  /** The code of a reason, or what was done, in words. */
  readonly what: string;
  readonly seconds: number;
}

/** What one decider has kept it waiting for, since `from`. Bounded: further kinds of spells are added up as `other reasons`. */
export interface SpentTime {
  readonly from: number;
  /** What is the reason now, and since when; null: nothing, the time does not count any more. */
  readonly what: string | null;
  readonly since: number;
  /** What was before, each thing once. */
  readonly before: readonly Spell[];
}

/** Kinds of spells that are told apart. */
const MOST_SPELLS = 12;
export const SERVED = 'being served';
export const UNSEEN = 'not looked at yet';
const OTHER = 'other reasons';

/** What a verdict makes the time be spent on; null: nothing. */
export function spentOn({ verdict, because }: Decision<string>): string | null {
  switch (verdict) {
    case 'accept':
      return SERVED;
    case 'launch':
      return launchStage(because);
    case 'wait':
    case 'yield':
    case 'retry':
      return (because.find(({ code }) => !BYSTANDING.has(code)) ?? because[0])?.code ?? null;
    default:
      return null;
  }
}

function launchStage([launching]: readonly Reason[]): string {
  return (launching?.code === 'LAUNCHING' && launching.stage) || 'booting';
}

/** The same object while the same thing goes on. */
export function timeSpent(time: SpentTime | undefined, what: string | null, now: number): SpentTime {
  if (!time) return { from: now, what, since: now, before: [] };
  return time.what === what ? time : { from: time.from, what, since: now, before: spells(time, now) };
}

/** All spells till now. */
export function spells({ what, since, before }: SpentTime, now: number): readonly Spell[] {
  return what === null ? before : plus(before, { what, seconds: Math.max(0, now - since) });
}

/**
 * A request's time from its creation: before anybody looked at it, what it waited for, and what its slowest node took of the time in
 * which it was served.
 */
export function requestTime(
  created: number | null,
  time: SpentTime,
  nodes: readonly (readonly Spell[])[],
  now: number,
): readonly Spell[] {
  const unseen = created === null ? 0 : Math.max(0, time.from - created);
  const slowest = [...nodes].sort((a, b) => total(b) - total(a))[0] ?? [];
  return [{ what: UNSEEN, seconds: unseen }, ...spells(time, now)].flatMap((spell) =>
    spell.what === SERVED ? split(spell.seconds, slowest) : [spell],
  );
}

export function total(all: readonly Spell[]): number {
  return all.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Whole seconds that add up to the whole number of all: what is shorter than a second may go. */
export function wholeSeconds(all: readonly Spell[]): readonly Spell[] {
  const floors = all.map(({ what, seconds }) => ({ what, seconds: Math.floor(seconds), rest: seconds % 1 }));
  let missing = Math.round(total(all)) - total(floors);
  for (const spell of [...floors].sort((a, b) => b.rest - a.rest)) {
    if (missing <= 0) break;
    spell.seconds += 1;
    missing -= 1;
  }
  return floors.filter(({ seconds }) => seconds > 0).map(({ what, seconds }) => ({ what, seconds }));
}

/** A node may have been on its way before the request got it: no more than the request's own time counts. */
function split(seconds: number, node: readonly Spell[]): readonly Spell[] {
  let left = seconds;
  const parts = node.map((spell) => {
    const part = Math.min(left, spell.seconds);
    left -= part;
    return { what: spell.what, seconds: part };
  });
  return [...parts, { what: SERVED, seconds: left }];
}

function plus(before: readonly Spell[], spell: Spell): readonly Spell[] {
  const known = before.some(({ what }) => what === spell.what);
  const what = known || before.length < MOST_SPELLS - 1 ? spell.what : OTHER;
  if (!before.some((each) => each.what === what)) return [...before, { ...spell, what }];
  return before.map((each) => (each.what === what ? { what, seconds: each.seconds + spell.seconds } : each));
}
