// npm run test:<project> [-- ARGUMENTS OF VITEST]: brings what the project's tests need, and runs them.
//
//   --prepare   only brings what they need; ends with 1 if something is still missing
import { preparation } from './lib/preparation.mjs';
import { ROOT, run } from './lib/steps.mjs';

const [project, ...args] = process.argv.slice(2);
process.exitCode = preparation([project], args, () => {
  const vitest = `${ROOT}/node_modules/vitest/vitest.mjs`;
  return run(process.execPath, [vitest, 'run', '--project', project, ...args]);
});
