// Small helpers of the scripts: plain Node, because they run before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceBuild } from './builds.mjs';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Runs a command in the project; answers its exit status. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (result.error) throw new Error(`${command} cannot be started: ${result.error.message}`);
  return result.status ?? 1;
}

export function must(what, command, args, options) {
  const status = run(command, args, options);
  if (status !== 0) throw new Error(`${what} failed (exit status ${status})`);
}

/** Has somebody run `npm ci` for just this lock file? npm notes at the end what it has installed. */
function broughtByNpm() {
  const note = path.join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(note)) return false;
  const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const here = read(note);
  return Object.entries(read(path.join(ROOT, 'package-lock.json'))).every(
    ([name, { version, optional }]) => name === '' || (here[name] ? here[name].version === version : optional === true),
  );
}

/** Where the files of the system are looked for; another folder stands for a machine of its own. */
export const SYSTEM = process.env.NODEPOOL_SYSTEM_ROOT ?? '/';

/** PATH with the folders of the administrator, which is where Debian has some of the tools. */
export function debianPath() {
  return [path.join(SYSTEM, 'usr/sbin'), path.join(SYSTEM, 'sbin'), process.env.PATH].join(':');
}

export function has(command) {
  const env = { ...process.env, PATH: debianPath() };
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore', env }).status === 0;
}

export function mayInstall() {
  return has('apt-get') && (SYSTEM !== '/' || process.getuid?.() === 0);
}

/** Installs Debian packages if this is Debian and we may; answers whether it did. */
export function installDebianPackages(packages) {
  if (!mayInstall()) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env };
  console.log(`Installing Debian packages: ${packages.join(' ')}`);
  run('apt-get', ['-qq', 'update'], quiet);
  return withoutStartingServices(
    () => run('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...packages], quiet) === 0,
  );
}

/** Debian asks this file before it starts a service that was just installed; 101 forbids it. One that is there already has its say. */
function withoutStartingServices(install) {
  const policy = path.join(SYSTEM, 'usr/sbin/policy-rc.d');
  if (existsSync(policy)) return install();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return install();
  } finally {
    rmSync(policy, { force: true });
  }
}

/**
 * Brings the npm dependencies, unless they are there for this lock file. `lean`: without what is optional, so that nothing is compiled;
 * the tests want that, too: the other client of ZooKeeper, and the compiled parts of their tools.
 */
export function installDependencies({ lean = false } = {}) {
  const stamp = path.join(ROOT, 'node_modules', '.nodepool-installed');
  const lock = createHash('sha256')
    .update(readFileSync(path.join(ROOT, 'package-lock.json')))
    .digest('hex');
  const here = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (here === lock || (lean && here === `${lock} lean`)) return;
  if (here === '' && broughtByNpm()) return;
  if (!lean) bringCompiler();
  console.log(
    lean ? 'Installing npm packages …' : 'Installing npm packages (two are compiled, this takes about a minute) …',
  );
  // The drivers in packages of their own need much that the core does not: .npmrc leaves them out unless somebody asks for them.
  const extent = lean ? ['--omit=optional'] : ['--workspaces', '--include-workspace-root'];
  must('npm ci', 'npm', ['ci', ...extent, '--no-audit', '--no-fund', '--loglevel=error']);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, lean ? `${lock} lean` : lock);
}

/** npm goes on without what it cannot compile; tests of it would then be missing. */
function bringCompiler() {
  const missing = ['g++', 'make', 'python3'].filter((command) => !has(command));
  if (missing.length === 0 || installDebianPackages(['build-essential', 'python3'])) return;
  throw new Error(`The tests compile the native ZooKeeper client; please install ${missing.join(', ')} first`);
}

/** Compiles into an empty folder, which takes the place of dist when all is there. Drivers of packages of their own follow. */
export function build() {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  replaceBuild(ROOT, (folder) =>
    must('The build', process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', folder]),
  );
  for (const driver of builtDrivers()) {
    must(`The build of ${driver}`, process.execPath, [tsc, '-p', `${driver}/tsconfig.json`]);
  }
}

/** The folders of the drivers in packages of their own. */
export function workspaces(root = ROOT) {
  return manifestOf(root).workspaces ?? [];
}

/** Those that are compiled. None without their packages: the core does without, and so does who has installed just that. */
export function builtDrivers(root = ROOT) {
  return workspaces(root).filter((folder) => {
    if (!existsSync(path.join(root, folder, 'tsconfig.json'))) return false;
    const { dependencies = {} } = manifestOf(path.join(root, folder));
    return Object.keys(dependencies).every((name) => existsSync(path.join(root, 'node_modules', name)));
  });
}

function manifestOf(folder) {
  const file = path.join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`Node.js 20.19 or newer is needed, this is ${process.versions.node}`);
}
