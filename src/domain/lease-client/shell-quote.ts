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

/**
 * The command line that a remote shell has to be given to run exactly these words: ssh joins what it gets with blanks and hands it to the
 * user's shell there. @param shell the node's `shell_type`; null: a POSIX shell. @param folder to run it in, below the home folder
 */
export function remoteCommand(words: readonly string[], shell: string | null, folder: string | null = null): string {
  if (shell === 'powershell') return `& ${words.map((word) => `'${word.replaceAll("'", "''")}'`).join(' ')}`;
  if (shell === 'cmd') return words.map(cmdWord).join(' ');
  const command = quoteWords(words);
  return folder === null ? command : `cd ${quoteWord(folder)} && ${command}`;
}

function cmdWord(word: string): string {
  return /^[A-Za-z0-9_.:\\/-]+$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`;
}
