// Runs the black-box conformance suite, which the original passes too.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './steps.mjs';

const FOLDER = path.join(ROOT, 'test/conformance');
const SUITE = path.join(FOLDER, 'suite/run.py');
export const IMPLEMENTATION = path.join(FOLDER, 'impl.json');

/**
 * The suite counts every registration of a launcher; with both registries on it sees each launcher twice. Tests that compare
 * these lists are run with a description in which it looks at one registry.
 */
export const ONE_REGISTRY = path.join(FOLDER, 'impl-one-registry.json');

export function suiteIsHere() {
  return existsSync(SUITE);
}

/** Names in a list file: one a line, `#` begins a comment. */
export function readNames(file) {
  const lines = readFileSync(path.join(FOLDER, file), 'utf8').split('\n');
  return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '');
}

export function runSuite(implementation, patterns, extra = []) {
  const only = patterns.flatMap((pattern) => ['--only', pattern]);
  const args = [SUITE, '--impl', implementation, ...only, ...extra];
  const result = spawnSync('/usr/bin/python3', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.error) throw result.error;
  const output = result.stdout + result.stderr;
  const counts = /^(\d+) passed, (\d+) failed$/m.exec(output);
  if (!counts) throw new Error(`the conformance suite did not finish:\n${output.slice(-3000)}`);
  const skipped = /^(\d+) skipped$/m.exec(output);
  return { output, passed: Number(counts[1]), failed: Number(counts[2]), skipped: Number(skipped?.[1] ?? 0) };
}

/** All tests that are known to pass; none may be lost. */
export function runConformance() {
  if (!suiteIsHere()) {
    const note = `skipped: the conformance suite is not at ${path.relative(ROOT, SUITE)}`;
    console.log(note);
    return { passed: 0, failed: 0, skipped: 1, notes: [note] };
  }
  const total = { passed: 0, failed: 0, skipped: 0, notes: [] };
  for (const [implementation, list] of [
    [IMPLEMENTATION, 'passing.txt'],
    [ONE_REGISTRY, 'passing-one-registry.txt'],
  ]) {
    const names = readNames(list);
    const result = runSuite(implementation, names, ['--jobs', '2']);
    if (result.failed > 0) console.log(result.output);
    const ran = result.passed + result.failed + result.skipped;
    if (ran !== names.length) throw new Error(`${list} names ${names.length} tests, ${ran} were run`);
    for (const key of ['passed', 'failed', 'skipped']) total[key] += result[key];
    console.log(`${list}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
  }
  return total;
}
