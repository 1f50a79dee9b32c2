import type { Reason } from '../explain/reason.js';
import { allowance } from './circuit.js';
import type { Circuit } from './circuit.js';
import { circuitsBefore } from './circuit-breaker.js';
import type { BreakerState, Zone } from './circuit-breaker.js';

export interface BreakerMoment {
  readonly provider: string;
  /** Seconds of the clock that never jumps, and what makes a time of the day of one. */
  readonly now: number;
  readonly epoch: number;
  /** Requests that want to create. */
  readonly waiting: number;
}

/** What keeps more than `planned` creates in the zone back; empty when one more may begin. */
export function breakerReasons(
  state: BreakerState,
  zone: Zone,
  planned: number,
  moment: BreakerMoment,
): readonly Reason[] {
  const shut = circuitsBefore(state, zone).filter((circuit) => allowance(circuit, moment.now) <= planned);
  return shut.map((circuit) => breakerReason(circuit, zone, moment));
}

function breakerReason(circuit: Circuit, zone: Zone, { provider, now, epoch, waiting }: BreakerMoment): Reason {
  const { problem, refusals, underway } = circuit;
  const facts = {
    provider,
    problem,
    refusals,
    since: epoch + circuit.since,
    nextProbe: circuit.probesAt > now ? epoch + circuit.probesAt : null,
    underway,
    waiting,
  };
  switch (circuit.cause) {
    case 'capacity':
      return { code: 'CLOUD_CAPACITY', zone, ...facts };
    case 'rate':
      return { code: 'CLOUD_RATE', ...facts };
    case 'silence':
      return { code: 'CLOUD_SILENT', ...facts };
  }
}
