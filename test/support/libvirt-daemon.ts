import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
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

const REAPER = path.resolve(import.meta.dirname, '../fixtures/libvirt/reaper.py');

/** A daemon that runs: its process id, and when it has ended. */
interface Running {
  readonly pid: number;
  readonly ended: Promise<void>;
}

/** A real libvirtd beside whatever else runs on this machine, with a storage pool `nodepool`. */
export class LibvirtDaemon {
  private libvirtd: Running | undefined;
  private virtlogd: Running | undefined;

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
    daemon.virtlogd = await daemon.spawn('virtlogd');
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

  /** Names of all domains and volumes, asked in one go. */
  async everything(): Promise<readonly string[]> {
    const text = await this.virsh('list --all --name; vol-list --pool nodepool');
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }

  /** Pids of the machines' QEMUs, by the names of their domains. */
  get machines(): ReadonlyMap<string, number> {
    const folder = path.join(this.folder, 'run/qemu');
    const files = existsSync(folder) ? readdirSync(folder).filter(isMachine) : [];
    return new Map(files.map((name) => [name.slice(0, -4), Number(readFileSync(path.join(folder, name), 'utf8'))]));
  }

  async up(): Promise<void> {
    this.libvirtd = await this.spawn('libvirtd');
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
    for (const pid of this.machines.values()) signalTo(pid, 'SIGKILL');
    await end(this.virtlogd, 'SIGTERM');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  private async spawn(program: 'libvirtd' | 'virtlogd'): Promise<Running> {
    const binds = Object.entries(PLACES).map(([name, place]) => `mount --bind ${this.folder}/${name} ${place}`);
    const started = `exec /usr/bin/python3 ${REAPER} ${program} -p ${this.folder}/${program}.pid 2>>${this.folder}/${program}.log`;
    const child = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-ec', [...binds, started].join('\n')], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, PATH: `/usr/sbin:/sbin:${process.env['PATH'] ?? ''}` },
    });
    const lines = createInterface({ input: child.stdout });
    const ended = new Promise<void>((resolve) => lines.once('close', resolve));
    const pid = await new Promise<number>((resolve, reject) => {
      lines.once('line', (line) => resolve(Number(line)));
      lines.once('close', () => reject(new Error(`${program} could not be started`)));
    });
    const kill = (): void => signalTo(pid, 'SIGKILL');
    process.once('exit', kill);
    void ended.then(() => process.off('exit', kill));
    return { pid, ended };
  }
}

/** libvirtd has a file of its own there. */
function isMachine(name: string): boolean {
  return name.endsWith('.pid') && name !== 'driver.pid';
}

async function end(daemon: Running | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!daemon) return;
  signalTo(daemon.pid, signal);
  await daemon.ended;
}

/** Nothing if it has ended. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
