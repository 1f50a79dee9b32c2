import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { put } from '../support/folders.js';
import { NodepoolCommand, type CommandEnd, type CommandOptions } from '../support/nodepool-command.js';
import { RealSshd, withoutSshd } from '../support/real-sshd.js';
import { StubGateway } from '../support/stub-gateway.js';
import { freePort } from '../support/zookeeper-server.js';

let gateway: StubGateway;
let folder: string;
const inside = (name: string): string => path.join(folder, name);

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'nodepool run '));
  mkdirSync(inside('tmp'));
  gateway = await StubGateway.start();
});
afterEach(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[], options: CommandOptions = {}): NodepoolCommand {
  const env = {
    NODEPOOL_URL: gateway.url,
    NODEPOOL_TOKEN: 'np_geheim',
    TMPDIR: inside('tmp'),
    XDG_RUNTIME_DIR: '',
    ...options.env,
  };
  return NodepoolCommand.start(args, { ...options, env });
}
async function run(args: readonly string[], options: CommandOptions = {}): Promise<CommandEnd> {
  const end = await start(args, options).ended;
  expect(end.stdout + end.stderr).not.toContain('np_geheim');
  return end;
}
const leftovers = (): readonly string[] => readdirSync(inside('tmp'));

describe('nodepool run --local', () => {
  beforeEach(() => {
    gateway.machines = {
      small: { interface_ip: '127.0.0.1', connection_port: 2222, username: 'zuul', host_keys: ['ssh-ed25519 AAAA'] },
    };
  });

  it('runs the command here, on input and output of ours, with variables and files that are gone afterwards', async () => {
    const script =
      'cat; echo "$NODEPOOL_HOST $NODEPOOL_PORT $NODEPOOL_USER"; cat "$NODEPOOL_NODES"; stat -c %a "$NODEPOOL_NODES" "$(dirname "$NODEPOOL_NODES")"; exit 3';
    const end = await run(['run', 'small', 'small', '--purpose', 'a "test"', '--local', '--', 'sh', '-c', script], {
      input: 'hello\n',
    });
    expect(end.code, end.stderr).toBe(3);
    expect(end.stdout).toMatch(/^hello\n127\.0\.0\.1 2222 zuul\n\[[^]*"id": "0000000002"[^]*\]\n600\n700\n$/);
    expect(gateway.only).toMatchObject({ outcome: 'released', verdict: { outcome: 'failed', note: 'exit status 3' } });
    expect(gateway.only.body).toEqual({ labels: ['small', 'small'], purpose: 'a "test"' });
    expect(leftovers()).toEqual([]);
  });

  it('cannot start what is not there, and gives back all the same', async () => {
    const end = await run(['run', 'small', '--local', '--', 'no-such-program']);
    expect(end).toMatchObject({
      code: 127,
      stderr: 'nodepool: no-such-program cannot be run: there is no such program\n',
    });
    expect(gateway.only.outcome).toBe('released');
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends the command with all that it started, and releases [L14]', async (signal, code) => {
    const command = start([
      'run',
      'small',
      '--local',
      '--',
      'sh',
      '-c',
      'trap "echo caught" INT TERM HUP; sleep 600 & echo $! ready; wait',
    ]);
    await command.says(/ready/);
    const sleeper = Number(/^\d+/.exec(command.stdout)?.[0]);
    command.kill(signal);
    const end = await command.ended;
    expect(end).toMatchObject({ code });
    expect(end.stdout).toContain('caught');
    expect(gateway.only.outcome).toBe('released');
    await eventually(
      'what it started is gone',
      () => !existsSync(`/proc/${sleeper}`) || readFileSync(`/proc/${sleeper}/stat`, 'utf8').includes(') Z '),
    );
    expect(leftovers()).toEqual([]);
  });

  it('a signal to the whole process group ends the command once', async () => {
    const command = start([
      'run',
      'small',
      '--local',
      '--',
      'sh',
      '-c',
      'trap "echo caught" TERM; echo ready; sleep 600 & wait $!; wait',
    ]);
    await command.says(/ready/);
    process.kill(-command.pid, 'SIGTERM');
    const end = await command.ended;
    expect(end.code).toBe(143);
    expect(end.stdout.match(/caught/g)).toHaveLength(1);
  });

  it('the lease that is lost while it runs ends the command, with 70 [L15]', async () => {
    const command = start(['run', 'small', '--ttl', '30', '--local', '--', 'sh', '-c', 'echo ready; exec sleep 600']);
    await command.says(/ready/);
    gateway.end(gateway.only, 'limit');
    const end = await command.ended;
    expect(end).toMatchObject({ code: 70, stderr: 'nodepool: the lease is lost: its max-duration has passed\n' });
    expect(gateway.seen('DELETE')).toEqual([]);
  });

  it('ten heartbeats that nobody hears are survived [L15]', async () => {
    const missed = (): number => gateway.seen('POST', '/renew').length;
    gateway.mishap = ({ path: at }) => {
      if (!at.endsWith('/renew') || missed() > 10) return undefined;
      return missed() % 2 === 0 ? { kind: 'silence' } : { kind: 'refuse', status: 502 };
    };
    const command = start([
      'run',
      'small',
      '--ttl',
      '30',
      '--local',
      '--',
      'sh',
      '-c',
      'echo ready; cat /dev/null; while [ ! -e "$0" ]; do sleep 0.1; done; exit 5',
      inside('stop'),
    ]);
    await command.says(/heartbeats are answered again/, 60);
    expect(missed()).toBeGreaterThan(10);
    writeFileSync(inside('stop'), '');
    expect(await command.ended).toMatchObject({ code: 5 });
  });

  it('is one lease, whatever becomes of the answers [L1]', async () => {
    let calls = 0;
    gateway.mishap = () => {
      calls += 1;
      return calls % 3 === 0 ? undefined : { kind: calls % 3 === 1 ? 'cut-after' : 'cut' };
    };
    expect(await run(['run', 'small', '--local', '--', 'true'])).toMatchObject({ code: 0 });
    expect(gateway.only.outcome).toBe('released');
  });

  it('a gateway that is restarted meanwhile is no matter', async () => {
    gateway.ready = false;
    const command = start([
      'run',
      'small',
      '--local',
      '--',
      'sh',
      '-c',
      'echo ready; while [ ! -e "$0" ]; do sleep 0.1; done',
      inside('stop'),
    ]);
    await command.says(/waiting for small/);
    await gateway.stop();
    gateway.serve(gateway.only);
    await gateway.startAgain();
    await command.says(/ready/);
    await gateway.stop();
    writeFileSync(inside('stop'), '');
    await gateway.startAgain();
    expect(await command.ended).toMatchObject({ code: 0 });
    expect(gateway.only.outcome).toBe('released');
  });
});

