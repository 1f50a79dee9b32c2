import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Program } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';

// Nobody listens at port 1: the daemons wait for ZooKeeper all the time.
const CONFIG = `zookeeper-servers: [{host: 127.0.0.1, port: 1}]
webapp: {port: 0, listen_address: 127.0.0.1}
images-dir: images
labels: []
providers: []
`;

const LOGGING = `version: 1
formatters:
  plain: {format: '%(levelname)s %(name)s %(message)s'}
handlers:
  file: {class: logging.handlers.WatchedFileHandler, filename: LOG, formatter: plain}
root: {level: DEBUG, handlers: [file]}
`;

let world: DaemonWorld;
let log: string;
let pidFile: string;
beforeEach(async () => {
  world = await DaemonWorld.open('background');
  log = join(world.folder, 'daemon.log');
  pidFile = join(world.folder, 'd.pid');
  await world.configure(CONFIG.replace('images-dir: images', `images-dir: ${world.imagesDir}`));
  await writeFile(join(world.folder, 'logging.yaml'), LOGGING.replace('LOG', log));
});
afterEach(() => world.close());

const RELATIVE = ['-c', 'nodepool.yaml', '-p', 'd.pid', '-l', 'logging.yaml'] as const;

/** Starts a daemon in the background, from its folder; answers its number. */
async function inBackground(program: Program, args: readonly string[] = RELATIVE): Promise<number> {
  const start = world.start(program, args);
  expect(await start.ending(), start.output).toEqual({ code: 0, signal: null });
  expect(start.output).toBe('');
  return Number(readFileSync(pidFile, 'utf8'));
}

