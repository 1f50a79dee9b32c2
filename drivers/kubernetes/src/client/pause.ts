import type { Clock } from 'nodepool/driver';
import { reasonOf } from './call.js';

/** Resolves after so many seconds. @throws the signal's reason */
export function pause(clock: Clock, seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(reasonOf(signal));
    const onAbort = (): void => {
      cancel();
      reject(reasonOf(signal));
    };
    const cancel = clock.schedule(seconds, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
