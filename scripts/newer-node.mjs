// npm run test:node -- [VERSION …]: tests on newer Nodes than the one at hand; the newest that is supported if none is named.
// The npm package `node` brings each as a binary, which is kept in the user's cache.
//
//   --only-fetch   only brings them
import { existsSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runSuite } from './lib/conformance.mjs';
import { preparation } from './lib/preparation.mjs';
import { build, must, ROOT, run } from './lib/steps.mjs';

/** Supported besides the oldest, which `engines` names. */
const SUPPORTED = ['22', '24', '26'];
const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'nodepool/node');

/** What depends on Node more than anything else: sockets, streams, timers, prebuilt modules. */
const UNIT = ['records', 'coordination', 'zookeeper-wire', 'store', 'system', 'http', 'exec-driver', 'logging'];
const CONTRACT = [
  'tree-store',
  'lease-memory',
  'lease-durable',
  'records-memory',
  'store-engine-level',
  'process-runner',
];
const CONFORMANCE = ['test_single', 'test_used_node_is_deleted', 'test_request_deleted_at_once'];

const args = process.argv.slice(2);
const named = args.filter((arg) => !arg.startsWith('--'));
const versions = named.length > 0 ? named : SUPPORTED.slice(-1);

process.exitCode = preparation(['contract', 'conformance'], args, () => {
  for (const version of versions) fetch(version);
  if (args.includes('--only-fetch')) return 0;
  build();
  return versions.map(testOn).some((failed) => failed) ? 1 : 0;
});

function folderOf(version) {
  return path.join(CACHE, version);
}

function fetch(version) {
  if (existsSync(path.join(folderOf(version), 'node_modules/node/bin/node'))) return;
  mkdirSync(folderOf(version), { recursive: true });
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', '--prefix', '.'];
  must(`Fetching Node ${version}`, 'npm', ['install', ...quiet, `node@${version}`], { cwd: folderOf(version) });
}

function testOn(version) {
  const bin = path.join(folderOf(version), 'node_modules/node/bin');
  const node = path.join(bin, 'node');
  // The C client was compiled for the Node at hand.
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, NODEPOOL_TEST_NATIVE: 'no' };
  must(`Node ${version}`, node, ['-e', 'console.log(`Node ${process.version}`)'], { env });
  const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  const files = [...UNIT.map((folder) => `test/unit/${folder}/`), ...CONTRACT.map((name) => `test/contract/${name}`)];
  const tested = run(node, [vitest, 'run', '--project', 'unit', '--project', 'contract', ...files], { env });
  const suite = runSuite(CONFORMANCE, ['--jobs', '2'], { PATH: env.PATH });
  if (suite.failed > 0) console.log(suite.output);
  console.log(`Node ${version}: ${suite.passed} conformance tests passed, ${suite.failed} failed`);
  return tested !== 0 || suite.failed > 0;
}
