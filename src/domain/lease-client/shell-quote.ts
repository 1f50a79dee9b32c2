const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One word for a POSIX shell that means exactly the text; what needs no quotes gets none. */
export function quoteWord(text: string): string {
  // `~` and `=` at the beginning mean something to some shells.
  return PLAIN.test(text) && !text.startsWith('=') ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The words as a command line. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}
