/** The text of a JSON object taken apart into its members, for those who change some of them and must not touch the others. */

export interface JsonMember {
  readonly key: string;
  /** As written, quotes included. */
  readonly keyText: string;
  readonly valueText: string;
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
/** What ends or nests a value, or a text in which such characters mean nothing. */
const LANDMARK = /["[\]{},]/g;

/**
 * The members in their order. Nothing here recurses: the text is others', and may be nested as deep as it is long.
 *
 * @param text an object that was parsed without complaint
 */
export function membersOf(text: string): readonly JsonMember[] {
  const members: JsonMember[] = [];
  let at = skipSpace(text, 0) + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text[at] !== '"') return members;
    const keyEnd = endOfString(text, at);
    const keyText = text.slice(at, keyEnd);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, start);
    members.push({ key: JSON.parse(keyText) as string, keyText, valueText: text.slice(start, end).trimEnd() });
    at = end + 1;
  }
}

/** How many lists and objects lie in one another at most. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  forEachLandmark(text, 0, (mark) => {
    if (mark === '[' || mark === '{') deepest = Math.max(deepest, (depth += 1));
    else if (mark === ']' || mark === '}') depth -= 1;
    return true;
  });
  return deepest;
}

/** The place behind the value: of the comma or the bracket that follows it. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  return forEachLandmark(text, start, (mark) => {
    if (mark === '[' || mark === '{') depth += 1;
    else if (mark === ',') return depth > 0;
    else if (depth === 0) return false;
    else depth -= 1;
    return true;
  });
}

/** Calls back for each bracket and comma outside texts until told to stop; answers where, or the end of the text. */
function forEachLandmark(text: string, start: number, goOn: (mark: string) => boolean): number {
  LANDMARK.lastIndex = start;
  for (let found = LANDMARK.exec(text); found; found = LANDMARK.exec(text)) {
    if (found[0] === '"') LANDMARK.lastIndex = endOfString(text, found.index);
    else if (!goOn(found[0])) return found.index;
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  STRING.lastIndex = start;
  return STRING.test(text) ? STRING.lastIndex : text.length;
}

function skipSpace(text: string, start: number): number {
  SPACE.lastIndex = start;
  SPACE.test(text);
  return SPACE.lastIndex;
}
