/** Time. Seconds everywhere, as in nodepool.yaml and in the records; adapters convert to milliseconds at their edge. */
export interface Clock {
  /** Seconds since the epoch, with fraction. May jump. */
  now(): number;
  /** Seconds since some fixed moment; never jumps. For measuring durations. */
  monotonic(): number;
  /** Calls back once after `delay` seconds unless cancelled. Does not keep the process alive by itself. */
  schedule(delay: number, callback: () => void): CancelTimer;
}

export type CancelTimer = () => void;

/** Resolves after `seconds`; rejects with the signal's reason when aborted. */
export function sleep(clock: Clock, seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(asError(signal.reason));
    const cancel = clock.schedule(seconds, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    function onAbort(): void {
      cancel();
      reject(asError(signal?.reason));
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
