import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { ZooKeeperServer } from '../support/zookeeper-server.js';

let world: DaemonWorld;
let store: string;
beforeEach(async () => {
  world = await DaemonWorld.open('standalone');
  store = join(world.folder, 'store');
});
afterEach(() => world.close());

/** One fake cloud, one image, one label with two nodes at the ready. */
function config(change: object = {}, provider: object = {}): object {
  return {
    store: { directory: store, 'session-timeout': 3 },
    'images-dir': world.imagesDir,
    'build-log-dir': join(world.folder, 'logs'),
    webapp: { port: 0, listen_address: '127.0.0.1' },
    labels: [{ name: 'small', 'min-ready': 2 }],
    diskimages: [{ name: 'debian', elements: ['vm'] }],
    providers: [
      {
        name: 'one',
        driver: 'fake',
        cloud: 'fake',
        diskimages: [{ name: 'debian' }],
        pools: [{ name: 'main', 'max-servers': 4, labels: [{ name: 'small', diskimage: 'debian', 'min-ram': 1024 }] }],
        ...provider,
      },
    ],
    ...change,
  };
}

const standalone = (...args: readonly string[]): Daemon =>
  world.start('nodepool-standalone', ['-f', '--fake', '-c', world.configFile, ...args]);

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...args: readonly string[]): Promise<Ran> {
  const command = world.start('nodepool', ['-c', world.configFile, ...args]);
  const { code } = await command.ending();
  return { code, stdout: command.stdout, stderr: command.stderr };
}

interface Row {
  readonly id: string;
  readonly state: string;
  readonly locked?: string;
  readonly server_id?: string;
}

/** None as long as the daemon is only about to start. */
async function nodes(): Promise<readonly Row[]> {
  const { code, stdout } = await run('list', '--format', 'json');
  return code === 0 ? (JSON.parse(stdout) as readonly Row[]) : [];
}

const readyNodes = (): Promise<readonly Row[]> =>
  world.until('two nodes are ready', async () => {
    const list = await nodes();
    return list.filter(({ state }) => state === 'ready').length === 2 && list;
  });

