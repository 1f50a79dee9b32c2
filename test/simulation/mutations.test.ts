import { describe, expect, it } from 'vitest';
import { MUTATIONS } from './mutations.js';
import { makeScenario } from './scenario/scenario.js';
import { Simulation } from './simulation.js';

const SEEDS = 200;

describe('the simulator finds a launcher that', { timeout: 300_000 }, () => {
  it.each(MUTATIONS.map((mutation) => [mutation.name, mutation] as const))('%s', async (_name, mutation) => {
    let found: string | null = null;
    const from = mutation.from ?? 1;
    for (let seed = from; seed < from + SEEDS && found === null; seed += 1) {
      const { violation } = await Simulation.mutated(makeScenario(seed), mutation).run();
      if (violation) found = `seed ${seed}: ${violation.rule}`;
    }
    expect(found, `no seed up to ${SEEDS} finds it`).not.toBeNull();
  });
});
