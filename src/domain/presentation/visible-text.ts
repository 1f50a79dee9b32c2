/**
 * Texts from records and from clouds' answers, as people may look at them. They are written by others: control characters would break
 * lines, move the cursor or colour the terminal, marks of direction would turn the rest of a line round, and a text of a megabyte would
 * drown everything else. So the first two are shown as escapes, and what is too long is cut.
 */

/** Control characters (C0, DEL, C1), marks that change the direction of text, further ends of lines, halves of characters. */
const HIDDEN = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const HARMLESS = /^[\x20-\x7e]*$/;

/** Characters that one value takes of a line at most. */
const LONGEST = 1000;

/** @param keep - characters that are let through as they are */
export function visible(text: string, keep = ''): string {
  if (HARMLESS.test(text)) return text;
  return text.replaceAll(HIDDEN, (character) => (keep.includes(character) ? character : escaped(character)));
}

/** Cuts what is longer than `longest` and says how much is missing. */
export function cutText(text: string, longest = LONGEST): string {
  if (text.length <= longest) return text;
  // Not within a character.
  const end = /[\ud800-\udbff]/.test(text[longest - 1] ?? '') ? longest - 1 : longest;
  return `${text.slice(0, end)}… (${text.length - end} characters more)`;
}

/** JSON with the hidden characters as its own escapes: the value stays what it is, and nobody is hurt by looking at it. */
export function visibleJson(json: string): string {
  if (HARMLESS.test(json)) return json;
  return json.replaceAll(HIDDEN, (character) => (character === '\n' ? character : unicodeEscape(character)));
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(character);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
