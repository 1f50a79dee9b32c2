import type { LaunchPermit } from './launch-permit.js';
import type { AllocationStep } from '../../domain/decide/allocation.js';

/** One decided step with what was reserved for it in the same turn. */
export interface PlannedStep {
  readonly step: AllocationStep;
  /** Ends the reservation: the records show what it stood for, or it did not come about. */
  readonly giveBack: () => void;
  /** Ends what counts against `max-concurrency`. */
  readonly endLaunch: () => void;
  /** Leave to create; null if nothing is created. */
  readonly permit: LaunchPermit | null;
  /** Attempts that the launch has used up before, with nodes that were given up. */
  readonly spent: number;
}

/** Gives up a step that will not be carried out. */
export function dropStep(planned: PlannedStep): void {
  planned.giveBack();
  planned.endLaunch();
  planned.permit?.cancel();
}
