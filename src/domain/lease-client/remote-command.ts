import { quoteWord, quoteWords } from './shell-quote.js';

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
