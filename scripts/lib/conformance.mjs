// Runs the black-box conformance suite, which the original passes too.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './steps.mjs';

const FOLDER = path.join(ROOT, 'test/conformance');
const SUITE = path.join(FOLDER, 'suite/run.py');
/** What is run, and the tests of the suite that apply to it: all on ZooKeeper, commands and pages on the store of one machine. */
const RUNS = [
  { passing: 'passing.txt', implementation: 'impl.json' },
  { passing: 'passing-store.txt', implementation: 'impl-store.json' },
];

/** Names in a list file: one a line, `#` begins a comment. */
function readNames(file) {
  const lines = readFileSync(path.join(FOLDER, file), 'utf8').split('\n');
  return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '');
}

/** @param env - what differs from our own environment, for the suite and the daemons it starts */
export function runSuite(patterns, extra = [], env = {}, implementation = 'impl.json') {
  const only = patterns.flatMap((pattern) => ['--only', pattern]);
  const args = [SUITE, '--impl', path.join(FOLDER, implementation), ...only, ...extra];
  const result = spawnSync('/usr/bin/python3', args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
  });
  if (result.error) throw result.error;
  const output = result.stdout + result.stderr;
  const counts = /^(\d+) passed, (\d+) failed$/m.exec(output);
  if (!counts) throw new Error(`the conformance suite did not finish:\n${output.slice(-3000)}`);
  const skipped = /^(\d+) skipped$/m.exec(output);
  return { output, passed: Number(counts[1]), failed: Number(counts[2]), skipped: Number(skipped?.[1] ?? 0) };
}

/** All tests that are known to pass; none may be lost. */
export function runConformance() {
  const totals = { passed: 0, failed: 0, skipped: 0, notes: [] };
  for (const { passing, implementation } of RUNS) {
    const names = readNames(passing);
    const { output, passed, failed, skipped } = runSuite(names, ['--jobs', '2'], {}, implementation);
    if (failed > 0) console.log(output);
    const ran = passed + failed + skipped;
    if (ran !== names.length) throw new Error(`${passing} names ${names.length} tests, ${ran} were run`);
    console.log(`${passing}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
    totals.passed += passed;
    totals.failed += failed;
    totals.skipped += skipped;
  }
  return totals;
}
