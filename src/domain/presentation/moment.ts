import { isMoment } from '../model/moment.js';
import { UNKNOWN_TIME } from './age.js';

const DAY = 86_400;

/** `2026-03-01 12:00:00 UTC`. @param time seconds since the epoch */
export function formatMoment(time: number): string {
  if (!isMoment(time)) return UNKNOWN_TIME;
  const seconds = Math.floor(time);
  const clock = [3600, 60, 1].map((unit) => two(Math.floor((seconds % DAY) / unit) % (unit === 3600 ? 24 : 60)));
  return `${formatDay(Math.floor(seconds / DAY))} ${clock.join(':')} UTC`;
}

/** Counts in years that begin with March, so that the leap day is the last one. */
function formatDay(daysSinceEpoch: number): string {
  const days = daysSinceEpoch + 719_468;
  const era = Math.floor(days / 146_097);
  const ofEra = days - era * 146_097;
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const march = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * march + 2) / 5) + 1;
  const month = march < 10 ? march + 3 : march - 9;
  return `${String(era * 400 + year + (month <= 2 ? 1 : 0)).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