function fact(pid: number, name: string): string | undefined {
  try {
    return new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

async function gone(pid: number): Promise<void> {
  const ended = (): boolean => /^(Z|undefined)/.test(String(fact(pid, 'State')));
  await world.until(`process ${pid} ends`, ended, { limit: 20 });
}

describe.each(['nodepool-launcher', 'nodepool-builder'] as const)('%s in the background', (program) => {
  it('is detached, finds its relative files, and takes its pid file away at the end [BUILDER 141]', async () => {
    const pid = await inBackground(program);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    expect({ session: Number(stat[3]), group: Number(stat[2]), terminal: Number(stat[4]) }).toEqual({
      session: pid,
      group: pid,
      terminal: 0,
    });
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    expect([0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))).toEqual([
      '/dev/null',
      '/dev/null',
      '/dev/null',
    ]);
    expect(fact(pid, 'Umask')).toBe('0022');
    process.kill(pid, 'SIGINT');
    await gone(pid);
    expect(existsSync(pidFile)).toBe(false);
    expect(readFileSync(log, 'utf8')).toMatch(/INFO nodepool SIGINT: stopping/);
  });

  it('that is ended by SIGTERM leaves no pid file [BUILDER 138]', async () => {
    const pid = await inBackground(program);
    process.kill(pid, 'SIGTERM');
    await gone(pid);
    expect(existsSync(pidFile)).toBe(false);
  });

  it('takes over a stale pid file, and one that was killed can be followed [BUILDER 137]', async () => {
    const first = await inBackground(program);
    process.kill(first, 'SIGKILL');
    await gone(first);
    expect(Number(readFileSync(pidFile, 'utf8'))).toBe(first);
    expect(await inBackground(program)).not.toBe(first);
  });
});

describe('a daemon that cannot start in the background', () => {
  async function complaint(program: Program, ...args: readonly string[]): Promise<string> {
    const start = world.start(program, args);
    expect(await start.ending()).toEqual({ code: 1, signal: null });
    expect(start.stdout).toBe('');
    expect(start.stderr).not.toMatch(/\n\s+at /);
    return start.stderr.trimEnd().replaceAll(`${world.folder}/`, '');
  }

  it('because another one has its pid file says so [BUILDER 137]', async () => {
    const pid = await inBackground('nodepool-launcher');
    expect(await complaint('nodepool-launcher', ...RELATIVE)).toBe(
      `nodepool-launcher: pid file d.pid: process ${pid} (node) is running; stop it, or, if it is another program, remove the file: rm d.pid`,
    );
    expect(Number(readFileSync(pidFile, 'utf8'))).toBe(pid);
    expect(fact(pid, 'State')).toMatch(/^[SR]/);
  });

  it('tells of what is wrong with its files, and leaves no pid file behind', async () => {
    const folder = (name: string): readonly string[] => ['-c', 'nodepool.yaml', '-p', 'd.pid', '-l', name];
    expect(await complaint('nodepool-launcher', '-c', 'missing.yaml', ...RELATIVE.slice(2))).toBe(
      'nodepool-launcher: missing.yaml: there is no such file',
    );
    expect(await complaint('nodepool-builder', ...folder('no.yaml'))).toBe(
      'nodepool-builder: Unable to read logging config file at no.yaml',
    );
    await writeFile(join(world.folder, 'bad.yaml'), LOGGING.replace('LOG', join(world.folder, 'missing/x.log')));
    expect(await complaint('nodepool-builder', ...folder('bad.yaml'))).toBe(
      'nodepool-builder: bad.yaml:5: handlers.file.filename: missing/x.log cannot be made: its folder does not exist; create it first',
    );
    expect(await complaint('nodepool-launcher', '-c', 'nodepool.yaml', '-p', 'missing/d.pid')).toBe(
      'nodepool-launcher: pid file missing/d.pid: the folder missing does not exist; create it, or name another file with -p',
    );
    expect(existsSync(pidFile)).toBe(false);
  });
});

describe('a daemon in the foreground', () => {
  it('writes no pid file, and ends at once on SIGTERM, in order on SIGINT and SIGUSR1 [BUILDER 138]', async () => {
    for (const [signal, words] of [
      ['SIGTERM', undefined],
      ['SIGINT', /SIGINT: stopping/],
      ['SIGUSR1', /SIGUSR1: stopping/],
    ] as const) {
      const launcher = world.launcher('-p', pidFile);
      await launcher.says(/The web interface listens/);
      expect(existsSync(pidFile)).toBe(false);
      launcher.signal(signal);
      expect(await launcher.ending(20)).toEqual({ code: 0, signal: null });
      expect(/stopping/.test(launcher.output)).toBe(words !== undefined);
    }
  });

  it('writes a dump at DEBUG and goes on, and a profile with the second SIGUSR2 [BUILDER 139]', async () => {
    const profiles = join(world.folder, 'profiles');
    await mkdir(profiles);
    const launcher = world.start('nodepool-launcher', ['-d', '-c', world.configFile], {
      NODEPOOL_PROFILE_DIR: profiles,
    });
    await launcher.says(/The web interface listens/);
    launcher.signal('SIGUSR2');
    await launcher.says(/DEBUG nodepool\.stack_dump: End of the debug dump/);
    expect(launcher.output).toMatch(/DEBUG nodepool\.stack_dump: Launcher: starting or stopping, session \w+/);
    expect(launcher.output).toMatch(/DEBUG nodepool\.stack_dump: Leases: 0 held, 0 wanted/);
    expect(launcher.output).toMatch(/DEBUG nodepool\.stack_dump: open handles: /);
    const from = launcher.output.length;
    launcher.signal('SIGUSR2');
    await launcher.says(/INFO nodepool\.stack_dump: The CPU profile was written to \S+\.cpuprofile/, { from });
    await launcher.says(/End of the debug dump/, { from });
    expect(await launcher.stop()).toEqual({ code: 0, signal: null });
  });

  it('follows when logrotate moves its log [BUILDER 140]', async () => {
    const launcher = world.launcher('-l', join(world.folder, 'logging.yaml'));
    await world.until('something is logged', () => existsSync(log) && readFileSync(log, 'utf8').includes('listens'));
    await rename(log, `${log}.1`);
    expect(await launcher.stop()).toEqual({ code: 0, signal: null });
    expect(readFileSync(log, 'utf8')).toMatch(/INFO nodepool SIGINT: stopping/);
    expect(launcher.output).toBe('');
  });

  it('refuses a logging configuration that is missing [BUILDER 140]', async () => {
    await rm(join(world.folder, 'logging.yaml'));
    const launcher = world.launcher('-l', join(world.folder, 'logging.yaml'));
    expect(await launcher.ending()).toEqual({ code: 1, signal: null });
    expect(launcher.output).toBe(
      `nodepool-launcher: Unable to read logging config file at ${world.folder}/logging.yaml\n`,
    );
  });
});

describe('nodepool', () => {
  it('logs as -l says, unless --debug is given', async () => {
    const broken = join(world.folder, 'missing.yaml');
    const list = world.start('nodepool', ['-l', broken, '-c', world.configFile, 'list']);
    expect(await list.ending()).toEqual({ code: 1, signal: null });
    expect(list.stderr).toContain(`Unable to read logging config file at ${broken}`);
  });
});
