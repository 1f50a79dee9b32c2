import { spawn, execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SSHD = '/usr/sbin/sshd';

/** For `describe.skipIf`: true, with a message, if there is no OpenSSH server; under CI that is an error. */
export function withoutSshd(): boolean {
  if (existsSync(SSHD)) return false;
  const why = `no ${SSHD} (apt-get install openssh-server)`;
  if (process.env['CI'] === 'true') throw new Error(`Static machines cannot be tested for real: ${why}`);
  console.warn(`Skipped, for want of an OpenSSH server: ${why}`);
  return true;
}

export interface SshdUser {
  /** Whose private halves get in, as whoever runs the test: `<type> <base64>`. */
  readonly publicKeys: readonly string[];
  /** The home folder that commands see. */
  readonly home: string;
}

/** Debian's OpenSSH server on a loopback port, with keys of its own. It lets nobody in, unless it is told to. */
export class RealSshd {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    /** `<type> <base64>`, as configurations have them. */
    readonly publicKeys: readonly string[],
  ) {}

  static start(port: number, types: readonly string[] = ['ed25519', 'rsa'], user?: SshdUser): RealSshd {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-sshd-'));
    const files = types.map((type) => path.join(folder, `key-${type}`));
    types.forEach((type, index) => {
      execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', files[index] ?? ''], { stdio: 'ignore' });
    });
    // Debian's sshd wants its folder for privilege separation, which the service makes otherwise.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const lines = [
      ...files.map((file) => `HostKey ${file}`),
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `PidFile ${path.join(folder, 'pid')}`,
      'UsePAM no',
      ...(user ? lettingIn(folder, user) : ['PermitRootLogin no']),
    ];
    writeFileSync(path.join(folder, 'config'), `${lines.join('\n')}\n`);
    const child = spawn(SSHD, ['-D', '-e', '-f', path.join(folder, 'config')], { stdio: 'ignore' });
    const keys = files.map((file) => readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' '));
    return new RealSshd(folder, child, keys);
  }

  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function lettingIn(folder: string, { publicKeys, home }: SshdUser): readonly string[] {
  const file = path.join(folder, 'authorized_keys');
  writeFileSync(file, publicKeys.map((key) => `${key}\n`).join(''));
  return [
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    `AuthorizedKeysFile ${file}`,
    // The command as the user's own shell would get it, but with another home.
    `ForceCommand export HOME=${home}; cd "$HOME"; exec sh -c "$SSH_ORIGINAL_COMMAND"`,
  ];
}
