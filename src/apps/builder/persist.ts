import { ConnectionLostError, SessionLostError } from '../../ports/coordination/errors.js';
import type { AcquireResult, Lease } from '../../ports/coordination/lease.js';
import type { SessionMonitor } from '../../ports/coordination/session.js';
import { RecordGoneError } from '../../ports/records/record-lease.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { GrowingPause } from '../../ports/toolkit/growing-pause.js';

/** A store that stays away is waited for this often; each wait lasts until the connection is back. */
const ATTEMPTS = 5;
/** Seconds between two attempts, for the first time and at most, besides the wait for the connection. */
const PAUSE = 0.1;
const LONGEST_PAUSE = 5;

export interface PersistContext {
  readonly clock: Clock;
  readonly records: { readonly session: SessionMonitor };
}

/**
 * Carries out a write that must not be given up because of a short disconnect. `write` may be called again after an attempt whose
 * outcome is unknown, so it must read first. Rejects with the last error, or with the signal's reason while waiting.
 */
export async function persist<T>(
  { clock, records: { session } }: PersistContext,
  signal: AbortSignal,
  write: () => Promise<T>,
): Promise<T> {
  const pause = new GrowingPause(PAUSE, LONGEST_PAUSE);
  for (let attempt = 1; ; attempt += 1) {
    if (session.state !== 'connected') await session.connected(signal);
    try {
      return await write();
    } catch (error) {
      const temporary = error instanceof ConnectionLostError || error instanceof SessionLostError;
      if (!temporary || attempt >= ATTEMPTS) throw error;
      await sleep(clock, pause.next(), signal);
    }
  }
}

/** The lock under which something was begun, and the way to take it anew without waiting. */
export interface BuildLock {
  readonly lease: Pick<Lease, 'generation'>;
  again(): Promise<AcquireResult>;
}

/**
 * The same under a lock. Whoever lost it with its session takes it anew for the write; if somebody else has it, what was begun is his to
 * clear up. @throws RecordGoneError
 */
export async function persistLocked(
  context: PersistContext,
  signal: AbortSignal,
  lock: BuildLock,
  write: () => Promise<void>,
): Promise<void> {
  await persist(context, signal, async () => {
    if (context.records.session.generation === lock.lease.generation) return write();
    const acquired = await lock.again();
    if ('refused' in acquired) throw new RecordGoneError('the lock of what was begun');
    try {
      await write();
    } finally {
      await acquired.lease.release();
    }
  });
}
