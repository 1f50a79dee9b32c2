import { LeaseFailure } from '../../ports/lease-client/lease-desk.js';
import { GatewayAwayError, LeaseRefusedError } from '../../ports/lease-client/lease-service.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';

const FIRST_PAUSE = 0.2;
const LONGEST_PAUSE = 2;
/** Seconds when the gateway does not say how long. */
const ASK_AGAIN = 3;

/** How long one goes on asking a gateway that does not answer. */
export class Patience {
  private met: number;
  private limit: number;

  /** @param first seconds before the first answer @param later seconds after the last one */
  constructor(
    private readonly clock: Clock,
    first: number,
    private readonly later: number,
  ) {
    this.met = clock.monotonic();
    this.limit = first;
  }

  /** The gateway has answered. */
  meet(): void {
    this.met = this.clock.monotonic();
    this.limit = this.later;
  }

  get over(): boolean {
    return this.clock.monotonic() - this.met >= this.limit;
  }
}

export interface Insistence {
  readonly clock: Clock;
  readonly patience: Patience;
  /** Ends the pauses between attempts; attempts have it themselves if they may be cut off. */
  readonly signal: AbortSignal;
  /** On the monotonic clock; no pause is longer than until then. Infinity: none. */
  readonly deadline: number;
  /** Told before each pause, with what was in the way. What it throws is the end. */
  readonly onHindrance: (line: string) => void;
}

/** Makes a call until it is answered: no answer, and what may be granted later, are no end. @throws LeaseFailure, the signal's reason */
export async function insist<T>(order: Insistence, call: () => Promise<T>): Promise<T> {
  const { clock, patience, signal, deadline } = order;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    signal.throwIfAborted();
    try {
      const answer = await call();
      patience.meet();
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      const wait = pauseAfter(error, patience, pause);
      order.onHindrance((error as Error).message);
      await sleep(clock, Math.min(wait, Math.max(0, deadline - clock.monotonic())), signal);
    }
  }
}

/** Seconds until the next attempt. @throws LeaseFailure when there should be none */
function pauseAfter(error: unknown, patience: Patience, pause: number): number {
  if (error instanceof GatewayAwayError) {
    if (patience.over) throw new LeaseFailure('away', error.message);
    return pause;
  }
  if (!(error instanceof LeaseRefusedError)) throw error;
  if (error.status === 429) {
    patience.meet();
    return error.retryAfter ?? ASK_AGAIN;
  }
  if (error.status < 500) throw refusal(error);
  // The gateway is there but cannot do anything at the moment: to its clients it is away.
  if (patience.over || error.status === 507) throw new LeaseFailure('away', error.message);
  return Math.min(error.retryAfter ?? pause, 2 * LONGEST_PAUSE);
}

export function refusal(error: LeaseRefusedError): LeaseFailure {
  const { message, status } = error;
  if (error.notAllowed) return new LeaseFailure('not-allowed', message);
  if (status === 400 || status === 422 || status === 413) return new LeaseFailure('usage', message);
  return new LeaseFailure('other', message);
}
