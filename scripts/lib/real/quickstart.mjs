// npm run quickstart -- --real: an image that is built, and a machine that boots, on this host.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { has, ROOT, run } from '../steps.mjs';
import { findMissingTools, hint } from '../test-tools.mjs';
import { Daemon } from './daemon.mjs';
import { mainJob } from './main-job.mjs';
import { OwnLibvirt } from './own-libvirt.mjs';

/** The path of a socket has 107 bytes at most, and ours add 28. */
const LONGEST = 79;

const say = (line) => console.log(line);

/** @returns the exit status: 0 if the main job was done @throws Error saying what has to be mended */
export async function realQuickstart(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      real: { type: 'boolean' },
      once: { type: 'boolean' },
      prepare: { type: 'boolean' },
      folder: { type: 'string', default: '.quickstart/real' },
    },
  });
  const folder = path.resolve(ROOT, values.folder);
  if (!values.prepare) requireRoot();
  requireTools();
  if (values.prepare) return 0;
  requirePackageLists();
  requireShort(folder);
  mkdirSync(folder, { recursive: true });
  const free = claim(folder);
  try {
    return await runIn(folder, values.once === true);
  } finally {
    free();
  }
}

async function runIn(folder, once) {
  const again = existsSync(path.join(folder, 'store'));
  say(
    `Real machines on this host, in ${path.relative('.', folder)} (${again ? 'going on where it ended; ' : ''}remove it to begin anew)`,
  );
  for (const name of ['images', 'logs', 'tmp']) mkdirSync(path.join(folder, name), { recursive: true });
  const identity = keyIn(folder);
  const stopping = new AbortController();
  const asked = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.on(signal, () => {
        resolve(signal);
        stopping.abort(new Error(`stopped by ${signal}`));
      });
  });
  const libvirt = new OwnLibvirt(folder);
  let daemon;
  try {
    await libvirt.start();
    daemon = new Daemon(folder, environment(folder, libvirt.uri, identity), say);
    daemon.start(once ? ['--no-webapp'] : []);
    await mainJob({ daemon, libvirt, identity, say, signal: stopping.signal });
    say('The main job is done: image built and uploaded, machine launched, used and deleted.');
    if (!once) await goOn({ daemon, identity, asked });
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    if (once) throw new Error('the main job was not done: it was stopped');
  } finally {
    await daemon?.stop().catch((error) => console.error(error.message));
    await libvirt.stop();
  }
  return daemon?.status ?? 0;
}

async function goOn({ daemon, identity, asked }) {
  const { text } = await daemon.mark('web', 60, 'the web interface does not run');
  const program = path.relative('.', path.join(ROOT, 'bin/nodepool.js'));
  say(
    `Nodepool goes on running; look at http://${text}/ with a browser, end it with Ctrl-C. Another machine, in another terminal:`,
  );
  say(`  node ${program} --url unix:${daemon.socket} run tiny-vm --identity ${identity} -- uname -a`);
  await Promise.race([asked, daemon.ended]);
}

function environment(folder, uri, identity) {
  return {
    NODEPOOL_STANDALONE_DIR: folder,
    NODEPOOL_QUICKSTART_ELEMENTS: path.join(ROOT, 'examples/one-machine/elements'),
    NODEPOOL_QUICKSTART_URI: uri,
    NODEPOOL_QUICKSTART_KEY: readFileSync(`${identity}.pub`, 'utf8').trim(),
    TMPDIR: path.join(folder, 'tmp'),
  };
}

/** The private key that gets in. */
function keyIn(folder) {
  const file = path.join(folder, 'id_ed25519');
  if (!existsSync(file)) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'quickstart', '-f', file]);
  return file;
}

function requireRoot() {
  if (process.getuid?.() === 0) return;
  throw new Error(
    '--real needs root: diskimage-builder mounts file systems, and libvirt is started for it. Try: sudo npm run quickstart -- --real',
  );
}

function requireTools() {
  const missing = findMissingTools(['quickstart']);
  if (missing.length === 0) return;
  throw new Error(`--real needs more than is there (Debian 12 or later on amd64)\n${missing.map(hint).join('\n')}`);
}

/** The element takes kernel and boot loader out of Debian's packages. */
function requirePackageLists() {
  if (!has('apt-cache')) throw new Error('--real builds its image from packages of Debian; apt-cache is missing');
  if (run('apt-cache', ['show', 'linux-image-cloud-amd64'], { stdio: 'ignore' }) === 0) return;
  say('Reading the lists of Debian packages …');
  run('apt-get', ['-qq', 'update'], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function requireShort(folder) {
  if (Buffer.byteLength(folder) <= LONGEST) return;
  throw new Error(`${folder} is too long for the path of a socket; choose another one: --folder /var/tmp/nodepool`);
}

/** One quickstart in a folder at a time. Answers the way to let it go. */
function claim(folder) {
  const file = path.join(folder, 'pid');
  const other = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  if (other > 0 && isQuickstart(other)) throw new Error(`a quickstart runs in ${folder} already (process ${other})`);
  writeFileSync(file, `${process.pid}\n`);
  return () => rmSync(file, { force: true });
}

function isQuickstart(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('quickstart.mjs');
  } catch {
    return false;
  }
}
