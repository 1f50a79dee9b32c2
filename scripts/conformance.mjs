// npm run test:conformance -- PATTERN …: runs tests of the conformance suite by part of their names; all without a pattern.
import { runSuite } from './lib/conformance.mjs';
import { preparation } from './lib/preparation.mjs';
import { build } from './lib/steps.mjs';

const args = process.argv.slice(2);
const patterns = args.filter((arg) => !arg.startsWith('--'));
const options = args.filter((arg) => arg.startsWith('--'));

process.exitCode = preparation(['conformance'], args, () => {
  build();
  const result = runSuite(patterns, options);
  console.log(result.output);
  return result.failed > 0 ? 1 : 0;
});
