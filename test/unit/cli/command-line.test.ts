import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aConfig, aDiskImage } from '../../support/builders.js';
import { AdministrationBench } from '../administration/administration-bench.js';
import { golden } from './golden-file.js';
import { Terminal } from './terminal.js';

let bench: AdministrationBench;
let terminal: Terminal;

function setUp(now?: number): void {
  bench = new AdministrationBench(now);
  terminal = new Terminal(bench);
}

beforeEach(() => setUp());

afterEach(async () => {
  await bench.close();
});

/** The original lists in the order of the store, which is arbitrary; we sort by id. */
function sortedRows(table: string): string {
  const lines = table.split('\n');
  return [...lines.slice(0, 3), ...lines.slice(3, -2).sort(), ...lines.slice(-2)].join('\n');
}

describe('on a tree recorded from the original', () => {
  test.each([
    ['held-list', '09-node-held', 1_795_358_023.5],
    ['held-list-detail', '09-node-held', 1_795_358_024.94],
    ['failed-request-list', '07-request-failed', 1_795_358_011],
    ['two-builds-image-list', '17-image-paused', 1_795_358_217.3],
    ['two-builds-dib-image-list', '16-second-build', 1_795_358_214],
    ['paused-dib-image-list', '17-image-paused', 1_795_358_224],
    ['paused-image-status', '17-image-paused', 1_795_358_224],
    ['deleting-image-list', '18-image-delete', 1_795_358_252],
    ['deleting-dib-image-list', '19-dib-image-delete', 1_795_358_259],
    ['uploading-image-list', 'x-image-uploading', 1_795_358_567.8],
    ['building-dib-image-list', '01-image-building', 1_795_357_988.93],
    ['pending-request-list', '05-request-pending', 1_795_358_001],
  ])('%s has the same rows [BUILDER 3.2, 3.3, 115, 119, 120, 130]', async (name, dump, now) => {
    setUp(now);
    await bench.load(dump);
    const { argv, stdout } = golden(name);
    expect(await terminal.run(argv)).toEqual({ exitCode: 0, stdout: sortedRows(stdout), stderr: '' });
  });

  test.each([
    ['x-info_fake-provider1', '09-node-held'],
    ['x-info_no-such-provider', '09-node-held'],
    ['uploading-image-delete', 'x-image-uploading'],
    ['x-delete_9999999999', '09-node-held'],
    ['x-hold_9999999999', '09-node-held'],
    ['x-image-delete_provider_p_image_i_upload-id_1_build-id_2', '09-node-held'],
    ['x-dib-image-delete_fake-image-9999999999', '09-node-held'],
    ['erase-unknown', '09-node-held'],
    ['erase-force', '09-node-held'],
  ])('%s answers the same [BUILDER 122, 125, 126, 131]', async (name, dump) => {
    await bench.load(dump);
    const { argv, exitCode, stdout } = golden(name);
    expect(await terminal.run(argv)).toEqual({ exitCode, stdout, stderr: '' });
  });

  test.each([
    ['hold', '08-node-in-use', 1_795_358_021],
    ['delete', '09-node-held', 1_795_358_032],
    ['image-pause', '16-second-build', undefined],
    ['image-unpause', '17-image-paused', undefined],
    ['image-delete', '18-image-delete', undefined],
    ['dib-image-delete', '18-image-delete', undefined],
    ['x-alien-image-list', '01-image-building', undefined],
  ])('%s prints the same [BUILDER 123, 125, 126, 128, 134, 136]', async (name, dump, now) => {
    setUp(now);
    await bench.load(dump);
    const { argv, exitCode, stdout } = golden(name);
    // What stands below nodes in the record are locks of clients that are gone.
    for (const id of (await bench.store.list('/nodepool/nodes')) ?? []) await bench.unlock(id);
    expect(await terminal.run(argv)).toEqual({ exitCode, stdout, stderr: '' });
  });

  test('export-image-data writes the same records', async () => {
    await bench.load('17-image-paused');
    const file = join(tmpdir(), `nodepool-export-${process.pid}.json`);
    expect(await terminal.run([...golden('export-image-data').argv.slice(0, 1), file])).toMatchObject({ exitCode: 0 });
    const exported = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    await rm(file);
    for (const [path, text] of Object.entries(exported)) expect(await bench.text(path)).toBe(text);
    expect(Object.keys(exported).length).toBeGreaterThan(4);
  });

  test.each(['empty-list', 'empty-image-list', 'empty-dib-image-list', 'empty-request-list'])(
    '%s has two closing rules [BUILDER 116]',
    async (name) => {
      const { argv, stdout } = golden(name);
      expect(await terminal.run(argv)).toEqual({ exitCode: 0, stdout, stderr: '' });
    },
  );

  test('erasing leaves nothing of the provider [BUILDER 132]', async () => {
    await bench.load('09-node-held');
    await terminal.run(['erase', '--force', 'fake-provider1']);
    await bench.clock.advance(1);
    expect((await terminal.run(['info', 'fake-provider1'])).stdout).toBe(golden('after-erase-info').stdout);
    expect((await terminal.run(['info', 'fake-provider2'])).stdout).toContain('0000000001');
  });

  test('a build asked for shows in image-status until it is under way [BUILDER 155]', async () => {
    await bench.load('17-image-paused');
    bench.config = aConfig({ diskImages: new Map([['fake-image', aDiskImage({ name: 'fake-image' })]]) });
    await terminal.run(['image-unpause', 'fake-image']);
    expect(await terminal.run(['image-build', 'fake-image'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    await bench.clock.advance(1.5);
    expect((await terminal.run(['image-status'])).stdout).toBe(golden('image-status-requested').stdout);
    const building = JSON.stringify({ state: 'building', state_time: bench.clock.now() });
    await bench.put('/nodepool/images/fake-image/builds/ffffffffffffffffffffffffffffffff', building);
    await bench.clock.advance(1);
    expect((await terminal.run(['image-status'])).stdout).toContain('| fake-image | False  | building      |');
  });
});

describe('request-delete', () => {
  test('says nothing when done, and what is wrong otherwise, without failing', async () => {
    await bench.put('/nodepool/requests/200-0000000001', JSON.stringify({ state: 'fulfilled', state_time: 1 }));
    const run = (): ReturnType<typeof terminal.run> => terminal.run(['request-delete', '200-0000000001']);
    expect(await run()).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await run()).toEqual({
      exitCode: 0,
      stdout: 'Node request id 200-0000000001 not found\n',
      stderr: '',
    });
  });
});

describe('image-status', () => {
  const component = '/nodepool/components/builder/nb01-0000000001';
  const retry = (): number => bench.clock.now() + 90;
  const broken = (): string =>
    JSON.stringify({
      hostname: 'nb01',
      image_problems: [
        { image: 'a', provider: null, code: 'BACKOFF', failures: 3, problem: 'exit code 1', next_try: retry() },
        { image: 'a', provider: 'p', code: 'PROVIDER_NOT_READY', failures: 0, problem: 'away', next_try: null },
      ],
    });

  test('mentions problems of builders beside the table, which stays as it was', async () => {
    const quiet = await terminal.run(['image-status']);
    expect(quiet.stderr).toBe('');
    await bench.put(component, broken());
    await bench.clock.advance(1);
    const run = await terminal.run(['image-status']);
    expect(run.stdout).toBe(quiet.stdout);
    expect(run.stderr).toBe('Problems of builders: 2; image-status --detail shows them\n');
  });

  test('--detail shows what is held back, why, and when it is tried again', async () => {
    await bench.put(component, broken());
    const { exitCode, stdout, stderr } = await terminal.run(['image-status', '--detail']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.slice(stdout.indexOf('Problems'))).toBe(`Problems:
+-------+----------+---------+----------+-------------+-------------+
| Image | Provider | Builder | Failures | Next Try In | Problem     |
+-------+----------+---------+----------+-------------+-------------+
| a     |          | nb01    | 3        | 00:00:01:30 | exit code 1 |
| a     | p        | nb01    | 0        |             | away        |
+-------+----------+---------+----------+-------------+-------------+
`);
  });
});

describe('contents', () => {
  test('several labels are joined, unset fields are empty, other ports are withheld [BUILDER 117, 156]', async () => {
    await bench.node({ type: ['one', 'two'], provider: null, connectionPort: { token: 'secret' } });
    const { stdout } = await terminal.run(['list', '--detail']);
    expect(stdout).toContain('|          | one,two |');
    expect(stdout).toContain('| redacted |');
    expect(stdout).not.toContain('secret');
    expect(stdout).not.toMatch(/None|null/);
  });

  test('nodes are sorted by id, and looking takes no locks [BUILDER 119]', async () => {
    const ids = [await bench.node(), await bench.node(), await bench.node()];
    await bench.lockedElsewhere(ids[1]!);
    const before = await bench.store.list(`/nodepool/nodes/${ids[0]}`);
    const { stdout } = await terminal.run(['list']);
    expect([...stdout.matchAll(/^\| (\d{10}).* (\w+) +\|$/gm)].map((row) => [row[1], row[2]])).toEqual([
      [ids[0], 'unlocked'],
      [ids[1], 'locked'],
      [ids[2], 'unlocked'],
    ]);
    expect(await bench.store.list(`/nodepool/nodes/${ids[0]}`)).toEqual(before);
  });

  test('damaged records are named beside the table', async () => {
    await bench.put('/nodepool/nodes/0000000005', '{"password": ');
    const { exitCode, stdout, stderr } = await terminal.run(['list']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: golden('empty-list').stdout });
    expect(stderr).toBe('Damaged record /nodepool/nodes/0000000005: not-json\n');
  });
});

describe('orders', () => {
  test('delete and hold print the row of the node [BUILDER 123, 136]', async () => {
    const id = await bench.node();
    expect((await terminal.run(['hold', id])).stdout).toMatch(
      new RegExp(`^\\| ${id} .*\\| hold +\\|.*\\| unlocked \\|$`, 'm'),
    );
    const deleted = await terminal.run(['delete', id]);
    expect(deleted.exitCode).toBe(0);
    expect(deleted.stdout).toMatch(new RegExp(`^\\| ${id} .*\\| deleting \\|.*\\| unlocked \\|$`, 'm'));
  });

  test('delete --now ends with an empty table [BUILDER 124]', async () => {
    const id = await bench.node({ externalId: 'server' });
    expect(await terminal.run(['delete', id, '--now'])).toEqual({
      exitCode: 0,
      stdout: golden('empty-list').stdout,
      stderr: '',
    });
  });

  test('a node locked by somebody else is a failure [BUILDER 123]', async () => {
    const id = await bench.node();
    await bench.lockedElsewhere(id);
    const { exitCode, stdout, stderr } = await terminal.run(['delete', id]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(`nodepool: Node ${id} is locked by somebody else; gave up after 5 seconds\n`);
  });

  test('image-build of an unknown or paused image is a failure in one line [BUILDER 121]', async () => {
    expect(await terminal.run(['image-build', 'nine'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'nodepool: Trying to build a non disk-image-builder image: nine\n',
    });
    bench.config = aConfig({ diskImages: new Map([['image', aDiskImage({ pause: true })]]) });
    expect((await terminal.run(['image-build', 'image'])).stderr).toBe(
      'nodepool: Skipping build request for image image; paused\n',
    );
  });

  test('image-delete and dib-image-delete are silent [BUILDER 125, 126]', async () => {
    await bench.load('16-second-build');
    const build = '22972921c798402098c41215d39226fd';
    const path = `/nodepool/images/fake-image/builds/${build}`;
    const options = ['--provider', 'fake-provider1', '--image', 'fake-image', '--build-id', build];
    const silent = { exitCode: 0, stdout: '', stderr: '' };
    expect(await terminal.run(['image-delete', ...options, '--upload-id', '0000000001'])).toEqual(silent);
    expect(await bench.json(`${path}/providers/fake-provider1/images/0000000001`)).toMatchObject({ state: 'deleting' });
    expect(await bench.json(`${path}/providers/fake-provider2/images/0000000001`)).toMatchObject({ state: 'ready' });
    expect(await terminal.run(['dib-image-delete', `fake-image-${build}`])).toEqual(silent);
    expect(await bench.json(path)).toMatchObject({ state: 'deleting' });
  });

  test('alien images of a cloud [BUILDER 128]', async () => {
    const properties = { nodepool_build_id: '7' };
    const spec = { name: 'stray', file: '/f', format: 'raw', md5: null, sha256: null, properties };
    const image = await bench.during(bench.clouds.cloud('cloud').uploadImage(spec, new AbortController().signal));
    expect((await terminal.run(['alien-image-list'])).stdout).toContain(`| cloud    | stray | ${image} |`);
    expect((await terminal.run(['alien-image-list', 'nine'])).stdout).not.toContain('stray');
  });
});

describe('erase asks first [BUILDER 132]', () => {
  let id: string;
  beforeEach(async () => {
    id = await bench.node({ provider: 'fake-provider1' });
  });

  async function remaining(): Promise<readonly string[] | undefined> {
    return bench.store.list('/nodepool/nodes');
  }

  test.each(['n', '', 'yes', 'no'])('%j changes nothing', async (answer) => {
    const { argv, exitCode, stdout } = golden('erase-no');
    expect(await terminal.run(argv, [`${answer}\n`])).toEqual({ exitCode, stdout, stderr: '' });
    expect(await remaining()).toEqual([id]);
  });

  test.each(['y\n', 'Y\n', 'y'])('%j erases', async (answer) => {
    const { exitCode, stdout } = await terminal.run(['erase', 'fake-provider1'], [answer]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      '[N/y] Erasing build data for fake-provider1...\nErasing node data for fake-provider1...\n',
    );
    expect(await remaining()).toEqual([]);
  });

  test('the end of the input is a failure', async () => {
    const { exitCode, stderr } = await terminal.run(['erase', 'fake-provider1']);
    expect(exitCode).toBe(1);
    expect(stderr).toBe('nodepool: The input ended without an answer; nothing was erased\n');
    expect(await remaining()).toEqual([id]);
  });
});

describe('image data in a file [BUILDER 135]', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nodepool-cli-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('is exported for its owner only, replacing a longer file, and imported again', async () => {
    await bench.load('17-image-paused');
    const file = join(directory, 'data.json');
    await writeFile(file, 'x'.repeat(100_000), { mode: 0o644 });
    expect(await terminal.run(['export-image-data', file])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const exported = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    expect(exported['/nodepool/images/fake-image/pause']).toBe('');
    const before = (await terminal.run(['image-list'])).stdout;

    await bench.close();
    setUp();
    expect(await terminal.run(['import-image-data', file])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    for (const [path, data] of Object.entries(exported)) expect(await bench.text(path)).toBe(data);
    const ids = (table: string): string[] => table.match(/^\| [0-9a-f]{32} \| \d{10} \| \S+/gm) ?? [];
    expect(ids((await terminal.run(['image-list'])).stdout)).toEqual(ids(before));
  });

  test.each([
    ['no JSON', 'is not JSON'],
    ['[1]', 'does not hold a JSON object'],
    ['{"/nodepool/nodes/1": ""}', '/nodepool/nodes/1 is not the path of an image record'],
  ])('a file with %s is a failure', async (contents, problem) => {
    const file = join(directory, 'data.json');
    await writeFile(file, contents);
    const { exitCode, stderr } = await terminal.run(['import-image-data', file]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(problem);
  });

  test.each([
    ['import-image-data', 'nothing', 'nothing cannot be read: there is no such file or folder'],
    ['import-image-data', '.', 'cannot be read: it is a folder'],
    ['export-image-data', 'nowhere/data', 'data cannot be written: there is no such file or folder'],
    ['export-image-data', '.', 'cannot be written: it is a folder'],
  ])('%s %s is a failure in one line', async (command, name, problem) => {
    const { exitCode, stderr } = await terminal.run([command, join(directory, name)]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`^nodepool: [^\\n]*${problem}\\n$`));
  });
});

describe('config-validate [BUILDER 133]', () => {
  test('says so when all is well, without a connection', async () => {
    expect(await terminal.run(['-c', 'np.yaml', 'config-validate'])).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'validating np.yaml\nConfiguration validation complete\n',
    });
    expect(terminal.opened).toEqual([]);
  });

  test('prints every problem', async () => {
    terminal.problems = ['np.yaml:1:1: one', 'np.yaml:2:3: two'];
    const { exitCode, stderr } = await terminal.run(['-c', 'np.yaml', 'config-validate']);
    expect(exitCode).toBe(1);
    expect(stderr).toBe('validating np.yaml\nnp.yaml:1:1: one\nnp.yaml:2:3: two\n');
  });

  test('prints warnings, which are no reason to fail [B14]', async () => {
    terminal.warnings = ['np.yaml:1:1: warning: odd'];
    const { exitCode, stderr } = await terminal.run(['-c', 'np.yaml', 'config-validate']);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('validating np.yaml\nnp.yaml:1:1: warning: odd\nConfiguration validation complete\n');
  });

  test('fails when the file cannot be read', async () => {
    terminal.problems = new Error('no such file');
    expect(await terminal.run(['config-validate'])).toMatchObject({ exitCode: 1 });
  });
});

describe('the session', () => {
  test('gets the options and only the mirrors that are needed, and is closed in any case', async () => {
    await terminal.run(['-c', 'a', '-s', 'b', '-l', 'c', '--debug', 'list']);
    await terminal.run(['image-build', 'nine']);
    expect(terminal.opened).toEqual([
      {
        options: { configPath: 'a', securePath: 'b', logConfigPath: 'c', debug: true, connectTimeout: 30, url: null },
        mirrors: ['nodes'],
      },
      {
        options: {
          configPath: '/etc/nodepool/nodepool.yaml',
          securePath: null,
          logConfigPath: null,
          debug: false,
          connectTimeout: 30,
          url: null,
        },
        mirrors: [],
      },
    ]);
    expect(terminal.closed).toBe(2);
  });

  test.each([
    [['--connect-timeout', '5', 'list'], undefined, 5],
    [['--connect-timeout', '0', 'list'], '7', Infinity],
    [['list'], '7.5', 7.5],
    [['list'], '', 30],
    [['list'], '0', Infinity],
  ])('%j with NODEPOOL_CONNECT_TIMEOUT=%s waits %d seconds for the store', async (argv, variable, expected) => {
    terminal.environment = variable === undefined ? {} : { NODEPOOL_CONNECT_TIMEOUT: variable };
    await terminal.run(argv);
    expect(terminal.opened.map(({ options }) => options.connectTimeout)).toEqual([expected]);
  });

  test.each([
    [['--url', 'unix:/a', 'list'], 'http://b', 'unix:/a'],
    [['list'], ' http://b ', 'http://b'],
    [['list'], '', null],
  ])('%j with NODEPOOL_URL=%s asks %s', async (argv, variable, expected) => {
    terminal.environment = { NODEPOOL_URL: variable };
    await terminal.run(argv);
    expect(terminal.opened.map(({ options }) => options.url)).toEqual([expected]);
  });

  test.each([
    ['check', null, false, false],
    ['dump', null, false, false],
    ['backup', 'b', false, false],
    ['restore', 'b', false, false],
    ['restore', 'b', false, true],
    ['export', null, true, false],
    ['import', null, true, true],
  ] as const)('store %s: file %s, --zookeeper %s, --force %s', async (action, file, zookeeper, force) => {
    const argv = ['store', action, ...(file ? [file] : []), ...(zookeeper ? ['--zookeeper'] : [])];
    expect(await terminal.run([...argv, ...(force ? ['--force'] : [])])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(terminal.storeOrders).toEqual([{ action, file, zookeeper, force }]);
    expect(terminal.opened).toEqual([]);
  });

  test.each([
    [['backup'], 'store backup needs a FILE'],
    [['restore'], 'store restore needs a FILE'],
    [['check', 'b'], 'store check takes no FILE'],
    [['import', 'b'], 'store import takes no FILE'],
    [['restore', 'b', '--zookeeper'], '--zookeeper goes with export and import only'],
    [['dump', '--zookeeper'], '--zookeeper goes with export and import only'],
    [['export', '--force'], '--force goes with restore and import only'],
    [['backup', 'b', '--force'], '--force goes with restore and import only'],
  ])('store %j is refused: %s', async (argv, problem) => {
    expect(await terminal.run(['store', ...argv])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `nodepool store: error: ${problem}\n`,
    });
    expect(terminal.storeOrders).toEqual([]);
  });

  test('a time-out in the environment that is no number is a failure in one line', async () => {
    terminal.environment = { NODEPOOL_CONNECT_TIMEOUT: 'soon' };
    expect(await terminal.run(['list'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: "nodepool: NODEPOOL_CONNECT_TIMEOUT: expected a number of seconds (0: no limit), found 'soon'\n",
    });
    expect(terminal.opened).toEqual([]);
  });

  test('a configuration that cannot be loaded is a failure in one line', async () => {
    terminal.openFailure = new Error('np.yaml:3:1: unknown key');
    expect(await terminal.run(['list'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'nodepool: np.yaml:3:1: unknown key\n',
    });
  });

  test('is not opened for help, version or nonsense [BUILDER 113, 114]', async () => {
    expect((await terminal.run(['--version'])).stdout).toBe('Nodepool version: 10.0.1.dev68\n');
    expect((await terminal.run([])).exitCode).toBe(1);
    expect((await terminal.run(['list', '-h'])).exitCode).toBe(0);
    const bad = golden('help/bad-command');
    expect(await terminal.run(bad.argv)).toEqual({ exitCode: 2, stdout: '', stderr: bad.stderr });
    expect(terminal.opened).toEqual([]);
  });
});
