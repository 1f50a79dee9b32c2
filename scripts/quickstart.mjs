// npm run quickstart [-- --once]: installs, builds and runs the whole of Nodepool in one process.
import path from 'node:path';
import { build, installDependencies, requireNode, ROOT, run } from './lib/steps.mjs';

try {
  requireNode();
  installDependencies();
  build();
  process.exitCode = run(process.execPath, [path.join(ROOT, 'bin/nodepool-standalone.js'), '--demo', ...process.argv.slice(2)]);
} catch (error) {
  console.error(`quickstart: ${error.message}`);
  process.exitCode = 1;
}
