// npm run pack:deb [-- FOLDER]: a Debian package of the core, with all that it runs with except Node.js. The same sources make the same
// file, byte for byte: times in it are SOURCE_DATE_EPOCH, else the time of the last commit.
//
//   --revision N   Debian's part of the version, 1 if not given
//   --fast         hardly compressed, for tests
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isBuilt } from './lib/built.mjs';
import { makeControl, makeTree, manifest } from './lib/deb-tree.mjs';
import { setTimes } from './lib/file-tree.mjs';
import { build, has, must, ROOT } from './lib/steps.mjs';

const options = { revision: { type: 'string', default: '1' }, fast: { type: 'boolean', default: false } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const staging = mkdtempSync(path.join(os.tmpdir(), 'nodepool-deb-'));
try {
  if (!has('dpkg-deb')) throw new Error('dpkg-deb is missing (it is in the package dpkg)');
  if (!isBuilt()) build();
  console.log(pack(path.resolve(positionals[0] ?? 'packed')));
} catch (error) {
  console.error(`pack:deb: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(staging, { recursive: true });
}

function pack(folder) {
  const Architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  const Version = `${manifest().version}-${values.revision}`;
  const tree = path.join(staging, 'nodepool');
  makeTree(tree, Architecture);
  makeControl(tree, { Version, Architecture, Maintainer: maintainer() });
  const seconds = epoch();
  setTimes(tree, seconds);
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `nodepool_${Version}_${Architecture}.deb`);
  const compression = values.fast ? ['-Zgzip', '-z1'] : ['-Zxz'];
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(seconds) };
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  must('dpkg-deb', 'dpkg-deb', ['--root-owner-group', ...compression, '--build', tree, file], quiet);
  return file;
}

/** As Debian's tools ask for it. */
function maintainer() {
  const { DEBFULLNAME = 'Nodepool', DEBEMAIL = 'nodepool@localhost' } = process.env;
  return `${DEBFULLNAME} <${DEBEMAIL}>`;
}

/** Seconds. */
function epoch() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) return Number(given);
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' }));
}