describe('nodepool-standalone', () => {
  it('keeps nodes and images over kill -9, and every command works beside it', async () => {
    await world.configure(config());
    const first = standalone();
    const before = await readyNodes();
    const images = (await run('image-list', '--format', 'json')).stdout;
    first.signal('SIGKILL');
    await first.ending();
    const down = await run('list', '--format', 'json');
    expect(down.code).toBe(0);
    expect(JSON.parse(down.stdout)).toHaveLength(2);
    expect(down.stderr).toMatch(/^nodepool: nodepool-standalone cannot be reached .*; this is what its store holds\n$/);
    // Whoever locked them is dead.
    expect((JSON.parse(down.stdout) as Row[]).map(({ locked }) => locked)).toEqual(['unlocked', 'unlocked']);
    const second = standalone();
    await second.says(/store opened \(.*records=\d+, ms=\d+\)/);
    await second.says(/Launcher and builder run/);
    const ids = (list: readonly Row[]): string[] => list.map((row) => row.id);
    expect(ids(await readyNodes())).toEqual(ids(before));
    const withoutAge = (text: string): unknown[] =>
      (JSON.parse(text) as Record<string, unknown>[]).map(({ age: _age, ...row }) => row);
    expect(withoutAge((await run('image-list', '--format', 'json')).stdout)).toEqual(withoutAge(images));
    expect(await second.stop()).toEqual({ code: 0, signal: null });
  });

  it('runs without diskimages and without images-dir, and has its nodes [C18]', async () => {
    const pools = [
      { name: 'main', 'max-servers': 4, labels: [{ name: 'small', 'cloud-image': 'debian', 'min-ram': 1024 }] },
    ];
    const provider = { diskimages: undefined, 'cloud-images': [{ name: 'debian' }], pools };
    await world.configure(config({ diskimages: undefined, 'images-dir': undefined }, provider));
    const daemon = standalone();
    await daemon.says(/The launcher runs; without diskimages there is no builder/);
    expect(await readyNodes()).toHaveLength(2);
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  });

  it('ends with 0 on SIGTERM, and leaves no locks and no socket that would be in the way', async () => {
    await world.configure(config());
    const daemon = standalone();
    await readyNodes();
    expect((await stat(store)).mode & 0o777).toBe(0o700);
    daemon.signal('SIGTERM');
    expect(await daemon.ending()).toEqual({ code: 0, signal: null });
    expect(await readdir(store)).not.toContain('nodepool.sock');
    const dump = await run('store', 'dump');
    expect(dump.code).toBe(0);
    expect(dump.stdout).not.toContain('"ephemeral":true');
  });

  it('[S9] a node that was being launched is neither lost nor launched twice', async () => {
    // The session outlives a slow look at the nodes, and the launch outlives the look before the kill.
    const patient = { store: { directory: store, 'session-timeout': 20 } };
    await world.configure(config(patient, { fake: { 'boot-time': 15 }, 'boot-timeout': 60 }));
    const first = standalone();
    await world.until('a node is being launched', async () => (await nodes()).some((row) => row.state === 'building'));
    first.signal('SIGKILL');
    await first.ending();
    const interrupted = JSON.parse((await run('list', '--format', 'json')).stdout) as Row[];
    const second = standalone();
    await second.says(/did not end its session: its locks stay/);
    const early = await nodes();
    for (const { id } of interrupted.filter(({ state }) => state === 'building'))
      expect(early.find((row) => row.id === id)).toMatchObject({ state: 'building' });
    await second.says(/session of the process before is over/);
    const later = await readyNodes();
    await world.until('what was interrupted is gone', async () => (await nodes()).length === 2);
    const old = new Set(interrupted.filter(({ state }) => state === 'building').map(({ id }) => id));
    // A node id is one machine: what was half-made is deleted, what takes its place has a new number.
    for (const { id } of later.filter(({ state }) => state === 'ready')) expect(old.has(id)).toBe(false);
    expect(await second.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('the start of nodepool-standalone', () => {
  async function refused(program: 'nodepool-standalone' | 'nodepool-launcher' | 'nodepool-builder'): Promise<string> {
    const daemon = world.start(program, ['-f', '-c', world.configFile]);
    expect(await daemon.ending(), daemon.output).toEqual({ code: 1, signal: null });
    return daemon.stderr;
  }

  it('[S1] store and zookeeper-servers exclude each other, in config-validate too', async () => {
    await world.configure(config({ 'zookeeper-servers': [{ host: '127.0.0.1' }] }));
    expect(await refused('nodepool-standalone')).toMatch(
      /^nodepool-standalone: .*store: excludes zookeeper-servers; .*\n$/,
    );
    const validate = await run('config-validate');
    expect(validate.code).toBe(1);
    expect(validate.stderr).toMatch(/store: excludes zookeeper-servers/);
  });

  it('[S1] neither is one clear error, in config-validate too', async () => {
    await world.configure(config({ store: undefined }));
    expect(await refused('nodepool-standalone')).toMatch(/^nodepool-standalone: No store specified in config: .*\n$/);
    expect(await refused('nodepool-launcher')).toMatch(/^nodepool-launcher: No ZooKeeper servers specified.*\n$/);
    const validate = await run('config-validate');
    expect(validate.code).toBe(1);
    expect(validate.stderr).toMatch(/neither zookeeper-servers nor store is there/);
  });

  it.each(['nodepool-launcher', 'nodepool-builder'] as const)('[S2] %s says whose the store is', async (program) => {
    await world.configure(config());
    expect(await refused(program)).toMatch(
      new RegExp(`^${program}: The store .* belongs to nodepool-standalone.*\\n$`),
    );
  });

  it('[S3] a second process is refused at once, and told the first', async () => {
    await world.configure(config());
    const first = standalone();
    await first.says(/Launcher and builder run/);
    expect(await refused('nodepool-standalone')).toMatch(
      new RegExp(`^nodepool-standalone: The store .* is in use by process ${first.pid}; end it first\\n$`),
    );
    expect(await nodes()).toBeDefined();
    expect(await first.stop()).toEqual({ code: 0, signal: null });
  });

  it('[S4] wrong data, and a place that is no directory, are one clear error each', async () => {
    await world.configure(config());
    await writeFile(store, 'a file');
    expect(await refused('nodepool-standalone')).toMatch(
      /^nodepool-standalone: The store .* is not a directory: .*\n$/,
    );
    expect(await readFile(store, 'utf8')).toBe('a file');
  });

  it('[S7] damage in the middle names the check and the newest backup', async () => {
    await world.configure(config());
    const daemon = standalone();
    await readyNodes();
    const backup = join(world.folder, 'b1');
    expect((await run('store', 'backup', backup)).code).toBe(0);
    daemon.signal('SIGKILL');
    await daemon.ending();
    const tree = join(store, 'tree');
    const log =
      (await readdir(tree))
        .filter((name) => name.endsWith('.log'))
        .sort()
        .at(-1) ?? '';
    const data = await readFile(join(tree, log));
    data.writeUInt8(data.readUInt8(100) ^ 1, 100);
    await writeFile(join(tree, log), data);
    const words = await refused('nodepool-standalone');
    expect(words).toContain('nodepool store check');
    expect(words).toContain(backup);
    expect(words.split('\n')).toHaveLength(2);
    const check = await run('store', 'check');
    expect(check.code).toBe(1);
    expect(check.stdout).toMatch(/is damaged: tree\/\d+\.log: wrong checksum at byte/);
    expect((await run('store', 'restore', backup)).code).toBe(1);
    expect((await run('store', 'restore', '--force', backup)).code).toBe(0);
    expect((await run('store', 'check')).code).toBe(0);
    const again = standalone();
    await readyNodes();
    await again.stop();
  });

  it('a socket left over by a dead process is replaced, and a path that is too long is one clear error', async () => {
    store = join(world.folder, 'x'.repeat(100), 'store');
    await world.configure(config());
    expect(await refused('nodepool-standalone')).toMatch(
      /path of the socket .* is too long: \d+ bytes of at most 107\n$/,
    );
  });
});

describe('the command line beside nodepool-standalone', () => {
  it('[S15] when the daemon is down orders fail with one clear line, and reading goes on from the store', async () => {
    await world.configure(config());
    const none = await run('list');
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(/^nodepool: The store .* is not there yet: .*\n$/);
    const daemon = standalone();
    const [first] = await readyNodes();
    await daemon.stop();
    const before = (await readdir(store, { recursive: true })).sort();
    for (const command of [
      ['list'],
      ['image-list'],
      ['dib-image-list'],
      ['request-list'],
      ['image-status'],
      ['info', 'one'],
    ]) {
      const { code, stdout, stderr } = await run(...command);
      expect(code, command.join(' ')).toBe(0);
      expect(stdout).toContain('---');
      expect(stderr).toMatch(/this is what its store holds\n$/);
    }
    expect((await readdir(store, { recursive: true })).sort()).toEqual(before);
    for (const command of [
      ['hold', first?.id ?? ''],
      ['delete', '0'],
      ['image-build', 'debian'],
      ['image-pause', 'debian'],
    ]) {
      const { code, stdout, stderr } = await run(...command);
      expect([code, stdout], command.join(' ')).toEqual([1, '']);
      expect(stderr).toMatch(/^nodepool: nodepool-standalone cannot be reached .*\n$/);
    }
  });

  it('[S13] the tools: backup beside the daemon, restore, export and import, dump, files with mode 0600', async () => {
    await world.configure(config());
    const daemon = standalone();
    await readyNodes();
    const backup = join(world.folder, 'backup');
    expect((await run('store', 'backup', backup)).code).toBe(0);
    expect((await stat(backup)).mode & 0o777).toBe(0o600);
    const beside = await run('store', 'export');
    expect(beside.code).toBe(0);
    for (const tool of [['check'], ['dump'], ['restore', backup], ['import']]) {
      const { code, stderr } = await run('store', ...tool);
      expect(code, tool.join(' ')).toBe(1);
      expect(stderr).toContain(`in use by process ${daemon.pid}`);
    }
    await daemon.stop();
    expect((await run('store', 'check')).stdout).toMatch(/is sound: \d+ records/);
    const exported = await run('store', 'export');
    const lines = exported.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { path: string; sequence: number });
    const seen = new Set(['']);
    for (const { path } of lines) {
      expect(seen.has(path.slice(0, path.lastIndexOf('/'))), path).toBe(true);
      seen.add(path);
    }
    expect(lines.find(({ path }) => path === '/nodepool/nodes')?.sequence).toBeGreaterThanOrEqual(2);
    expect((await run('store', 'restore', backup)).stderr).toMatch(/is not empty: it holds \d+ records; --force/);
    expect((await run('store', 'restore', '--force', backup)).code).toBe(0);
    const again = standalone();
    await readyNodes();
    await again.stop();
    await writeFile(backup, (await readFile(backup, 'utf8')).replace('ready', 'reedy'));
    expect((await run('store', 'restore', '--force', backup)).stderr).toMatch(/damaged or not whole/);
  });
});

describe('moving', () => {
  let server: ZooKeeperServer;
  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  }, 60_000);
  afterAll(() => server.stop());

  it('[S13] to ZooKeeper and back keeps nodes, images and uploads, and rebuilds nothing', async () => {
    await world.configure(config());
    const daemon = standalone();
    const [held] = await readyNodes();
    await run('hold', held?.id ?? '');
    const three = (): Promise<readonly Row[]> =>
      world.until('three nodes are there', async () => {
        const list = await nodes();
        return list.length === 3 && list.every(({ state }) => state === 'ready' || state === 'hold') && list;
      });
    const idsAndStates = (list: readonly Row[]): string[] => list.map(({ id, state }) => `${id} ${state}`);
    const before = idsAndStates(await three());
    const builds = (await run('dib-image-list', '--format', 'json')).stdout;
    const buildsOf = (text: string): unknown => (JSON.parse(text) as { id: string }[]).map(({ id }) => id);
    await daemon.stop();
    const tree = join(world.folder, 'tree.jsonl');
    await writeFile(tree, (await run('store', 'export')).stdout);
    const zookeeper = {
      store: undefined,
      'zookeeper-servers': [{ host: '127.0.0.1', port: server.port, chroot: '/moved' }],
    };
    await world.configure(config(zookeeper));
    const importing = async (...more: readonly string[]): Promise<Ran> => {
      const { spawnSync } = await import('node:child_process');
      const { ROOT } = await import('../support/daemon-build.js');
      const args = [join(ROOT, 'bin/nodepool.js'), '-c', world.configFile, 'store', 'import', ...more];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        input: await readFile(tree),
        encoding: 'utf8',
        env: world.environment(),
      });
      return { code: status, stdout, stderr };
    };
    const imported = await importing('--zookeeper');
    expect(imported.code, imported.stderr).toBe(0);
    expect((await importing('--zookeeper')).code).toBe(1);
    const launcher = world.launcher();
    const builder = world.builder('--fake');
    await launcher.says(/The launcher runs/);
    await builder.says(/The builder runs/);
    expect(idsAndStates(await three())).toEqual(before);
    expect(buildsOf((await run('dib-image-list', '--format', 'json')).stdout)).toEqual(buildsOf(builds));
    const [, second] = await nodes();
    await run('delete', second?.id ?? '');
    await world.until('the next node has the next number', async () =>
      (await nodes()).some(({ id }) => id === '0000000003'),
    );
    await three();
    await Promise.all([launcher.stop(), builder.stop()]);
    const back = await run('store', 'export', '--zookeeper');
    expect(back.code, back.stderr).toBe(0);
    await writeFile(tree, back.stdout);
    await world.configure(config());
    expect((await importing()).code).toBe(1);
    const forced = await importing('--force');
    expect(forced.code, forced.stderr).toBe(0);
    const again = standalone();
    await again.says(/Launcher and builder run/);
    expect(await three()).toHaveLength(3);
    expect(buildsOf((await run('dib-image-list', '--format', 'json')).stdout)).toEqual(buildsOf(builds));
    await again.stop();
  });
});
