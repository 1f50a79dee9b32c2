// Seeds that nobody has run before: others for each commit, the same for everybody who looks at the same commit.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './steps.mjs';

/** Below it are the seeds that people name by hand. */
const LOWEST = 1_000_000;
const RANGE = 1_000_000_000;

/** The first of the seeds that belong to the commit that is checked out. Without git, the sources' version stands for it. */
export function firstFreshSeed() {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
  const mark = status === 0 ? stdout.trim() : readFileSync(path.join(ROOT, 'package.json'), 'utf8');
  return LOWEST + (createHash('sha256').update(mark).digest().readUInt32BE(0) % RANGE);
}
