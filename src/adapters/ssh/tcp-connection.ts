import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { asError } from '../../ports/toolkit/sleep.js';

/** Opens a connection. Rejects with the system's error, or with the signal's reason; nothing stays open then. */
export function openConnection(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(asError(signal.reason));
    const socket = connect({ host, port });
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      act();
    };
    const onError = (error: Error): void => settle(() => reject(error));
    const onAbort = (): void =>
      settle(() => {
        socket.on('error', () => undefined).destroy();
        reject(asError(signal.reason));
      });
    socket.once('error', onError);
    socket.once('connect', () => settle(() => resolve(socket)));
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
