// A real OpenStack control plane for the tests: Keystone, Glance, Nova, Neutron, Placement and Cinder from Debian's packages, on
// loopback. The scripts that bring it up live beside the project, in ../shared/openstack.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { ROOT } from './steps.mjs';

const SCRIPTS = path.resolve(ROOT, '../shared/openstack');
/** Below the ports that systems give out by themselves, so that nobody takes one between the look and the start. */
const PORTS = { from: 20_000, to: 28_000, each: 20 };
/** A socket's path has to fit into 100 bytes, so the folder is not below TMPDIR. */
const FOLDERS = '/var/tmp/npos-';
const READY = 'ready';
const FAILED = 'failed';

/** Why there can be no cloud here; null if there can. */
export function whyNoCloud() {
  if (!existsSync(path.join(SCRIPTS, 'up.sh'))) {
    return `the scripts that bring OpenStack up are not at ${path.relative(ROOT, SCRIPTS)}`;
  }
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) return 'this is no Debian';
  if (process.getuid?.() !== 0) return 'installing OpenStack takes root';
  return null;
}

export function makeFolder() {
  return mkdtempSync(FOLDERS);
}

/** Installs what is missing and starts the cloud. Answers a text that says what went wrong, or null. */
export async function up(folder) {
  const env = { ...process.env, OSCLOUD_DIR: folder, OSCLOUD_PORT_BASE: String(await freePorts()) };
  keepReceiptKeys(folder);
  for (const script of existsSync(path.join(folder, 'share')) ? ['up.sh'] : ['install.sh', 'up.sh']) {
    const started = Date.now();
    const result = spawnSync(path.join(SCRIPTS, script), { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const seconds = Math.round((Date.now() - started) / 1000);
    console.log(`${script} took ${seconds} s`);
    if (result.status === 0) continue;
    const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
    const problem = `${script} ended with ${result.status ?? result.signal}:\n${output.slice(-4000)}`;
    writeFileSync(path.join(folder, FAILED), problem);
    return problem;
  }
  writeFileSync(path.join(folder, READY), '');
  return null;
}

/** Starts the cloud in a process of its own, which goes on while this one is busy with something else. */
export function upInBackground(folder) {
  const child = spawn(process.execPath, [path.join(ROOT, 'scripts/openstack-cloud.mjs'), 'up', folder], {
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
}

/** Waits for a cloud that somebody is bringing up. Answers a text that says what went wrong, or null. */
export async function ready(folder, seconds) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (existsSync(path.join(folder, READY))) return null;
    if (existsSync(path.join(folder, FAILED))) return readFileSync(path.join(folder, FAILED), 'utf8');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return `the cloud was not up after ${seconds} s`;
}

/** Stops the cloud and forgets all about it. */
export function down(folder) {
  spawnSync(path.join(SCRIPTS, 'down.sh'), ['--wipe'], {
    env: { ...process.env, OSCLOUD_DIR: folder },
    stdio: 'inherit',
  });
  rmSync(folder, { recursive: true, force: true });
}

/** Takes the cloud down when this process ends in a way that leaves it no time to do so. Answers how to call that off. */
export function takeDownAfterUs(folder) {
  const script = `cat > /dev/null; OSCLOUD_DIR="$0" "$1" --wipe; rm -rf "$0"`;
  const keeper = spawn('sh', ['-c', script, folder, path.join(SCRIPTS, 'down.sh')], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  keeper.unref();
  keeper.stdin.unref?.();
  return () => keeper.kill('SIGKILL');
}

/**
 * Keystone wants keys for receipts, too, and looks for them in /etc unless told otherwise. The home folder that the scripts give it is
 * one of the places where it looks for more settings.
 */
function keepReceiptKeys(folder) {
  const settings = path.join(folder, 'state/home/.keystone/keystone.conf.d');
  mkdirSync(settings, { recursive: true });
  const keys = path.join(folder, 'state/fernet');
  writeFileSync(path.join(settings, 'receipts.conf'), `[fernet_receipts]\nkey_repository = ${keys}\n`);
}

async function freePorts() {
  const steps = Math.floor((PORTS.to - PORTS.from) / PORTS.each);
  const first = Math.floor(Math.random() * steps);
  for (let step = 0; step < steps; step += 1) {
    const base = PORTS.from + ((first + step) % steps) * PORTS.each;
    const all = Array.from({ length: PORTS.each }, (_, index) => isFree(base + index));
    if ((await Promise.all(all)).every(Boolean)) return base;
  }
  throw new Error(`there are no ${PORTS.each} free ports in a row between ${PORTS.from} and ${PORTS.to}`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
