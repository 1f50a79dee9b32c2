/** The commonest slips in YAML, recognized by how the text looks around the place where the parser gave up. */
import type { Place } from './yaml-locator.js';

export interface YamlSlip {
  readonly place: Place;
  readonly message: string;
}

/** A key without a space after its colon; addresses of web pages and Windows paths go on with slashes. */
const SQUEEZED = /^(\s*(?:-\s+)*[A-Za-z][\w-]*:)(?!\s|\/\/|\\)\S/;

/** The likely cause of a fault at that place; undefined if it looks like none of them. Nothing of the text is in the message. */
export function likelySlip(text: string, fault: Place | null): YamlSlip | undefined {
  const lines = text.split(/\r?\n/);
  return tabbed(lines) ?? squeezed(lines, fault);
}

/** In a file that cannot be read a tab at the beginning of a line is hardly a part of a text. */
function tabbed(lines: readonly string[]): YamlSlip | undefined {
  const index = lines.findIndex((line) => /^ *\t\s*\S/.test(line));
  if (index < 0) return undefined;
  const column = (lines[index] ?? '').indexOf('\t') + 1;
  return { place: { line: index + 1, column }, message: 'a tab indents this line; YAML takes spaces only' };
}

/** The fault is noticed at the line itself or at the next one. */
function squeezed(lines: readonly string[], fault: Place | null): YamlSlip | undefined {
  if (fault === null) return undefined;
  for (const number of [fault.line, fault.line - 1, fault.line + 1]) {
    const match = SQUEEZED.exec(lines[number - 1] ?? '');
    if (match) return { place: { line: number, column: (match[1] ?? '').length }, message: NO_SPACE };
  }
  return undefined;
}

const NO_SPACE = 'a space is missing after this colon';

/** Is a text that goes on over several lines rather a key without its space? Answers how many lines below its beginning that is. */
export function squeezedKeyIn(source: string): number | undefined {
  const index = source.split(/\r?\n/).findIndex((line, number) => number > 0 && SQUEEZED.test(line));
  return index < 0 ? undefined : index;
}
