/** What an answer can be written as, in the order of preference among equals (spec BUILDER 4.3). */
const OFFERS = ['text/html', 'text/plain', 'application/json'] as const;

export type AnswerType = 'text' | 'json';

/**
 * The best answer for an `Accept` header, or undefined if none will do. A header that is missing, empty or malformed accepts
 * everything. HTML is offered so that browsers, which prefer it, get the text and not the JSON.
 */
export function negotiate(accept: string | undefined): AnswerType | undefined {
  const ranges = accept === undefined || accept.trim() === '' ? undefined : parseAccept(accept);
  if (!ranges) return 'text';
  let best: { readonly offer: string; readonly quality: number } | undefined;
  for (const offer of OFFERS) {
    const quality = qualityOf(offer, ranges);
    if (quality > (best?.quality ?? 0)) best = { offer, quality };
  }
  if (!best) return undefined;
  return best.offer === 'application/json' ? 'json' : 'text';
}

/**
 * Does a person look through a browser? All browsers name XHTML beside HTML when they open a page, programs that want HTML do not.
 */
export function isBrowser(accept: string): boolean {
  const ranges = parseAccept(accept) ?? [];
  const named = (subtype: string): boolean =>
    ranges.some((range) => range.type !== '*' && range.subtype === subtype && range.quality > 0);
  return named('html') && named('xhtml+xml');
}

interface MediaRange {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const PARAMETER = `[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"[^"]*")`;
const RANGE = new RegExp(`^(${TOKEN})/(${TOKEN})((?:${PARAMETER})*)$`);
const QUALITY = /^(?:0(?:\.\d*)?|1(?:\.0*)?|\.\d+)$/;

/** Undefined when malformed. */
function parseAccept(accept: string): readonly MediaRange[] | undefined {
  const ranges: MediaRange[] = [];
  for (const element of accept.split(',')) {
    const text = element.trim();
    if (text === '') continue;
    const range = parseRange(text);
    if (!range) return undefined;
    ranges.push(range);
  }
  return ranges.length === 0 ? undefined : ranges;
}

/** Parameters other than the quality are ignored: our answers have none. */
function parseRange(text: string): MediaRange | undefined {
  const match = RANGE.exec(text);
  if (!match) return undefined;
  const [, type = '', subtype = '', parameters = ''] = match;
  const quality = /;[ \t]*q=([^;]*)/i.exec(parameters)?.[1]?.trim() ?? '1';
  if (!QUALITY.test(quality) || (type === '*' && subtype !== '*')) return undefined;
  return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), quality: Number(quality) };
}

/** The quality of the most specific range that covers the offer, 0 if none does. */
function qualityOf(offer: string, ranges: readonly MediaRange[]): number {
  let found = { specificity: -1, quality: 0 };
  for (const range of ranges) {
    const specificity = specificityFor(offer, range);
    if (specificity > found.specificity) found = { specificity, quality: range.quality };
  }
  return found.quality;
}

/** How closely a range names the offer; -1 if it does not cover it. */
function specificityFor(offer: string, range: MediaRange): number {
  const [type, subtype] = offer.split('/');
  if (range.type === '*') return 0;
  if (range.type !== type) return -1;
  if (range.subtype === '*') return 1;
  return range.subtype === subtype ? 2 : -1;
}
