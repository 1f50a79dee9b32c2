// npm run soak -- [--rounds N]: launcher and builder at work on a ZooKeeper that is frozen, wiped, killed, restarted and fed records that are
// too large, N rounds (20), in a few seconds each. Uses the build in dist (npm run build). Ends with 1 if a round was not survived.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from 'vite';
import { ROOT, run } from './lib/steps.mjs';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-soak-'));
try {
  await build({
    configFile: false,
    logLevel: 'error',
    root: ROOT,
    // The executables are found from where the tests are.
    define: { 'import.meta.dirname': JSON.stringify(path.join(ROOT, 'test/support')) },
    build: {
      ssr: 'test/soak/main.ts',
      outDir: folder,
      emptyOutDir: true,
      minify: false,
      sourcemap: true,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'soak.mjs' } },
    },
  });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  process.exitCode = run(process.execPath, [path.join(folder, 'soak.mjs'), ...process.argv.slice(2)]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
