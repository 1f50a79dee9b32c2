import { LeaseRefusedError, type LeaseVerdict, type LeaseService } from '../../ports/lease-client/lease-service.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { insist, Patience } from './insist.js';

/** Seconds that one goes on trying to give a lease back: a restart of the gateway. After that it ends by itself. */
const PATIENCE = 30;
const TIMEOUT = 10;

export interface GiveBackContext {
  readonly service: LeaseService;
  readonly clock: Clock;
  readonly note: (line: string) => void;
  /** No more patience. */
  readonly signal: AbortSignal;
}

/** Ends a lease; when that does not work out it says so and leaves it to its ttl. Never rejects. */
export async function giveBack(id: string, verdict: LeaseVerdict, context: GiveBackContext): Promise<void> {
  const { service, clock, signal } = context;
  const patience = new Patience(clock, PATIENCE, PATIENCE);
  const release = async (): Promise<void> => {
    try {
      await service.release(id, verdict, { timeout: TIMEOUT, signal });
    } catch (error) {
      // It was never made, or ended long ago: that is what was wanted.
      if (!(error instanceof LeaseRefusedError && error.gone)) throw error;
    }
  };
  try {
    await insist({ clock, patience, signal, deadline: Infinity, onHindrance: () => undefined }, release);
  } catch (error) {
    const why = signal.aborted ? 'there was no time left' : asError(error).message;
    context.note(`lease ${id} could not be given back (${why}); it ends by itself when its ttl has passed`);
  }
}
