// npm test: brings what the tests need, runs all of them, and closes with one line of counts.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runConformance } from './lib/conformance.mjs';
import { findMissingTools } from './lib/test-tools.mjs';
import { build, installDependencies, requireNode, ROOT, run } from './lib/steps.mjs';

const strict = process.env.CI === 'true';
const totals = { passed: 0, failed: 0, skipped: 0 };
const notes = [];

function add(counts) {
  for (const key of Object.keys(totals)) totals[key] += counts[key] ?? 0;
}

function step(title, work) {
  console.log(`\n== ${title}`);
  try {
    work();
  } catch (error) {
    console.error(error.message);
    notes.push(`${title}: ${error.message}`);
    totals.failed += 1;
  }
}

function vitest() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-test-'));
  const report = path.join(folder, 'report.json');
  const bin = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  const projects = ['unit', 'simulation', 'mutations', 'contract', 'integration'].flatMap((name) => [
    '--project',
    name,
  ]);
  const status = run(process.execPath, [
    bin,
    'run',
    ...projects,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
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

step('Preparations', () => {
  requireNode();
  installDependencies();
  build();
  const missing = findMissingTools();
  if (missing.length === 0) return;
  notes.push(...missing.map(({ what, packages }) => `missing: ${what} (Debian: ${packages.join(' ')})`));
  if (strict) totals.failed += missing.length;
});
for (const name of ['check:format', 'check:types', 'check:lint', 'check:layers', 'check:unused', 'check:lines']) {
  step(name, () => check(name));
}
step('Unit, contract, integration and end-to-end tests', vitest);
step('Simulation with seeds of this commit', () => {
  const simulate = path.join(ROOT, 'scripts/simulate.mjs');
  if (run(process.execPath, [simulate, '--fresh', '--seeds', '200']) !== 0)
    throw new Error('A simulated rule was broken');
  totals.passed += 200;
});
step('Conformance with the original', () => {
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
