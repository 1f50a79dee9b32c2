// npm run quickstart [-- --once]: installs and builds what is not there yet, and runs the whole of Nodepool in one process.
// With --real [--folder FOLDER] it builds a real image and boots a real machine on this host.
import path from 'node:path';
import { isBuilt } from './lib/built.mjs';
import { realQuickstart } from './lib/real/quickstart.mjs';
import { build, installDependencies, requireNode, ROOT, run } from './lib/steps.mjs';

const words = process.argv.slice(2);
try {
  requireNode();
  installDependencies({ lean: true });
  if (!isBuilt()) {
    console.log('Building Nodepool, once (about a quarter of a minute) …');
    build();
  }
  process.exitCode = words.includes('--real')
    ? await realQuickstart(words)
    : run(process.execPath, [path.join(ROOT, 'bin/nodepool-standalone.js'), '--demo', ...words]);
} catch (error) {
  console.error(`quickstart: ${error.message}`);
  process.exitCode = 1;
}
