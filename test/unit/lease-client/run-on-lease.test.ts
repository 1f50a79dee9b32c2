import { beforeEach, describe, expect, it, test } from 'vitest';
import { LeasingWorld, refused, type Mishap } from './leasing-world.js';

let world: LeasingWorld;
beforeEach(() => {
  world = new LeasingWorld();
});

const beats = (): readonly number[] => world.gateway.log.filter(({ call }) => call === 'renew').map(({ at }) => at);

describe('run', () => {
  test.each([
    [{ kind: 'exited', code: 0 }, 0, { outcome: 'ok' }],
    [{ kind: 'exited', code: 3 }, 3, { outcome: 'failed', note: 'exit status 3' }],
    [{ kind: 'signalled', signal: 'SIGSEGV', number: 11 }, 139, { outcome: 'failed', note: 'exit status 139' }],
    [
      { kind: 'not-started', code: 127, problem: 'there is no such program' },
      127,
      { outcome: 'failed', note: 'exit status 127' },
    ],
  ] as const)('answers what the command ended with: %j', async (end, status, verdict) => {
    const run = world.run();
    await world.clock.advance(5);
    world.program.finish(end);
    await world.clock.advance(1);
    expect(run.value).toBe(status);
    expect(world.gateway.only.outcome).toBe('released');
    expect(world.gateway.verdicts).toEqual([verdict]);
    expect([...world.files.keys()]).toEqual([]);
    expect(world.listening).toBe(0);
  });

  it('gives the command its lease in the environment, and files that are there while it runs', async () => {
    world.run({ wish: { labels: ['small', 'small'] } });
    await world.clock.advance(1);
    expect(world.program.order).toEqual({
      argv: ['make'],
      environment: {
        NODEPOOL_LEASE: world.gateway.only.id,
        NODEPOOL_NODES: '/tmp/run/nodes.json',
        NODEPOOL_INVENTORY: '/tmp/run/inventory.yaml',
        NODEPOOL_SSH_CONFIG: '/tmp/run/ssh_config',
        NODEPOOL_HOST: '192.0.2.7',
        NODEPOOL_PORT: '22',
        NODEPOOL_USER: 'debian',
        ANSIBLE_INVENTORY: '/tmp/run/inventory.yaml',
      },
    });
    expect(JSON.parse(world.files.get('/tmp/run/nodes.json') ?? '')).toHaveLength(2);
    expect(world.files.get('/tmp/run/ssh_config')).toMatch(/^Host small$[^]*^Host small-2$/m);
  });

  it('hints at words that the shell has emptied before there was anything to fill in', async () => {
    world.run({ command: ['ssh', '', 'make'] });
    await world.clock.advance(1);
    expect(world.notes).toEqual([expect.stringMatching(/^a word of the command is empty.*sh -c/)]);
  });

  it('has a heartbeat every fifteenth of the ttl, until the command has ended and no longer [L14]', async () => {
    const run = world.run({ wish: { ttl: 30 } });
    await world.clock.advance(9);
    expect(beats()).toEqual([2, 4, 6, 8]);
    world.program.finish({ kind: 'exited', code: 0 });
    await world.clock.advance(60);
    expect(run.value).toBe(0);
    expect(beats()).toHaveLength(4);
  });

  it('keeps its heartbeat while a command that was asked to end has not [L14]', async () => {
    world.deaf = true;
    world.run({ wish: { ttl: 30 } });
    await world.clock.advance(1);
    world.press('SIGTERM');
    await world.clock.advance(9);
    expect(beats()).toEqual([2, 4, 6, 8, 10]);
    expect(world.gateway.count('release')).toBe(0);
    await world.clock.advance(2);
    expect(world.gateway.count('release')).toBe(1);
  });
});

describe('missed heartbeats', () => {
  const missing: readonly (readonly [string, Mishap])[] = [
    ['silence', 'silence'],
    ['cut connections', 'away'],
    ['answers that say nothing of the lease', refused(503, 'store-away')],
    ['somebody else who answers', refused(404, null)],
    ['a token that is not known for a while', refused(401, 'unauthenticated')],
  ];
  test.each(missing)('ten in a row are survived: %s [L15]', async (_name, mishap) => {
    world.gateway.readyAfter = 1;
    const run = world.run({ wish: { ttl: 30 } });
    await world.clock.advance(2);
    const before = world.gateway.count('renew');
    world.gateway.mishap = (call, number) => (call === 'renew' && number <= before + 10 ? mishap : undefined);
    await world.clock.advance(120);
    expect(run.settled).toBe(false);
    expect(world.gateway.only.state).toBe('active');
    expect(world.notes).toEqual([
      expect.stringMatching(/^no heartbeat was answered for \d+ s .*; the command goes on$/),
      'heartbeats are answered again',
    ]);
    world.program.finish({ kind: 'exited', code: 0 });
    await world.clock.advance(1);
    expect(run.value).toBe(0);
  });

  test.each<[string, () => void, RegExp]>([
    ['it has ended', () => world.gateway.end(world.gateway.only, 'limit'), /its max-duration has passed/],
    ['nobody knows it', () => world.gateway.leases.clear(), /no gateway knows it any more/],
  ])('the first definite answer ends the command: %s [L15]', async (_name, lose, words) => {
    world.gateway.readyAfter = 1;
    const run = world.run({ wish: { ttl: 30 } });
    await world.clock.advance(7);
    lose();
    await world.clock.advance(3);
    expect(world.program.signals).toMatchObject([{ signal: 'SIGTERM' }]);
    expect(run.error).toMatchObject({ why: 'lost', message: expect.stringMatching(words) as string });
    expect(world.gateway.count('release')).toBe(0);
  });

  it('a command that does not end by itself is killed after ten seconds', async () => {
    world.deaf = true;
    const run = world.run({ wish: { ttl: 30 } });
    await world.clock.advance(1);
    world.gateway.end(world.gateway.only, 'released');
    await world.clock.advance(30);
    expect(world.program.signals.map(({ signal }) => signal)).toEqual(['SIGTERM', 'SIGKILL']);
    const [term, kill] = world.program.signals.map(({ at }) => at);
    expect((kill ?? 0) - (term ?? 0)).toBe(10);
    expect(run.error).toMatchObject({ why: 'lost' });
  });

  it('refused for longer than any lease lives, it is gone', async () => {
    const run = world.run({ wish: { ttl: 30 } });
    await world.clock.advance(1);
    world.gateway.mishap = (call) => (call === 'renew' ? refused(401, 'unauthenticated') : undefined);
    await world.clock.advance(55);
    expect(run.settled).toBe(false);
    await world.clock.advance(10);
    expect(run.error).toMatchObject({ why: 'lost' });
  });

  it('of a gateway that never comes back do not end the command at all', async () => {
    const run = world.run({ wish: { ttl: 30 } });
    await world.clock.advance(1);
    world.gateway.mishap = () => 'away';
    await world.clock.advance(3600);
    expect(run.settled).toBe(false);
    world.program.finish({ kind: 'exited', code: 4 });
    await world.clock.advance(40);
    expect(run.value).toBe(4);
    expect(world.notes.at(-1)).toMatch(/could not be given back \(the gateway does not answer\); it ends by itself/);
  });
});

