// npm run bench -- [alone] [burst] …: measures the launcher against its budgets, in a built copy of its own.
// NODEPOOL_BENCH_PROFILE=<folder> writes CPU profiles of the launchers there; NODEPOOL_BENCH_KEEP=1 keeps their logs.
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { preparation } from './lib/preparation.mjs';
import { must, ROOT, run } from './lib/steps.mjs';

// Measuring never changes the npm packages.
if (!existsSync(path.join(ROOT, 'node_modules'))) throw new Error('Please install the dependencies first (npm ci)');
process.exitCode = preparation(['bench'], process.argv.slice(2), measure);

function measure() {
  const copy = mkdtempSync(path.join(os.tmpdir(), 'nodepool-bench-'));
  try {
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    must('The build', process.execPath, [tsc, '-p', 'test/bench/tsconfig.json', '--outDir', copy]);
    for (const name of ['package.json', 'bin', 'web', 'test/fixtures/libvirt'])
      cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
    // The executables look for the build in dist/.
    symlinkSync('src', path.join(copy, 'dist'));
    return run(process.execPath, [path.join(copy, 'test/bench/main.js'), ...process.argv.slice(2)]);
  } finally {
    rmSync(copy, { recursive: true });
  }
}
