/** The end of the year 9999, which every reader of dates knows. */
const LAST_MOMENT = 253_402_300_799;

/** Records are written by others, whose clocks may count in anything: what is no moment of ours, in seconds since the epoch, is unknown. */
export function isMoment(time: number): boolean {
  return time >= 0 && time <= LAST_MOMENT;
}

/** For comparisons: a moment that nobody can know is older than every other, so that no garbage stays the newest for good. */
export function knownOrOldest(time: number): number {
  return isMoment(time) ? time : 0;
}

/**
 * When somebody who waits `patience` seconds since a recorded time has waited long enough, seconds since the epoch. A time that lies
 * further ahead than the patience is no time at all: its writer's clock was wrong, and nobody waits until the error has passed.
 */
export function waitedOut(since: number, patience: number, now: number): number {
  const wrong = !isMoment(since) || since > now + patience;
  return wrong ? now : since + patience;
}
