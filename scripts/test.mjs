// npm test: brings what the tests need, runs all of them, and closes with one line of counts.
//
//   --prepare   only brings what they need
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runConformance, runSuite } from './lib/conformance.mjs';
import { down, makeFolder, ready, takeDownAfterUs, upInBackground, whyNoCloud } from './lib/openstack-cloud.mjs';
import { preparation } from './lib/preparation.mjs';
import { findMissingTools, hint, TOOLS } from './lib/test-tools.mjs';
import { build, installDependencies, requireNode, ROOT, run } from './lib/steps.mjs';

const strict = process.env.CI === 'true';
const totals = { passed: 0, failed: 0, skipped: 0 };
const notes = [];

function add(counts) {
  for (const key of Object.keys(totals)) totals[key] += counts[key] ?? 0;
}

async function step(title, work) {
  console.log(`\n== ${title}`);
  const began = Date.now();
  try {
    await work();
  } catch (error) {
    console.error(error.message);
    notes.push(`${title}: ${error.message}`);
    totals.failed += 1;
  }
  console.log(`${title}: ${Math.round((Date.now() - began) / 1000)} s`);
}

function vitest(names, options = [], env = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-test-'));
  const report = path.join(folder, 'report.json');
  const bin = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  const projects = names.flatMap((name) => ['--project', name]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = run(process.execPath, [bin, 'run', ...projects, ...options, ...reporters], {
    env: { ...process.env, ...env },
  });
  if (!existsSync(report)) throw new Error(`vitest ended with status ${status} and wrote no report`);
  const result = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });
  const skipped = result.numPendingTests + result.numTodoTests;
  add({ passed: result.numPassedTests, failed: result.numFailedTests, skipped });
  for (const file of result.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'pending' || test.status === 'skipped') notes.push(`skipped: ${test.fullName}`);
    }
  }
  if (status !== 0 && result.numFailedTests === 0) throw new Error(`vitest ended with status ${status}`);
}

function check(name) {
  if (run('npm', ['run', '--silent', name]) !== 0) throw new Error(`npm run ${name} failed`);
  totals.passed += 1;
}

/** The cloud comes up while checks and unit tests run, and is gone before the tests that measure time. */
async function testOpenStack(folder) {
  const problem = await ready(folder, 600);
  if (problem !== null) throw new Error(`OpenStack could not be brought up: ${problem}`);
  vitest(['openstack'], ['--no-file-parallelism'], { OSCLOUD_DIR: folder });
}

const everything = [...new Set(TOOLS.flatMap((tool) => tool.for))];
if (process.argv.includes('--prepare')) process.exit(preparation(everything, ['--prepare']));
await step('Preparations', () => {
  requireNode();
  installDependencies();
  build();
  const missing = findMissingTools(everything);
  if (missing.length === 0) return;
  notes.push(...missing.map(hint));
  if (strict) totals.failed += missing.length;
});
const whyNot = whyNoCloud();
const cloud = whyNot === null ? makeFolder() : null;
const callOff = cloud === null ? null : takeDownAfterUs(cloud);
try {
  if (cloud !== null) upInBackground(cloud);
  for (const name of ['check:format', 'check:types', 'check:lint', 'check:layers', 'check:unused', 'check:lines']) {
    await step(name, () => check(name));
  }
  // The cloud takes a few minutes to come up; these tests need nothing but a processor.
  await step('Unit tests, simulation and its mutations', () => vitest(['unit', 'simulation', 'mutations']));
  // Those whose code or test has changed since they were found the last time; all of them: `npm run mutations -- --all`.
  await step('Planted defects', () => {
    const mutations = path.join(ROOT, 'scripts/mutations.mjs');
    if (run(process.execPath, [mutations, '--check']) !== 0) throw new Error('A planted defect was not found');
    totals.passed += 1;
  });
  if (cloud === null) {
    notes.push(`skipped: the tests with OpenStack: ${whyNot}`);
    totals.skipped += 1;
  } else await step('A real OpenStack', () => testOpenStack(cloud));
} finally {
  if (cloud !== null) down(cloud);
  callOff?.();
}
await step('Contract, integration and end-to-end tests', () => vitest(['contract', 'integration']));
/** Tests that lean on ZooKeeper most, once more with its C client, which operators may choose. */
const ON_THE_C_CLIENT = ['severed-connection', 'watches'].map((name) => `test/integration/${name}.test.ts`);
await step('The C client', () => {
  const env = { NODEPOOL_ZOOKEEPER_CLIENT: 'native' };
  vitest(['integration'], ON_THE_C_CLIENT, env);
  const patterns = ['test_single', 'test_used_node_is_deleted', 'session_loss', 'locked', 'test_request_deleted'];
  const counts = runSuite(patterns, ['--jobs', '2'], env);
  if (counts.failed > 0) console.log(counts.output);
  add(counts);
});
await step('The newest Node', () => check('test:node'));
await step('Simulation with seeds of this commit', () => {
  const simulate = path.join(ROOT, 'scripts/simulate.mjs');
  if (run(process.execPath, [simulate, '--fresh', '--seeds', '200']) !== 0)
    throw new Error('A simulated rule was broken');
  totals.passed += 200;
});
await step('Conformance with the original', () => {
  const counts = runConformance();
  add(counts);
  notes.push(...counts.notes);
});

if (notes.length > 0) console.log(`\n${notes.join('\n')}`);
if (strict && totals.skipped > 0) {
  console.log('CI=true: skipped tests count as failures');
  totals.failed += totals.skipped;
  totals.skipped = 0;
}
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed > 0 ? 1 : 0;