describe('exit statuses of nodepool', () => {
  const refusing = (status: number, code: string): void => {
    gateway.mishap = () => ({ kind: 'refuse', status, code });
  };

  test.each([
    ['run', 64],
    ['lease', 2],
  ])('%s: a command line that is not understood is %d', async (command, code) => {
    expect((await run([command])).code).toBe(code);
    expect((await run([command, 'small', '--ttl', '5', '--', 'true'])).code).toBe(code);
    expect((await run([command, 'small', '--ssh-key', inside('none'), '--', 'true'])).code).toBe(code);
    const end = await run([command, 'small', '--', 'true'], { env: { NODEPOOL_URL: 'host:8006' } });
    expect(end).toMatchObject({ code, stdout: '' });
    expect(end.stderr).toMatch(/^nodepool: the URL 'host:8006' cannot be used/);
  });

  test.each([['run'], ['lease']])('%s: 75, 69 and 77 say why there is no machine', async (command) => {
    const args = [command, 'small', ...(command === 'run' ? ['--local', '--', 'true'] : [])];
    refusing(403, 'label-not-allowed');
    expect(await run(args)).toMatchObject({ code: 77, stderr: 'nodepool: refused: label-not-allowed\n' });
    refusing(401, 'unauthenticated');
    expect(await run(args, { env: { NODEPOOL_TOKEN: '' } })).toMatchObject({
      code: 77,
      stderr: expect.stringMatching(/NODEPOOL_TOKEN/) as string,
    });
    gateway.mishap = () => undefined;
    gateway.ready = false;
    const command_ = start(args);
    await command_.says(/waiting for small/);
    gateway.end(gateway.only, 'timed_out');
    expect(await command_.ended).toMatchObject({
      code: 75,
      stderr: 'waiting for small\nnodepool: no machine: no machine came in time\n',
    });
    await gateway.stop();
    expect(await run(['--connect-timeout', '1', ...args])).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(/nothing listens there/) as string,
    });
    await gateway.startAgain();
  });

  it('without URL and configuration it is said what to do', async () => {
    const end = await run(['-c', inside('none.yaml'), 'run', 'small', '--', 'true'], { env: { NODEPOOL_URL: '' } });
    expect(end.code).toBe(64);
    expect(end.stderr).toMatch(/^nodepool: .*none\.yaml.*NODEPOOL_URL/);
  });
});

