import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface Ran {
  readonly code: number | null;
  /** Standard output and standard error. */
  readonly output: string;
}

/**
 * Makes the copy: a layer in memory over this system's files, in a mount namespace of its own, so that nothing of it is seen outside and
 * all of it ends with the process.
 */
const COPY = `set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/over" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/over,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
echo ready
exec cat`;

/** For conditional registration of tests: why this machine cannot have such a copy, else null; under CI that is an error. */
export function withoutSystemCopy(): boolean {
  const why = whyNot();
  if (why === null) return false;
  if (process.env['CI'] === 'true') throw new Error(`A package cannot be installed for a trial: ${why}`);
  console.warn(`Left out: a package cannot be installed for a trial: ${why}`);
  return true;
}

function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'not root';
  if (!existsSync('/usr/bin/dpkg-deb')) return 'this is not Debian';
  const tried = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' });
  return tried.status === 0 ? null : tried.stderr;
}

/** A copy of this machine's system, to install packages into. */
export class SystemCopy {
  private constructor(
    private readonly folder: string,
    private readonly keeper: ChildProcess,
    private readonly first: string,
  ) {}

  static async make(): Promise<SystemCopy> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-system-'));
    // The first process of a namespace takes all others with it when it ends.
    const args = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', COPY, 'sh', folder];
    const keeper = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: keeper.stdout })) {
      if (line === 'ready') return new SystemCopy(folder, keeper, childOf(keeper));
    }
    rmSync(folder, { recursive: true });
    throw new Error('The copy of the system could not be made');
  }

  /** Runs a command in the copy, with the search path of a fresh shell. */
  run(command: string, ...args: readonly string[]): Ran {
    const { status, stdout, stderr } = spawnSync('nsenter', this.inside(command, args), {
      encoding: 'utf8',
      env: ENVIRONMENT,
      timeout: 60_000,
    });
    return { code: status, output: stdout + stderr };
  }

  /** Runs one that is expected to succeed; answers what it said. */
  must(command: string, ...args: readonly string[]): string {
    const { code, output } = this.run(command, ...args);
    if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}\n${output}`);
    return output;
  }

  start(command: string, ...args: readonly string[]): ChildProcess {
    return spawn('nsenter', this.inside(command, args), { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  has(file: string): boolean {
    return this.run('test', '-e', file).code === 0;
  }

  write(file: string, text: string): void {
    const { status } = spawnSync('nsenter', this.inside('sh', ['-c', `cat > ${file}`]), { input: text });
    if (status !== 0) throw new Error(`${file} could not be written`);
  }

  remove(): void {
    this.keeper.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private inside(command: string, args: readonly string[]): string[] {
    return ['-t', this.first, '-m', '-p', 'chroot', path.join(this.folder, 'root'), command, ...args];
  }
}

/** By its number out here. */
function childOf({ pid }: ChildProcess): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
}

const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
