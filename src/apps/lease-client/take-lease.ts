import type { LeaseView } from '../../domain/lease-client/lease-view.js';
import { endedText, waitingText } from '../../domain/lease-client/waiting-text.js';
import { LeaseFailure, type LeaseNews, type TakeOrder } from '../../ports/lease-client/lease-desk.js';
import { LeaseRefusedError, type LeaseService } from '../../ports/lease-client/lease-service.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { insist, Patience, type Insistence } from './insist.js';

/** Seconds that a gateway which has never answered may be away: a restart. */
const BEFORE_FIRST_ANSWER = 15;
const DEFAULT_TTL = 300;
/** Seconds, at the least, that one which has answered may be away. */
const AFTER_ANSWER = 60;
const CREATE_TIMEOUT = 10;
/** Seconds of the long polls: short ones first, since the reasons to wait are known only after a while. */
const POLLS = [1, 2, 5, 10, 20];
const LONGEST_POLL = 30;
/** Seconds after the end of `--wait` in which the gateway may say so itself. */
const GRACE = 10;

export interface TakeContext {
  readonly service: LeaseService;
  readonly clock: Clock;
  readonly news: LeaseNews;
  /** The one who asks wants it no more. */
  readonly signal: AbortSignal;
}

/** Creates a lease and, unless it is not to be waited for, stays until its machines are there. @throws LeaseFailure, the signal's reason */
export async function takeLease(id: string, order: TakeOrder, context: TakeContext): Promise<LeaseView> {
  const { wish, detach } = order;
  const deadline = context.clock.monotonic() + (wish.wait ?? Infinity);
  const insistence = insistOn(order, context, deadline);
  try {
    // Not cut off by the signal: a creation that arrives after it was taken back would leave a lease behind.
    let lease = await insist(insistence, () => context.service.create(id, wish, { timeout: CREATE_TIMEOUT }));
    for (let round = 0; lease.state === 'waiting' && !detach; round += 1) {
      context.news.waiting(waitingText(lease));
      lease = await poll(id, insistence, context, POLLS[round] ?? LONGEST_POLL);
      if (lease.state === 'waiting' && context.clock.monotonic() > deadline + GRACE) throw tooLate();
    }
    if (lease.state === 'ended') throw endedEarly(lease);
    return lease;
  } finally {
    context.news.done();
  }
}

function insistOn({ wish, patience }: TakeOrder, { clock, news, signal }: TakeContext, deadline: number): Insistence {
  const later = patience ?? Math.max(AFTER_ANSWER, wish.ttl ?? DEFAULT_TTL);
  const first = Math.min(patience ?? BEFORE_FIRST_ANSWER, wish.wait ?? Infinity);
  return {
    clock,
    patience: new Patience(clock, first, later),
    signal,
    deadline,
    onHindrance: (line) => {
      if (clock.monotonic() >= deadline) throw tooLate(line);
      news.waiting(`waiting for ${wish.labels.join(', ')}; ${line}`);
    },
  };
}

async function poll(
  id: string,
  insistence: Insistence,
  { service, signal }: TakeContext,
  wait: number,
): Promise<LeaseView> {
  return insist(insistence, async () => {
    try {
      return await service.get(id, wait, { signal });
    } catch (error) {
      const gone = error instanceof LeaseRefusedError && error.gone;
      throw gone ? new LeaseFailure('no-machine', 'the lease is gone: no gateway knows it') : error;
    }
  });
}

function tooLate(why?: string): LeaseFailure {
  return new LeaseFailure('no-machine', `no machine came in time${why === undefined ? '' : `: ${why}`}`);
}

function endedEarly(lease: LeaseView): LeaseFailure {
  const reasons = lease.conditions.map(({ pool, message }) => (pool === null ? message : `${pool}: ${message}`));
  const why = [...new Set(reasons)].slice(0, 5).join('; ');
  const head = `no machine: ${endedText(lease.outcome)}`;
  return new LeaseFailure('no-machine', why === '' ? head : `${head} (${why})`);
}