describe('a signal', () => {
  test.each([
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const)('%s ends the command, gives the lease back and is the exit status [L14]', async (signal, number) => {
    const run = world.run();
    await world.clock.advance(5);
    world.press(signal);
    await world.clock.advance(1);
    expect(world.program.signals[0]).toMatchObject({ signal });
    expect(run.error).toMatchObject({ why: 'stopped', signalNumber: number });
    expect(world.gateway.only.outcome).toBe('released');
    expect(world.listening).toBe(0);
  });

  it('that comes again kills the command at once', async () => {
    world.deaf = true;
    const run = world.run();
    await world.clock.advance(5);
    world.press('SIGINT');
    await world.clock.advance(1);
    world.press('SIGINT');
    await world.clock.advance(0);
    expect(world.program.signals.map(({ signal }) => signal)).toEqual(['SIGINT', 'SIGKILL']);
    expect(run.error).toMatchObject({ why: 'stopped' });
  });
});

describe('on the machine', () => {
  it('the command is run by ssh with keys that are pinned', async () => {
    world.run({ local: false, command: ['sh', '-c', 'echo "$HOME"'], identity: '/home/me/key' });
    await world.clock.advance(1);
    expect(world.program.order.argv).toEqual([
      'ssh',
      '-F',
      '/tmp/run/ssh_config',
      '-o',
      'BatchMode=yes',
      '-T',
      '--',
      'small',
      `sh -c 'echo "$HOME"'`,
    ]);
    expect(world.files.get('/tmp/run/known_hosts')).toBe('nodepool-0000000000 ssh-ed25519 AAAA\n');
    expect(world.files.get('/tmp/run/ssh_config')).toMatch(
      /StrictHostKeyChecking yes[^]*IdentityFile \/home\/me\/key\n/,
    );
  });

  it('a terminal is passed through', async () => {
    world.onTerminal = true;
    world.run({ local: false });
    await world.clock.advance(1);
    expect(world.program.order.argv).toEqual(['ssh', '-F', '/tmp/run/ssh_config', '-t', '--', 'small', 'make']);
  });

  it('the current folder is there first, with --sync', async () => {
    const run = world.run({ local: false, sync: true });
    await world.clock.advance(1);
    const folder = `nodepool/${world.gateway.only.id}/work`;
    expect(world.program.order.from).toEqual(['tar', '-cf', '-', '.']);
    expect(world.program.order.argv.at(-1)).toBe(`mkdir -p ${folder} && tar -xof - -C ${folder}`);
    world.program.finish({ kind: 'exited', code: 0 });
    await world.clock.advance(1);
    expect(world.program.order.argv.at(-1)).toBe(`cd ${folder} && make`);
    world.program.finish({ kind: 'exited', code: 7 });
    await world.clock.advance(1);
    expect(run.value).toBe(7);
  });

  it('nothing is run when the folder could not be copied', async () => {
    const run = world.run({ local: false, sync: true });
    await world.clock.advance(1);
    world.program.finish({ kind: 'exited', code: 2 });
    await world.clock.advance(1);
    expect(run.error).toMatchObject({
      why: 'other',
      message: 'the current folder could not be copied (exit status 2)',
    });
    expect(world.programs).toHaveLength(1);
    expect(world.gateway.only.outcome).toBe('released');
  });

  test.each([
    ['winrm', ['ssh-rsa AAAA'], 'usage', /reached by winrm, not by ssh; run your own program with --local/],
    ['ssh', ['ssh-rsa FAKEKEY'], 'other', /a machine of the fake cloud.*--local/],
    ['ssh', [], 'other', /the host keys of small are not known/],
    ['ssh', ['\n* ssh-rsa AAAA'], 'other', /the host keys of small are not known/],
  ] as const)('reached by %s with the keys %j nothing can be run', async (connectionType, hostKeys, why, words) => {
    Object.assign(world.gateway, { connectionType, hostKeys });
    const run = world.run({ local: false });
    await world.clock.advance(1);
    expect(run.error).toMatchObject({ why, message: expect.stringMatching(words) as string });
    expect(world.programs).toEqual([]);
    expect(world.gateway.only.outcome).toBe('released');
  });
});
