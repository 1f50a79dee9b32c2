import type { Reason } from './reason.js';

export type ReasonCode = Reason['code'];

/** The reasons with this code. */
export type ReasonOf<Code extends ReasonCode, R = Reason> = R extends { readonly code: infer Known }
  ? Code extends Known
    ? R
    : never
  : never;

/** A sentence for each code; a code without one does not compile. `now`: seconds since the epoch. */
export type ReasonTable = {
  readonly [Code in ReasonCode]: (reason: ReasonOf<Code>, now: number) => string;
};

export function lookUp(table: ReasonTable, reason: Reason, now: number): string {
  // TypeScript cannot see that the entry found by the code takes the reasons with that code.
  const entry = table[reason.code] as (reason: Reason, now: number) => string;
  return entry(reason, now);
}

/** A moment as people want to know it: how long it takes until then. */
export function inSeconds(until: number, now: number): string {
  const left = Math.ceil(until - now);
  return left <= 0 ? 'at once' : `in ${left} s`;
}
