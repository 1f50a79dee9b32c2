import { isMoment } from '../model/moment.js';

/**
 * A duration in seconds as `DD:HH:MM:SS`, at least two digits each, fractions cut off (spec BUILDER 3.2, checklist 118).
 * A moment in the future, as clocks of several machines produce it, counts as now.
 */
export function formatAge(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(total / 3_600);
  return `${two(Math.floor(hours / 24))}:${two(hours % 24)}:${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
}

/** What is shown for a moment that nobody can know. */
export const UNKNOWN_TIME = 'unknown';

/** The time since a moment, both in seconds since the epoch. */
export function ageOf(time: number, now: number): string {
  return isMoment(time) ? formatAge(now - time) : UNKNOWN_TIME;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : `${number}`;
}
