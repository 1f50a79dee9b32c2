// npm run pack:all [-- FOLDER]: files of the core and of the drivers in packages of their own, for `npm install`. Not `pack`: npm would run prepack
// and postpack, which are about the core alone, around a script of that name.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { isBuilt } from './lib/built.mjs';
import { build, builtDrivers, must, ROOT, workspaces } from './lib/steps.mjs';

const folder = path.resolve(process.argv[2] ?? 'packed');
try {
  if (!isBuilt()) build();
  if (builtDrivers().length === 0) {
    throw new Error('The drivers are not built: npm ci --workspaces --include-workspace-root brings what they need');
  }
  mkdirSync(folder, { recursive: true });
  // Named one by one: inside of a workspace npm refuses while .npmrc leaves workspaces out.
  for (const what of [[], ...workspaces().map((name) => [`./${name}`])]) {
    must('npm pack', 'npm', ['pack', ...what, '--pack-destination', folder, '--loglevel=error'], { cwd: ROOT });
  }
} catch (error) {
  console.error(`pack: ${error.message}`);
  process.exitCode = 1;
}
