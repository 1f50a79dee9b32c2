import type { CancelTimer, Clock } from '../../ports/runtime/clock.js';

/** Waits for the duration, the time limit or the abort, whichever is first. */
export function waitForEnd(
  clock: Clock,
  duration: number,
  limit: number,
  signal: AbortSignal,
): Promise<'done' | 'timed-out' | 'aborted'> {
  return new Promise((resolve) => {
    const timers: CancelTimer[] = [];
    const finish = (how: 'done' | 'timed-out' | 'aborted'): void => {
      for (const cancel of timers) cancel();
      signal.removeEventListener('abort', onAbort);
      resolve(how);
    };
    const onAbort = (): void => finish('aborted');
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    if (duration <= 0) return finish('done');
    if (Number.isFinite(limit)) timers.push(clock.schedule(limit, () => finish('timed-out')));
    if (Number.isFinite(duration)) timers.push(clock.schedule(duration, () => finish('done')));
  });
}
