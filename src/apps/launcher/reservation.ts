import type { AllocationStep } from '../../domain/decide/allocation.js';
import type { PlannedStep } from '../../domain/decide/pool-plan.js';
import type { CircuitBreakers } from './circuit-breaker.js';
import type { LaunchPermission } from './launch-permission.js';
import type { NodeIndex } from './node-index.js';
import type { Reservations } from './reservations.js';
import type { WakeHub } from './wake-hub.js';

/**
 * All that one decided step keeps to itself: the claim on a free node, or room, a launch's place in `max-concurrency` and leave to
 * create. Ends once and for all with `release`; doing either more than once changes nothing.
 */
export class Reservation {
  private open = true;

  constructor(
    readonly step: AllocationStep,
    /** Gives back the claim or the room. */
    private readonly giveBack: () => void,
    private readonly endLaunch: () => void,
    /** Null where nothing is created. */
    readonly permission: LaunchPermission | null,
    /** Tells every pool that there is more to be had: the launch counted for all pools of the provider, the room for the account. */
    private readonly tell: () => void,
  ) {}

  /** The records show what it stood for: they count it from now on. */
  commit(): void {
    this.giveBack();
  }

  /** The step was carried out, or will not be. */
  release(): void {
    this.giveBack();
    this.end();
  }

  /** The step is over, but what it stood for may show all the same: its room is kept until then. Never rejects. */
  releaseLater(then: Promise<unknown>): void {
    this.end();
    const giveBack = (): void => {
      this.giveBack();
      this.tell();
    };
    void then.then(giveBack, giveBack);
  }

  private end(): void {
    if (!this.open) return;
    this.open = false;
    this.endLaunch();
    this.permission?.cancel();
    this.tell();
  }
}

/** Where the parts of a reservation are kept. */
export interface ReservationContext {
  readonly index: NodeIndex;
  readonly reservations: Reservations;
  readonly breakers: CircuitBreakers;
  readonly hub: Pick<WakeHub, 'wake'>;
}

/** Reserves what a planned step takes. Called in the turn of the plan, in its order. */
export function reserve(
  { index, reservations, breakers, hub }: ReservationContext,
  { provider, name }: { readonly provider: string; readonly name: string },
  { step, permission: planned }: PlannedStep,
): Reservation {
  if (step.kind === 'reuse') return new Reservation(step, index.claim(step.node), () => undefined, null, hub.wake);
  const room = reservations.reserve({ provider, pool: name, tenant: null, resources: step.resources });
  const permission = breakers.of(provider).begin(step.az, planned);
  return new Reservation(step, room, reservations.beginLaunch(provider), permission, hub.wake);
}
