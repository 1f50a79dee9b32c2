import type { PaintValue } from '../../domain/presentation/listing.js';
import type { TextSink } from './session.js';

const GREEN = 32;
const YELLOW = 33;
const RED = 31;
const MAGENTA = 35;
const CYAN = 36;

/** Good, under way, on its way out, kept back by somebody, at work. */
const COLOURS: Readonly<Record<string, number>> = {
  ready: GREEN,
  fulfilled: GREEN,
  init: YELLOW,
  building: YELLOW,
  testing: YELLOW,
  uploading: YELLOW,
  requested: YELLOW,
  pending: YELLOW,
  failed: RED,
  aborted: RED,
  deleting: RED,
  deleted: RED,
  hold: MAGENTA,
  paused: MAGENTA,
  'in-use': CYAN,
  used: CYAN,
};

/** Colours are for people at a terminal that has some, unless they do not want them (no-color.org). */
export function wantsColours(sink: TextSink, environment: Readonly<Record<string, string>>): boolean {
  return sink.isTTY === true && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}

export const paintStates: PaintValue = (key, padded) => {
  const value = padded.trimEnd();
  const colour = key === 'state' ? COLOURS[value] : undefined;
  return colour === undefined ? padded : `\u001b[${colour}m${value}\u001b[0m${padded.slice(value.length)}`;
};
