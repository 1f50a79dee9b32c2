import { cutText, visible } from './visible-text.js';

/** A line that shows texts of others is as long as this at most. */
const LONGEST_LINE = 4000;

/** One line of text for people, whatever the texts in it. */
export function printable(line: string): string {
  return visible(cutText(line.replaceAll(/[\t\r\n]+/g, ' '), LONGEST_LINE));
}
