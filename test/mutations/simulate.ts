/** Runs worlds until a rule is broken, and says which: a mutated simulator is made of this by scripts/mutations.mjs. */
import { makeScenario } from '../simulation/scenario/scenario.js';
import { Simulation } from '../simulation/simulation.js';

const [from, count] = process.argv.slice(2).map(Number);
for (let seed = from ?? 1; seed < (from ?? 1) + (count ?? 1); seed += 1) {
  const { violation } = await new Simulation(makeScenario(seed)).run();
  if (!violation) continue;
  console.log(`found: ${violation.rule} (seed ${seed})`);
  process.exit(0);
}
console.log('no rule is broken');
