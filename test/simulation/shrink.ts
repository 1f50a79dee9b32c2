import { Simulation } from './simulation.js';
import type { Outcome, SimulationOptions } from './simulation.js';
import type { Scenario } from './scenario/scenario.js';
import type { Step } from './scenario/steps.js';

export interface Shrunk {
  readonly scenario: Scenario;
  readonly outcome: Outcome;
  readonly runs: number;
}

/**
 * Looks for fewer steps that still break the same rule: first the shortest beginning, then without each of the others in turn.
 * `mayGoOn` ends it early.
 */
export async function shrink(
  scenario: Scenario,
  broken: Outcome,
  options: SimulationOptions,
  mayGoOn: () => boolean,
): Promise<Shrunk> {
  const rule = broken.violation?.rule;
  let best = { scenario, outcome: broken };
  let runs = 0;
  const attempt = async (steps: readonly Step[]): Promise<boolean> => {
    const last = steps.at(-1)?.at ?? 0;
    const candidate = { ...scenario, steps, end: Math.min(scenario.end, last + 60) };
    runs += 1;
    const outcome = await new Simulation(candidate, options).run();
    if (outcome.violation?.rule !== rule) return false;
    best = { scenario: candidate, outcome };
    return true;
  };
  const until = broken.violation?.at ?? Infinity;
  await attempt(scenario.steps.filter((step) => step.at <= until));
  for (
    let size = Math.ceil(best.scenario.steps.length / 2);
    size >= 1 && mayGoOn();
    size = size > 1 ? Math.ceil(size / 2) : 0
  ) {
    for (let from = best.scenario.steps.length - size; from > -size && mayGoOn(); from -= size) {
      const { steps } = best.scenario;
      const start = Math.max(0, from);
      await attempt([...steps.slice(0, start), ...steps.slice(from + size)]);
    }
  }
  return { ...best, runs };
}
