/**
 * `time.strftime` in the C locale, local time, as glibc has it. What is unknown stays as it stands, as there.
 */
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

type Directive = (time: Date) => string;

const pad = (value: number, width = 2, fill = '0'): string => String(value).padStart(width, fill);
const day = (time: Date): string => DAYS[time.getDay()] ?? '';
const month = (time: Date): string => MONTHS[time.getMonth()] ?? '';
const hour12 = (time: Date): number => time.getHours() % 12 || 12;
const half = (time: Date): string => (time.getHours() < 12 ? 'AM' : 'PM');

/** 0 for the first of January; without the hours, of which a day may have 23 or 25. */
function dayOfYear(time: Date): number {
  const start = Date.UTC(time.getFullYear(), 0, 1);
  return Math.round((Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) - start) / 86_400_000);
}

/** ISO 8601: weeks begin on Monday, and belong to the year of their Thursday. */
function isoWeek(time: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 3 - ((thursday.getUTCDay() + 6) % 7));
  const year = thursday.getUTCFullYear();
  return { year, week: 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * 86_400_000)) };
}

function offset(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${pad(size % 60)}`;
}

/** The zone's abbreviation, where the runtime knows one that the system would use as well. */
function zone(time: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(time);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  h: '%b',
};

const DIRECTIVES: Readonly<Record<string, Directive>> = {
  a: (time) => day(time).slice(0, 3),
  A: day,
  b: (time) => month(time).slice(0, 3),
  B: month,
  C: (time) => pad(Math.floor(time.getFullYear() / 100)),
  d: (time) => pad(time.getDate()),
  e: (time) => pad(time.getDate(), 2, ' '),
  g: (time) => pad(isoWeek(time).year % 100),
  G: (time) => String(isoWeek(time).year),
  H: (time) => pad(time.getHours()),
  I: (time) => pad(hour12(time)),
  j: (time) => pad(dayOfYear(time) + 1, 3),
  k: (time) => pad(time.getHours(), 2, ' '),
  l: (time) => pad(hour12(time), 2, ' '),
  m: (time) => pad(time.getMonth() + 1),
  M: (time) => pad(time.getMinutes()),
  n: () => '\n',
  p: half,
  P: (time) => half(time).toLowerCase(),
  s: (time) => String(Math.floor(time.getTime() / 1000)),
  S: (time) => pad(time.getSeconds()),
  t: () => '\t',
  u: (time) => String(time.getDay() || 7),
  U: (time) => pad(Math.floor((dayOfYear(time) + 7 - time.getDay()) / 7)),
  V: (time) => pad(isoWeek(time).week),
  w: (time) => String(time.getDay()),
  W: (time) => pad(Math.floor((dayOfYear(time) + 7 - ((time.getDay() + 6) % 7)) / 7)),
  y: (time) => pad(time.getFullYear() % 100),
  Y: (time) => String(time.getFullYear()),
  z: offset,
  Z: zone,
  '%': () => '%',
};

export function strftime(format: string, time: Date): string {
  return format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => {
    const composed = COMPOSED[letter];
    if (composed !== undefined) return strftime(composed, time);
    return DIRECTIVES[letter]?.(time) ?? whole;
  });
}
