import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SshKeyInstaller } from '../../src/adapters/ssh/ssh-key-installer.js';
import type { LeasedNode } from '../../src/domain/model/lease.js';
import { ROOT } from '../support/daemon-build.js';
import { eventually } from '../support/eventually.js';
import { NodepoolCommand } from '../support/nodepool-command.js';
import { withoutSshd } from '../support/real-sshd.js';
import { freePort } from '../support/zookeeper-server.js';

const NEVER = new AbortController().signal;

describe.skipIf(withoutSshd() || process.getuid?.() !== 0)('keys of leases on a machine with a real sshd', () => {
  let folder: string;
  let sshd: ChildProcess;
  let node: LeasedNode;

  const file = (name: string): string => path.join(folder, name);
  const publicKey = (name: string): string => readFileSync(file(`${name}.pub`), 'utf8').trim();
  const authorized = (): string => readFileSync(file('.ssh/authorized_keys'), 'utf8');
  const install = (keys: readonly string[], change: Partial<LeasedNode> = {}, identity = 'identity'): Promise<void> =>
    new SshKeyInstaller().install({ ...node, ...change }, keys, file(identity), NEVER);
  const comesIn = (name: string): boolean => {
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'IdentitiesOnly=yes'];
    const args = ['-F', '/dev/null', '-i', file(name), '-p', String(node.connectionPort)];
    try {
      execFileSync(
        'ssh',
        [...args, ...options.flatMap((each) => ['-o', each]), `${os.userInfo().username}@127.0.0.1`, 'true'],
        {
          stdio: 'ignore',
        },
      );
      return true;
    } catch {
      return false;
    }
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'nodepool-keys-'));
    mkdirSync(file('.ssh'), { mode: 0o700 });
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    for (const name of ['host', 'identity', 'guest', 'stranger'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file(name)]);
    const port = await freePort();
    const lines = [
      `HostKey ${file('host')}`,
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `PidFile ${file('pid')}`,
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'UsePAM no',
      'StrictModes no',
      `AuthorizedKeysFile ${file('.ssh/authorized_keys')}`,
      `SetEnv HOME=${folder}`,
    ];
    writeFileSync(file('config'), `${lines.join('\n')}\n`);
    sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('config')], { stdio: 'ignore' });
    node = {
      id: '0000000001',
      label: 'small',
      hostname: null,
      interfaceIp: '127.0.0.1',
      publicIpv4: null,
      publicIpv6: null,
      privateIpv4: null,
      connectionType: 'ssh',
      connectionPort: port,
      username: os.userInfo().username,
      hostKeys: [publicKey('host')],
      shellType: null,
      pythonPath: null,
      provider: 'cloud',
      region: null,
      az: null,
      image: null,
      imageId: null,
      slot: null,
    };
    writeFileSync(file('.ssh/authorized_keys'), `${publicKey('identity')}\n`);
    await eventually('sshd lets the identity in', () => comesIn('identity'));
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => sshd.once('exit', resolve));
    sshd.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    // As editors and images leave it: without an end of its last line.
    writeFileSync(file('.ssh/authorized_keys'), publicKey('identity'));
    chmodSync(file('.ssh/authorized_keys'), 0o600);
  });

  it('[L9] lets the holder in, and nobody else, whatever his key’s comment says', async () => {
    expect(comesIn('guest')).toBe(false);
    const odd = `${publicKey('guest').split(' ').slice(0, 2).join(' ')} $(touch ${file('pwned')}); '"`;
    await install([odd]);
    expect(comesIn('guest')).toBe(true);
    expect(comesIn('stranger')).toBe(false);
    expect(authorized()).toBe(`${publicKey('identity')}\n${odd}\n`);
    expect(() => readFileSync(file('pwned'))).toThrow();
  });

  it('[L9] adds what is there already only once', async () => {
    await install([publicKey('guest'), publicKey('stranger')]);
    await install([publicKey('guest')]);
    expect(authorized().trim().split('\n')).toEqual(['identity', 'guest', 'stranger'].map(publicKey));
  });

  it.each<readonly [string, Readonly<Record<string, () => unknown>>, string]>([
    ['a machine that shows another key', { hostKeys: () => [publicKey('stranger')] }, 'identity'],
    ['a machine that does not know the identity', {}, 'stranger'],
    ['nobody at the port', { connectionPort: () => 1 }, 'identity'],
    ['no such identity', {}, 'none'],
  ])('[L9] %s is an error, and nothing is changed', async (_case, change, identity) => {
    const given = Object.fromEntries(
      Object.entries(change).map(([key, value]) => [key, value()]),
    ) as Partial<LeasedNode>;
    await expect(install([publicKey('guest')], given, identity)).rejects.toThrow();
    expect(authorized()).toBe(publicKey('identity'));
  });

  it('nodepool run --ssh-key lets a key in that the machine did not know, on a daemon with an identity', async () => {
    const socket = file('nodepool.sock');
    const machine = {
      name: '127.0.0.1',
      labels: 'small',
      'connection-port': node.connectionPort,
      username: node.username,
      'host-key': publicKey('host'),
    };
    const config = {
      store: { directory: file('store') },
      'images-dir': folder,
      'lease-api': { socket, identity: file('identity') },
      labels: [{ name: 'small' }],
      providers: [{ name: 'rack', driver: 'static', pools: [{ name: 'main', nodes: [machine] }] }],
    };
    writeFileSync(file('nodepool.json'), JSON.stringify(config));
    const argv = [path.join(ROOT, 'bin/nodepool-standalone.js'), '-f', '--no-webapp', '-c', file('nodepool.json')];
    const daemon = spawn(process.execPath, argv, { stdio: 'ignore' });
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    try {
      await eventually('the daemon listens', () => existsSync(socket));
      expect(comesIn('guest')).toBe(false);
      const order = ['run', 'small', '--ssh-key', file('guest.pub'), '--identity', file('guest')];
      const words = ['--url', `unix:${socket}`, ...order, '--', 'sh', '-c', 'echo "in as $(whoami)"; exit 7'];
      const run = await NodepoolCommand.start(words, { env: { SSH_AUTH_SOCK: '' } }).ended;
      expect([run.code, run.stdout], run.stderr).toEqual([7, `in as ${node.username}\n`]);
      expect(authorized()).toContain(publicKey('guest').split(' ')[1]);
    } finally {
      daemon.kill('SIGTERM');
      await ended;
    }
  });

  it('gives up when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(new SshKeyInstaller().install(node, [publicKey('guest')], file('identity'), signal)).rejects.toThrow(
      'enough',
    );
  });
});
