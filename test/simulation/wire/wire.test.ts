import { describe, expect, it } from 'vitest';
import { simulateWire } from './wire-simulation.js';

/** More of them: `npm run simulate:wire -- --seeds 10000`. */
const SEEDS = Number(process.env['NODEPOOL_WIRE_SEEDS'] ?? 300);
const FIRST = Number(process.env['NODEPOOL_WIRE_FIRST'] ?? 1);

describe('the wire protocol under faults', () => {
  it(`loses no call, answers none twice, misses no watch (${SEEDS} seeds from ${FIRST})`, async () => {
    const broken: string[] = [];
    for (let seed = FIRST; seed < FIRST + SEEDS && broken.length < 5; seed += 1) {
      const problem = await simulateWire(seed);
      if (problem !== null) broken.push(problem);
    }
    expect(broken).toEqual([]);
  }, 600_000);
});
