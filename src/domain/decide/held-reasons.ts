import type { Reason } from '../explain/reason.js';
import { allowance } from './launch-gate.js';
import type { Gate } from './launch-gate.js';
import { gatesBefore } from './launch-governor.js';
import type { GovernorState, Zone } from './launch-governor.js';

export interface HeldMoment {
  readonly provider: string;
  /** Seconds of the clock that never jumps, and what makes a time of the day of one. */
  readonly now: number;
  readonly epoch: number;
  /** Requests that want to create. */
  readonly waiting: number;
}

/** What keeps more than `planned` creates in the zone back; empty when one more may begin. */
export function heldReasons(state: GovernorState, zone: Zone, planned: number, moment: HeldMoment): readonly Reason[] {
  const shut = gatesBefore(state, zone).filter((gate) => allowance(gate, moment.now) <= planned);
  return shut.map((gate) => heldReason(gate, zone, moment));
}

function heldReason(gate: Gate, zone: Zone, { provider, now, epoch, waiting }: HeldMoment): Reason {
  const { problem, refusals, underway } = gate;
  const facts = {
    provider,
    problem,
    refusals,
    since: epoch + gate.since,
    nextProbe: gate.opensAt > now ? epoch + gate.opensAt : null,
    underway,
    waiting,
  };
  switch (gate.cause) {
    case 'capacity':
      return { code: 'CLOUD_CAPACITY', zone, ...facts };
    case 'rate':
      return { code: 'CLOUD_RATE', ...facts };
    case 'silence':
      return { code: 'CLOUD_SILENT', ...facts };
  }
}
