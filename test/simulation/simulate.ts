/** One worker of `npm run simulate`: runs the seeds it is given and tells how they ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { describeStep } from './scenario/steps.js';
import { makeScenario } from './scenario/scenario.js';
import { shrink } from './shrink.js';
import { Simulation } from './simulation.js';
import type { Outcome } from './simulation.js';

/** Lines of the chronicle that are shown of a violation. */
const LAST_LINES = 40;
/** Runs spent on making a scenario smaller. */
const SHRINKING_RUNS = 150;

interface Order {
  readonly seed: number;
  /** Show everything. */
  readonly readable: boolean;
}

const port = parentPort;
// Shared with the supervisor: beats while virtual time passes, the virtual second.
const heart = new Int32Array((workerData as { readonly heart: SharedArrayBuffer }).heart);

function pulse(virtualSeconds: number): void {
  Atomics.add(heart, 0, 1);
  Atomics.store(heart, 1, Math.round(virtualSeconds));
}

async function carryOut({ seed, readable }: Order): Promise<void> {
  const scenario = makeScenario(seed);
  const keepLines = readable ? 1_000_000 : LAST_LINES;
  const outcome = await new Simulation(scenario, { keepLines, pulse }).run();
  const { violation } = outcome;
  const report = violation ? await explain(outcome, seed) : [];
  const lines = readable ? [...scenario.steps.map(describeStep), ...outcome.lines] : [];
  const { digest, virtualSeconds, changes, jobs } = outcome;
  port?.postMessage({ seed, violation, digest, virtualSeconds, changes, jobs, lines, report });
}

async function explain(outcome: Outcome, seed: number): Promise<readonly string[]> {
  let left = SHRINKING_RUNS;
  const options = { keepLines: LAST_LINES, pulse };
  const small = await shrink(makeScenario(seed), outcome, options, () => (left -= 1) > 0);
  const { violation, lines } = small.outcome;
  return [
    `${small.scenario.steps.length} steps still break it (${small.runs} runs):`,
    ...small.scenario.steps.map(describeStep),
    'and end with',
    ...lines.slice(-LAST_LINES),
    `${violation?.rule ?? ''}: ${violation?.detail ?? ''}`,
  ];
}

port?.on('message', (order: Order) => {
  carryOut(order).catch((error: unknown) => {
    port.postMessage({ seed: order.seed, error: error instanceof Error ? error.stack : String(error) });
  });
});
