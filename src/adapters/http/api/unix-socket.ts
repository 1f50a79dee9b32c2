import { chmodSync, existsSync, lstatSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';

/** Bytes that the system allows for the path of a socket. */
const LONGEST = 107;

const MODE = 0o660;

/**
 * Listens on a unix socket that only owner and group may use. What a dead process left there is replaced.
 * @throws Error saying what is wrong with the path, or that a living process listens there
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  const length = Buffer.byteLength(path);
  if (length > LONGEST)
    throw new Error(`The path of the socket ${path} is too long: ${length} bytes of at most ${LONGEST}`);
  // The system's own answer to that is that it is not allowed.
  if (!existsSync(dirname(path))) throw new Error(`Cannot listen on the socket ${path}: its directory does not exist`);
  await removeLeftover(path);
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(explain(path, error));
    server.once('error', failed);
    // The file must not be open to all even for a moment.
    const before = process.umask(0o777 & ~MODE);
    try {
      server.listen(path, () => {
        server.off('error', failed);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
  chmodSync(path, MODE);
}

function explain(path: string, error: NodeJS.ErrnoException): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another process listens there',
    EACCES: 'not allowed to make it there',
    EROFS: 'the file system is read-only',
  };
  return new Error(`Cannot listen on the socket ${path}: ${reasons[error.code ?? ''] ?? error.message}`, {
    cause: error,
  });
}

async function removeLeftover(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isSocket()) throw new Error(`Cannot listen on the socket ${path}: there is something else of that name`);
  if (await answers(path)) throw new Error(`Cannot listen on the socket ${path}: another process listens there`);
  rmSync(path, { force: true });
}

/** Does anybody listen? Who may not look is told by the system when he listens. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code === 'EACCES' || error.code === 'EAGAIN'));
  });
}
