/** How words are told to a `virsh` that reads its commands from its standard input. */

/** What its line editor passes on as it is. A tab would complete, other control characters edit, and a newline ends the command. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Whether the words can be told on one line; others have to be arguments of a program of their own. */
export function fitsOnLine(words: readonly string[]): boolean {
  return words.every((word) => PLAIN.test(word));
}

/** One command. Within single quotes nothing has a meaning but the quote itself. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
