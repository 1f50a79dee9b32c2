import type { LeaseVerdict, LeaseService } from '../../ports/leasing/lease-service.js';
import { asError, type Clock } from '../../ports/runtime/clock.js';
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
  const insistence = { clock, patience: new Patience(clock, PATIENCE, PATIENCE), signal, onHindrance: () => undefined };
  try {
    await insist(insistence, () => service.release(id, verdict, { timeout: TIMEOUT, signal }));
  } catch (error) {
    const why = signal.aborted ? 'there was no time left' : asError(error).message;
    context.note(`lease ${id} could not be given back (${why}); it ends by itself when its ttl has passed`);
  }
}
