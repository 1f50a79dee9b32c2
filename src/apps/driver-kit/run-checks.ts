import type { DriverBench } from './driver-bench.js';
import type { DriverCheck } from './driver-check.js';
import { DRIVER_CHECKS } from './driver-checks.js';
import { CheckSkipped } from './check-failure.js';
import { Trial } from './trial.js';

export type CheckOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly problem: string; readonly error: unknown }
  | { readonly kind: 'skipped'; readonly reason: string };

export interface CheckResult {
  readonly check: DriverCheck;
  readonly outcome: CheckOutcome;
  /** Ids of instances that the check has made and that could not be deleted. */
  readonly leftBehind: readonly string[];
}

/** Makes a bench for one check. */
export type MakeBench = () => Promise<DriverBench>;

/** Carries out one check on a fresh bench. Rejects only if there is no bench. */
export async function runDriverCheck(check: DriverCheck, makeBench: MakeBench): Promise<CheckOutcome> {
  return (await carryOut(check, makeBench)).outcome;
}

async function carryOut(check: DriverCheck, makeBench: MakeBench): Promise<CheckResult> {
  const trial = new Trial(await makeBench());
  const outcome = await outcomeOf(check, trial);
  return { check, ...outcome };
}

async function outcomeOf(check: DriverCheck, trial: Trial): Promise<Omit<CheckResult, 'check'>> {
  let outcome: CheckOutcome = { kind: 'passed' };
  // Timers of a driver's clock do not keep a process alive, and a test runner would take it for finished.
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    const unfit = unfitness(check, trial);
    if (unfit !== undefined) throw new CheckSkipped(unfit);
    await trial.begin();
    await check.run(trial);
  } catch (error) {
    outcome =
      error instanceof CheckSkipped
        ? { kind: 'skipped', reason: error.message }
        : { kind: 'failed', problem: error instanceof Error ? error.message : String(error), error };
  }
  const leftBehind = await trial.end();
  clearInterval(alive);
  return { outcome, leftBehind };
}

function unfitness({ scope }: DriverCheck, { launches }: Trial): string | undefined {
  if (scope === 'launching' && !launches) return 'the machines of this provider exist by themselves';
  if (scope === 'fixed' && launches) return 'the provider launches its machines';
  return undefined;
}

/** Carries out all checks, one after the other. */
export async function runDriverChecks(
  makeBench: MakeBench,
  options: {
    /** Default: all. */
    readonly checks?: readonly DriverCheck[];
    readonly onResult?: (result: CheckResult) => void;
    /** Carry out no further checks after this one. */
    readonly enough?: (result: CheckResult) => boolean;
  } = {},
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of options.checks ?? DRIVER_CHECKS) {
    const result = await carryOut(check, makeBench);
    results.push(result);
    options.onResult?.(result);
    if (options.enough?.(result)) break;
  }
  return results;
}

/** What a test framework has to have: vitest, node:test and jest all do, each with its own way to skip. */
export type RegisterTest = (title: string, run: (context: unknown) => Promise<void>) => unknown;

/** Registers every check as a test of its own. A check that cannot be made is skipped if the framework can do that, and passes otherwise. */
export function registerDriverChecks(test: RegisterTest, makeBench: MakeBench): void {
  for (const check of DRIVER_CHECKS) {
    test(`${check.name}: ${check.promise}`, async (context) => {
      const outcome = await runDriverCheck(check, makeBench);
      if (outcome.kind === 'failed') throw outcome.error;
      if (outcome.kind !== 'skipped' || typeof context !== 'object' || context === null) return;
      const { skip } = context as { readonly skip?: (reason: string) => unknown };
      if (typeof skip === 'function') skip.call(context, outcome.reason);
    });
  }
}
