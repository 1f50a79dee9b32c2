import type { LeaseView } from '../../domain/lease-client/lease-view.js';
import { endedText } from '../../domain/lease-client/waiting-text.js';
import { LeaseRefusedError, type LeaseService } from '../../ports/lease-client/lease-service.js';
import { sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';

/** Heartbeats in one ttl: ten may be missed in a row. */
const BEATS = 15;
/** Seconds that one heartbeat may take. Never longer than to the next, or silence would make them fewer. */
const SHORTEST_PATIENCE = 1;
const LONGEST_PATIENCE = 20;
/** Missed in a row before anybody is told. */
const WORTH_TELLING = 3;
/** Seconds after its ttl until a lease is surely gone that nobody has renewed. */
const SURELY_GONE = 30;

export interface KeepContext {
  readonly service: LeaseService;
  readonly clock: Clock;
  readonly note: (line: string) => void;
}

/**
 * Renews a lease until it is surely gone, and answers why it is. No answer, and a refusal that says nothing of the lease, are no reason to
 * end anything: the machines are still there. @throws the signal's reason when it is aborted
 */
export async function keepLease(lease: LeaseView, context: KeepContext, signal: AbortSignal): Promise<string> {
  const { service, clock } = context;
  const interval = lease.ttl / BEATS;
  const timeout = Math.min(LONGEST_PATIENCE, Math.max(SHORTEST_PATIENCE, interval));
  const silence = new Silence(context, lease.ttl);
  for (let next = clock.monotonic() + interval; ; next = Math.max(next + interval, clock.monotonic())) {
    await sleep(clock, Math.max(0, next - clock.monotonic()), signal);
    try {
      const { state, outcome } = await service.renew(lease.id, undefined, { timeout, signal });
      if (state === 'ended') return endedText(outcome);
      silence.end();
    } catch (error) {
      signal.throwIfAborted();
      const gone = silence.missed(error as Error);
      if (gone !== undefined) return gone;
    }
  }
}

/** The heartbeats in a row that were not heard. */
class Silence {
  private count = 0;
  private heard: number;

  constructor(
    private readonly context: KeepContext,
    private readonly ttl: number,
  ) {
    this.heard = context.clock.monotonic();
  }

  end(): void {
    if (this.count >= WORTH_TELLING) this.context.note('heartbeats are answered again');
    this.count = 0;
    this.heard = this.context.clock.monotonic();
  }

  /** Why the lease is gone, if that is sure now. */
  missed(error: Error): string | undefined {
    if (error instanceof LeaseRefusedError && error.gone) {
      return error.problem === 'no-such-lease' ? 'no gateway knows it any more' : endedText(error.outcome);
    }
    this.count += 1;
    const since = this.context.clock.monotonic() - this.heard;
    if (this.count === WORTH_TELLING) {
      this.context.note(`no heartbeat was answered for ${Math.round(since)} s (${error.message}); the command goes on`);
    }
    // Whoever refuses is there, and would have ended it by now.
    const refused = error instanceof LeaseRefusedError && error.notAllowed;
    return refused && since > this.ttl + SURELY_GONE ? `heartbeats are refused: ${error.message}` : undefined;
  }
}
