import type { Trial } from './trial.js';

/** For which providers a check makes sense: those that launch machines, or those whose machines exist by themselves. */
export type CheckScope = 'any' | 'launching' | 'fixed';

/** One promise of the driver contract. */
export interface DriverCheck {
  /** Stable, for people and tools: `delete-twice`. */
  readonly name: string;
  /** A sentence: what a driver promises. */
  readonly promise: string;
  readonly scope: CheckScope;
  /** Start the provider before, which the check does by itself otherwise. */
  readonly started: boolean;
  /** Resolves if the promise was kept. @throws CheckFailure, CheckSkipped, or what the driver throws */
  run(trial: Trial): Promise<void>;
}

type Run = (trial: Trial) => Promise<void>;

export function launching(name: string, promise: string, run: Run): DriverCheck {
  return { name, promise, scope: 'launching', started: true, run };
}

export function anyProvider(name: string, promise: string, run: Run): DriverCheck {
  return { name, promise, scope: 'any', started: true, run };
}

export function fixedMachines(name: string, promise: string, run: Run): DriverCheck {
  return { name, promise, scope: 'fixed', started: true, run };
}
