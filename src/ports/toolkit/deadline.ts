import type { Clock } from '../runtime/clock.js';
import { linkAbort } from './linked-abort.js';

/** The work took longer than it was given. */
export class DeadlineError extends Error {
  readonly code = 'NP_DEADLINE';
  override readonly name = 'DeadlineError';
}

/**
 * Runs `work` with a signal that fires after `seconds` or with `signal`, and rejects then even if the work ignores its signal,
 * so that a hanging driver cannot hold us.
 */
export async function withDeadline<T>(
  clock: Clock,
  seconds: number,
  what: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const linked = linkAbort(signal);
  const late = (): void => linked.abort(new DeadlineError(`${what} took longer than ${seconds} s`));
  const cancel = Number.isFinite(seconds) ? clock.schedule(seconds, late) : () => undefined;
  let giveUp: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(linked.signal.reason as Error);
    if (linked.signal.aborted) giveUp();
    linked.signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([Promise.resolve().then(() => work(linked.signal)), aborted]);
  } finally {
    cancel();
    linked.signal.removeEventListener('abort', giveUp);
    linked.dispose();
  }
}
