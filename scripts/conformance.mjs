// npm run test:conformance -- PATTERN …: runs tests of the conformance suite by part of their names; all without a pattern.
import { runSuite, suiteIsHere } from './lib/conformance.mjs';
import { build, installDependencies } from './lib/steps.mjs';

const args = process.argv.slice(2);
const patterns = args.filter((arg) => !arg.startsWith('--'));
const options = args.filter((arg) => arg.startsWith('--'));
if (!suiteIsHere()) {
  console.error('The conformance suite is not there: it is expected at ../shared/conformance beside the project');
  process.exit(1);
}
installDependencies();
build();
const result = runSuite(patterns, options);
console.log(result.output);
process.exitCode = result.failed > 0 ? 1 : 0;
