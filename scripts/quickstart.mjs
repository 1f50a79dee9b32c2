// npm run quickstart [-- --once]: installs and builds what is not there yet, and runs the whole of Nodepool in one process.
import path from 'node:path';
import { isBuilt } from './lib/built.mjs';
import { build, installDependencies, requireNode, ROOT, run } from './lib/steps.mjs';

try {
  requireNode();
  installDependencies({ lean: true });
  if (!isBuilt()) {
    console.log('Building Nodepool, once (about a quarter of a minute) …');
    build();
  }
  process.exitCode = run(process.execPath, [
    path.join(ROOT, 'bin/nodepool-standalone.js'),
    '--demo',
    ...process.argv.slice(2),
  ]);
} catch (error) {
  console.error(`quickstart: ${error.message}`);
  process.exitCode = 1;
}
