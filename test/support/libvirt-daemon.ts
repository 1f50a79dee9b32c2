import { execFile, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';

const LIBVIRTD_CONF = `listen_tls = 0
listen_tcp = 0
auth_unix_rw = "none"
auth_unix_ro = "none"
`;
const QEMU_CONF = `user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
`;
/** Where a libvirtd of root keeps its things: each is a folder of the test's own, seen by that daemon alone. */
const PLACES = {
  etc: '/etc/libvirt',
  run: '/run/libvirt',
  lib: '/var/lib/libvirt',
  cache: '/var/cache/libvirt',
  log: '/var/log/libvirt',
};

/** What is missing to run libvirtd here; undefined if nothing is. */
function libvirtMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'libvirtd of a test needs root';
  const missing = [
    '/usr/sbin/libvirtd',
    '/usr/sbin/virtlogd',
    '/usr/bin/virsh',
    '/usr/bin/qemu-system-x86_64',
    '/usr/bin/qemu-img',
  ];
  const first = missing.find((file) => !existsSync(file));
  if (first !== undefined) return `${first} is missing`;
  return spawnSync('unshare', ['-m', 'true']).status === 0 ? undefined : 'no mount namespace can be made here';
}

/** For `describe.skipIf`: true, with a message, if there can be no libvirtd; under CI that is an error. */
export function withoutLibvirt(): boolean {
  const why = libvirtMissing();
  if (why === undefined) return false;
  if (process.env['CI'] === 'true') throw new Error(`The driver libvirt cannot be tested for real: ${why}`);
  console.warn(`Skipped, for want of libvirt: ${why}`);
  return true;
}

/** A real libvirtd beside whatever else runs on this machine, with a storage pool `nodepool`. */
export class LibvirtDaemon {
  private libvirtd: ChildProcess | undefined;
  private virtlogd: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly poolFolder: string,
  ) {}

  /** @param options.poolFolder where the pool's volumes are, default in the daemon's own folder */
  static async start(options: { readonly poolFolder?: string } = {}): Promise<LibvirtDaemon> {
    const folder = mkdtempSync('/tmp/np-lv-');
    for (const name of [...Object.keys(PLACES), 'pool']) mkdirSync(path.join(folder, name));
    for (const place of Object.values(PLACES)) mkdirSync(place, { recursive: true });
    writeFileSync(path.join(folder, 'etc/libvirtd.conf'), LIBVIRTD_CONF);
    writeFileSync(path.join(folder, 'etc/qemu.conf'), QEMU_CONF);
    const daemon = new LibvirtDaemon(folder, options.poolFolder ?? path.join(folder, 'pool'));
    daemon.virtlogd = daemon.spawn('virtlogd');
    await daemon.up();
    await daemon.virsh('pool-define-as', 'nodepool', 'dir', '--target', daemon.poolFolder);
    await daemon.virsh('pool-start', 'nodepool');
    return daemon;
  }

  get uri(): string {
    return `qemu:///system?socket=${this.folder}/run/libvirt-sock`;
  }

  /** libvirt's own test hypervisor in this daemon, shared by all who connect. */
  get testUri(): string {
    return `test+unix:///default?socket=${this.folder}/run/libvirt-sock`;
  }

  get pid(): number {
    return this.libvirtd?.pid ?? 0;
  }

  async virsh(...words: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('virsh', ['-q', '-c', this.uri, ...words], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    return stdout;
  }

  async volumes(): Promise<readonly string[]> {
    const text = await this.virsh('vol-list', '--pool', 'nodepool');
    return text
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/)[0] ?? '')
      .filter((name) => name !== '')
      .sort();
  }

  async domains(): Promise<readonly string[]> {
    return (await this.virsh('list', '--all', '--name'))
      .split('\n')
      .filter((name) => name !== '')
      .sort();
  }

  /** Pids of the machines' QEMUs, by the names of their domains. */
  get machines(): ReadonlyMap<string, number> {
    const folder = path.join(this.folder, 'run/qemu');
    const files = existsSync(folder) ? readdirSync(folder).filter(isMachine) : [];
    return new Map(files.map((name) => [name.slice(0, -4), Number(readFileSync(path.join(folder, name), 'utf8'))]));
  }

  async up(): Promise<void> {
    this.libvirtd = this.spawn('libvirtd');
    const answers = (): Promise<boolean> =>
      this.virsh('uri').then(
        () => true,
        () => false,
      );
    await eventually('libvirtd answers', answers, 60);
  }

  /** Ends libvirtd; the machines go on. */
  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { libvirtd } = this;
    this.libvirtd = undefined;
    await end(libvirtd, signal);
  }

  /** Ends the machines and the daemons, and removes everything. */
  async stop(): Promise<void> {
    await this.down('SIGKILL');
    for (const pid of this.machines.values()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    await end(this.virtlogd, 'SIGTERM');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  private spawn(program: 'libvirtd' | 'virtlogd'): ChildProcess {
    const binds = Object.entries(PLACES).map(([name, place]) => `mount --bind ${this.folder}/${name} ${place}`);
    const script = [...binds, `exec ${program} -p ${this.folder}/${program}.pid >>${this.folder}/${program}.log 2>&1`];
    // Without forking: the process started here becomes the daemon.
    const child = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-ec', script.join('\n')], {
      stdio: 'ignore',
      env: { ...process.env, PATH: `/usr/sbin:/sbin:${process.env['PATH'] ?? ''}` },
    });
    const kill = (): boolean => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    return child;
  }
}

/** libvirtd has a file of its own there. */
function isMachine(name: string): boolean {
  return name.endsWith('.pid') && name !== 'driver.pid';
}

function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