describe.skipIf(withoutSshd())('nodepool run on a machine', () => {
  let keys: string;
  let home: string;
  let port: number;
  let machine: RealSshd;

  beforeAll(() => {
    keys = mkdtempSync(path.join(tmpdir(), 'nodepool-keys-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(keys, 'id')]);
  });
  afterAll(() => rmSync(keys, { recursive: true, force: true }));

  beforeEach(async () => {
    home = inside('machine-home').replaceAll(' ', '-');
    mkdirSync(home, { recursive: true });
    port = await freePort();
    machine = await startMachine();
  });
  afterEach(async () => {
    await machine.stop();
    rmSync(home, { recursive: true, force: true });
  });

  async function startMachine(): Promise<RealSshd> {
    const publicKey = readFileSync(path.join(keys, 'id.pub'), 'utf8').trim();
    const sshd = RealSshd.start(port, ['ed25519'], { publicKeys: [publicKey], home });
    await eventually('the machine answers', () => listens(port));
    gateway.machines = {
      small: { interface_ip: '127.0.0.1', connection_port: port, username: null, host_keys: sshd.publicKeys },
    };
    return sshd;
  }
  const onMachine = (args: readonly string[], options?: CommandOptions): Promise<CommandEnd> =>
    run(['run', 'small', '--identity', path.join(keys, 'id'), ...args], options);

  it('every word of the command arrives as it is, and its status comes back', async () => {
    const words = ["it's", '$HOME', '`id`', '"q"', 'a  b', '', '\\', 'line\nline', '*', '~', '-n', 'ü'];
    const end = await onMachine([
      '--',
      'sh',
      '-c',
      'for word; do printf "[%s]" "$word"; done; echo "$HOME"; exit 9',
      'sh',
      ...words,
    ]);
    expect(end.code, end.stderr).toBe(9);
    expect(end.stdout).toBe(`${words.map((word) => `[${word}]`).join('')}${home}\n`);
    expect(gateway.only.verdict).toEqual({ outcome: 'failed', note: 'exit status 9' });
  });

  it('input and output are those of the command', async () => {
    expect(await onMachine(['--', 'tr', 'a-z', 'A-Z'], { input: 'hello\n' })).toMatchObject({
      code: 0,
      stdout: 'HELLO\n',
      stderr: '',
    });
  });

  it('on a terminal the command has one of the same size, and without one it has none', async () => {
    const look = ['--', 'sh', '-c', 'if test -t 0 && test -t 1; then stty size; else echo none; fi; exit 5'];
    const there = await onMachine(look, { terminal: { rows: 33, columns: 77 } });
    expect(there).toMatchObject({ code: 5, stdout: expect.stringContaining('33 77\r\n') as string });
    expect(await onMachine(look)).toMatchObject({ code: 5, stdout: 'none\n' });
  });

  it('with --sync the current folder is there first, and the command runs in it', async () => {
    put(inside('work dir'), { 'a.txt': 'one', 'sub/b.sh': '#!/bin/sh\necho from $0\n', '.hidden': 'x' });
    execFileSync('chmod', ['755', inside('work dir/sub/b.sh')]);
    const end = await onMachine(['--sync', '--', 'sh', '-c', 'basename "$PWD"; ls -A; ./sub/b.sh'], {
      cwd: inside('work dir'),
    });
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(end.stdout).toBe('work dir\n.hidden\na.txt\nsub\nfrom ./sub/b.sh\n');
    expect(readdirSync(path.join(home, 'nodepool'))).toEqual([gateway.only.id]);
  });

  it('a machine with another key than the launcher saw is not talked to', async () => {
    await machine.stop();
    const seen = gateway.machines;
    machine = await startMachine();
    gateway.machines = seen;
    const end = await onMachine(['--', 'sh', '-c', 'echo in > "$HOME/traces"']);
    expect(end.code).toBe(255);
    expect(end.stderr).toMatch(/[Hh]ost key verification failed/);
    expect(existsSync(path.join(home, 'traces'))).toBe(false);
    expect(gateway.only).toMatchObject({ outcome: 'released', verdict: { outcome: 'failed' } });
  });

  it('a user with a configuration of ssh that would let in anybody is safe from it', async () => {
    put(inside('user'), {
      '.ssh/config':
        'Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  RemoteCommand echo hijacked\n',
    });
    const end = await onMachine(['--', 'echo', 'fine'], { env: { HOME: inside('user') } });
    expect(end).toMatchObject({ code: 0, stdout: 'fine\n' });
    expect(readdirSync(inside('user/.ssh'))).toEqual(['config']);
  });

  it('a signal ends ssh and the command with it, and releases [L14]', async () => {
    const command = start([
      'run',
      'small',
      '--identity',
      path.join(keys, 'id'),
      '--',
      'sh',
      '-c',
      'echo ready; exec sleep 600',
    ]);
    await command.says(/ready/);
    command.kill('SIGTERM');
    expect(await command.ended).toMatchObject({ code: 143 });
    expect(gateway.only.outcome).toBe('released');
  });
});

describe('nodepool lease', () => {
  beforeEach(() => {
    gateway.machines = {
      small: {
        interface_ip: '192.0.2.7',
        connection_port: 22,
        username: 'debian',
        host_keys: ['ssh-ed25519 AAAA'],
        connection_type: 'ssh',
      },
    };
  });

  it('--format env is for a shell; its files stay until the lease is given back', async () => {
    const end = await run(['lease', 'small', '--format', 'env']);
    expect(end.code, end.stderr).toBe(0);
    const shown = execFileSync(
      'sh',
      ['-c', 'eval "$1"; echo "$NODEPOOL_LEASE $NODEPOOL_HOST"; cat "$NODEPOOL_SSH_CONFIG"', 'sh', end.stdout],
      { encoding: 'utf8' },
    );
    expect(shown).toContain(`${gateway.only.id} 192.0.2.7\nHost small\n`);
    const [kept] = leftovers();
    expect(statSync(inside(`tmp/${kept ?? ''}`)).mode & 0o777).toBe(0o700);
    expect(await run(['lease-release', gateway.only.id, '--broken', '--note', 'no disk'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(gateway.only).toMatchObject({ outcome: 'released', verdict: { outcome: 'broken', note: 'no disk' } });
    expect(leftovers()).toEqual([]);
  });

  it('--detach, lease-list, lease-show, lease-renew and lease-extend speak of the same lease', async () => {
    gateway.ready = false;
    gateway.conditions = [{ code: 'X', pool: 'p/m', message: 'wait' }];
    expect((await run(['lease', 'small', '--detach'])).stdout).toMatch(/\| waiting +\|/);
    const { id } = gateway.only;
    gateway.serve(gateway.only);
    expect((await run(['lease-list'])).stdout).toContain(id);
    expect(JSON.parse((await run(['lease-list', '--format', 'json'])).stdout)).toMatchObject([{ id, state: 'active' }]);
    expect(JSON.parse((await run(['lease-show', id, '--format', 'json'])).stdout)).toMatchObject({
      id,
      holder: 'team-a',
      nodes: [{ label: 'small' }],
    });
    expect((await run(['lease-renew', id, '--ttl', '600'])).code).toBe(0);
    expect((await run(['lease-extend', id, '--max-duration', '600'])).code).toBe(0);
    expect(gateway.calls.slice(-2)).toMatchObject([
      { method: 'POST', path: `/api/v1/leases/${id}/renew`, body: { ttl: 600 } },
      { method: 'PATCH', path: `/api/v1/leases/${id}`, body: { max_duration: 600 } },
    ]);
    gateway.end(gateway.only, 'limit');
    expect((await run(['lease-list'])).stdout).not.toContain(id);
    expect((await run(['lease-list', '--all'])).stdout).toMatch(new RegExp(`${id} \\| ended \\| limit`));
    expect(await run(['lease-renew', id])).toMatchObject({ code: 1, stderr: 'nodepool: refused: lease-ended\n' });
    expect(await run(['lease-show', 'none'])).toMatchObject({ code: 1, stderr: 'nodepool: refused: no-such-lease\n' });
  });

  it('a signal while it waits gives it back [L14]', async () => {
    gateway.ready = false;
    const command = start(['lease', 'small']);
    await command.says(/waiting/);
    command.kill('SIGINT');
    expect(await command.ended).toMatchObject({ code: 130, stdout: '' });
    expect(gateway.only.outcome).toBe('cancelled');
  });
});

async function listens(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => resolve(!socket.destroy().connecting)).once('error', () => resolve(false));
  });
}
