import type { Socket } from 'node:net';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { asError } from '../../ports/toolkit/sleep.js';
import { sshClient } from './ssh-client.js';

/** A key in the form of `known_hosts`, or that the server has none of this kind. */
export type HandshakeResult = { readonly key: string } | 'not-offered';

/** The connection was closed from the other side, without a word. */
export class HungUpError extends Error {
  override readonly name = 'HungUpError';
}

/**
 * Negotiates SSH on the connection as far as the server shows its host key, and hangs up: nobody logs in. Closes the connection.
 * @throws when the other side does not speak SSH or hangs up, or the signal's reason
 */
export function receiveHostKey(
  socket: Socket,
  algorithms: readonly ServerHostKeyAlgorithm[],
  signal: AbortSignal,
): Promise<HandshakeResult> {
  return new Promise((resolve, reject) => {
    const client = sshClient();
    let key: Buffer | undefined;
    const finish = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      client.destroy();
      socket.destroy();
      if (key) resolve({ key: knownHostsForm(key) });
      else if (/no matching host key format/i.test(error.message)) resolve('not-offered');
      else reject(error);
    };
    const onAbort = (): void => finish(asError(signal.reason));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    client.on('error', finish);
    client.on('close', () => finish(new HungUpError('The server hung up')));
    // Without a reason of ours the verification fails after the key came, and the client ends with an error.
    const hostVerifier = (shown: Buffer): boolean => {
      key = shown;
      return false;
    };
    client.connect({
      sock: socket,
      username: 'nodepool',
      readyTimeout: 0,
      algorithms: { serverHostKey: [...algorithms] },
      hostVerifier,
    });
  });
}

/** The key begins with its type, after the length in four bytes. */
function knownHostsForm(key: Buffer): string {
  const type = key.subarray(4, 4 + key.readUInt32BE(0)).toString('ascii');
  return `${type} ${key.toString('base64')}`;
}
