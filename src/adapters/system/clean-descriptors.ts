import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Native libraries open sockets without close-on-exec (the ZooKeeper client does), and children would inherit them: a build of
 * hours would then hold our connection open. Node cannot close descriptors for a child, so a shell does it on the way.
 */
// bash reads its start-up file when its standard input is a socket, as Node's pipes are: it must not.
const BASH = '/bin/bash';
const CLOSE_AND_EXEC =
  'for f in /proc/self/fd/*; do n=${f##*/}; if [ "$n" -gt 2 ]; then eval "exec $n>&-"; fi; done; exec "$@"';

/** The command line that runs `argv` with no more than stdin, stdout and stderr. Without bash it is `argv` itself. */
export function withCleanDescriptors(argv: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return isExecutable(BASH) ? [BASH, '--norc', '--noprofile', '-c', CLOSE_AND_EXEC, 'nodepool', ...argv] : argv;
}

/** The file that a command names, searched as a shell would. @throws Error in the system's words when there is none to execute */
export function findExecutable(command: string, searchPath: string | undefined, cwd: string): string {
  const candidates = command.includes('/')
    ? [path.resolve(cwd, command)]
    : (searchPath ?? '/usr/bin:/bin').split(':').map((folder) => path.resolve(cwd, folder, command));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  const blocked = candidates.find((candidate) => exists(candidate));
  throw new Error(
    blocked ? `spawn ${command} EACCES: it is not executable` : `spawn ${command} ENOENT: there is no such command`,
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
