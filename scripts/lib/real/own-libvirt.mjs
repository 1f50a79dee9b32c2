// A libvirtd of our own beside whatever else runs here, with a storage pool `nodepool`: nothing of the host's libvirt is touched.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { debianPath } from '../steps.mjs';
import { within } from './within.mjs';

/** Where a libvirtd of root keeps its things: each is a folder of ours, which that daemon alone sees there. */
const PLACES = {
  etc: '/etc/libvirt',
  run: '/run/libvirt',
  lib: '/var/lib/libvirt',
  cache: '/var/cache/libvirt',
  log: '/var/log/libvirt',
};
const LIBVIRTD_CONF = 'listen_tls = 0\nlisten_tcp = 0\nauth_unix_rw = "none"\nauth_unix_ro = "none"\n';
/** No control groups, no security labels: they belong to the host, and a container has none to give away. */
const QEMU_CONF = 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\nnamespaces = []\ncgroup_controllers = []\n';

/**
 * The daemons live in a mount and a process namespace of their own, whose first process is this shell: it buries machines that ended,
 * and when it is killed, or we are, the kernel ends all of them at once.
 */
const INIT = [
  ...Object.entries(PLACES).map(([name, place]) => `mount --bind "$1/${name}" ${place}`),
  'virtlogd &',
  'libvirtd',
].join('\n');
const WORDS = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];

export class OwnLibvirt {
  /** @param folder short enough for the path of a socket; domains and volumes in it are found again */
  constructor(folder) {
    this.folder = path.join(folder, 'libvirt');
    this.pool = path.join(folder, 'volumes');
    this.uri = `qemu:///system?socket=${this.folder}/run/libvirt-sock`;
  }

  /** @throws Error saying what libvirtd has said */
  async start() {
    rmSync(path.join(this.folder, 'run'), { recursive: true, force: true });
    for (const name of Object.keys(PLACES)) mkdirSync(path.join(this.folder, name), { recursive: true });
    for (const place of Object.values(PLACES)) mkdirSync(place, { recursive: true });
    mkdirSync(this.pool, { recursive: true });
    writeFileSync(path.join(this.folder, 'etc/libvirtd.conf'), LIBVIRTD_CONF);
    writeFileSync(path.join(this.folder, 'etc/qemu.conf'), QEMU_CONF);
    const words = ['--pdeathsig', 'KILL', ...WORDS, 'sh', '-ec', INIT, 'sh', this.folder];
    const env = { ...process.env, PATH: debianPath() };
    this.child = spawn('setpriv', words, { detached: true, stdio: ['ignore', 'ignore', 'pipe'], env });
    let said = '';
    this.child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-2000)));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    const over = this.ended.then(() => Promise.reject(new Error(`libvirtd has ended: ${said.trim() || 'no word'}`)));
    over.catch(() => undefined);
    await within(60, 'libvirtd does not answer', Promise.race([this.answers(), over]));
    await this.definePool();
  }

  async virsh(...words) {
    const env = { ...process.env, LC_ALL: 'C' };
    const { stdout } = await promisify(execFile)('virsh', ['-q', '-c', this.uri, ...words], { env, timeout: 60_000 });
    return stdout;
  }

  /** Names of machines, and of volumes that are no images. */
  async leftovers() {
    const text = await this.virsh('list --all --name; vol-list --pool nodepool');
    const names = text.split('\n').map((line) => line.trim().split(/ {2,}/)[0]);
    return names.filter((name) => name !== '' && !name.startsWith('tiny-vm-'));
  }

  /** Ends the daemons and all machines. */
  async stop() {
    if (!this.child) return;
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async answers() {
    while (this.child.exitCode === null && this.child.signalCode === null) {
      const answer = await this.virsh('uri').catch(() => null);
      if (answer !== null) return;
      await pause(200);
    }
  }

  /** The folder may have been moved since the last time. */
  async definePool() {
    const known = (await this.virsh('pool-list', '--all', '--name')).split('\n').map((name) => name.trim());
    if (known.includes('nodepool')) {
      await this.virsh('pool-destroy', 'nodepool').catch(() => undefined);
      await this.virsh('pool-undefine', 'nodepool');
    }
    await this.virsh('pool-define-as', 'nodepool', 'dir', '--target', this.pool);
    await this.virsh('pool-start', 'nodepool');
  }
}
