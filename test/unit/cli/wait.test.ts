import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aConfig, aDiskImage, aProvider } from '../../support/builders.js';
import { AdministrationBench } from '../administration/administration-bench.js';
import { Terminal, type Run } from './terminal.js';

let bench: AdministrationBench;
let terminal: Terminal;

beforeEach(() => {
  bench = new AdministrationBench(
    1_000,
    aConfig({ diskImages: new Map([['debian', aDiskImage({ name: 'debian' })]]) }),
  );
  terminal = new Terminal(bench);
});

afterEach(() => bench.close());

const BUILDS = '/nodepool/images/debian/builds';

async function write(path: string, record: object): Promise<void> {
  await bench.other.session.connected();
  const text = JSON.stringify({ state_time: bench.clock.now(), ...record });
  if (await bench.store.stat(path)) await bench.store.write(path, new TextEncoder().encode(text));
  else await bench.put(path, text);
}

/** What happens at which second after the command line was entered. */
function later(...deeds: readonly (readonly [number, () => Promise<unknown>])[]): void {
  for (const [delay, act] of deeds) bench.clock.schedule(delay, () => void act());
}

const order = (...more: string[]): Promise<Run> => terminal.run(['image-build', 'debian', '--wait', ...more]);

describe('image-build --wait', () => {
  test('stays until the build is ready; one line per change', async () => {
    await write(`${BUILDS}/aa`, { state: 'building', builder: 'nb00' });
    later(
      [3, () => write(`${BUILDS}/aa`, { state: 'ready', builder: 'nb00', formats: 'raw' })],
      [5, () => write(`${BUILDS}/bb`, { state: 'building', builder: 'nb01' })],
      [60, () => write(`${BUILDS}/bb`, { state: 'ready', builder: 'nb01', formats: 'qcow2,raw' })],
    );
    expect(await order()).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `image debian waits for a builder
image debian is being built by nb01 as bb
image debian is built: debian-bb (qcow2, raw)
`,
    });
    expect(bench.clock.now()).toBeLessThan(1_070);
  });

  test('a failed build is a failure, with what its builder says', async () => {
    const problems = [
      { image: 'debian', provider: null, code: 'BACKOFF', failures: 1, problem: 'exit code 3', next_try: 1_100 },
    ];
    later(
      [1, () => write(`${BUILDS}/bb`, { state: 'building', builder: 'nb01' })],
      [2, () => write('/nodepool/components/builder/nb01-0000000001', { hostname: 'nb01', image_problems: problems })],
      [3, () => write(`${BUILDS}/bb`, { state: 'failed', builder: 'nb01' })],
    );
    const { exitCode, stderr } = await order();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/\nnodepool: the build debian-bb failed: exit code 3\n$/);
  });

  test('a build whose record is swept away has failed', async () => {
    later(
      [1, () => write(`${BUILDS}/bb`, { state: 'building', builder: 'nb01' })],
      [3, () => bench.store.remove(`${BUILDS}/bb`)],
    );
    expect(await order()).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('its log is in build-log-dir') as string,
    });
  });

  test('an order made while an earlier one is carried out is done with it', async () => {
    await bench.other.images.orders.requestBuild('debian');
    await write(`${BUILDS}/aa`, { state: 'building', builder: 'nb00' });
    later(
      [3, () => write(`${BUILDS}/aa`, { state: 'ready', builder: 'nb00', formats: 'raw' })],
      [4, () => bench.other.images.orders.removeBuildRequest('debian')],
    );
    expect(await order()).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('is built: debian-aa (raw)') as string,
    });
  });

  test('an order that is taken back is a failure', async () => {
    // Once it might be a builder's doing, and is given again.
    later(
      [2, () => bench.other.images.orders.removeBuildRequest('debian')],
      [4, () => bench.other.images.orders.removeBuildRequest('debian')],
    );
    expect(await order()).toMatchObject({
      exitCode: 1,
      stderr: 'image debian waits for a builder\nnodepool: the order to build image debian was withdrawn\n',
    });
  });

  test('nobody builds: it says that the image is paused, and gives up after --timeout; the order stays', async () => {
    later([1, () => bench.other.images.orders.pause('debian')]);
    expect(await order('--timeout', '20')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `image debian waits for a builder
image debian waits for a builder: the image is paused
nodepool: the build of image debian took longer than 20 s
`,
    });
    expect(bench.clock.now()).toBe(1_020);
    expect(await bench.store.stat('/nodepool/images/debian/request-build')).toBeDefined();
  });

  test('an image that cannot be built is refused at once', async () => {
    expect(await terminal.run(['image-build', 'nine', '--wait'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('non disk-image-builder') as string,
    });
  });

  test('a terminal shows one line that counts the time', async () => {
    terminal.isTTY = true;
    later(
      [1, () => write(`${BUILDS}/bb`, { state: 'building', builder: 'nb01' })],
      [4, () => write(`${BUILDS}/bb`, { state: 'ready', builder: 'nb01', formats: 'raw' })],
    );
    const { stderr } = await order();
    const drawn = stderr.split('\r\u001b[K').slice(1);
    expect(drawn[0]).toBe('image debian waits for a builder (00:00:00:00)');
    expect(drawn).toContain('image debian is being built by nb01 as bb (00:00:00:02)');
    expect(drawn.at(-1)).toBe('image debian is built: debian-bb (raw)\n');
  });

  test('opens the mirrors that it looks into, and without --wait none', async () => {
    await terminal.run(['image-build', 'debian']);
    later([1, () => write(`${BUILDS}/bb`, { state: 'ready', formats: 'raw' })]);
    await order();
    expect(terminal.opened.map(({ mirrors }) => mirrors)).toEqual([[], ['images', 'builders']]);
  });
});

describe('delete --wait', () => {
  test('prints the table, then stays until the node is gone', async () => {
    const id = await bench.node({ state: 'used' });
    later([
      2,
      async () => {
        const lease = await bench.lockedElsewhere(id);
        bench.clock.schedule(5, () => void lease.remove());
      },
    ]);
    const { exitCode, stdout, stderr } = await terminal.run(['delete', id, '--wait']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('| deleting |');
    expect(stderr).toBe(`node ${id} is deleting\nnode ${id} is deleting, a launcher is at it\nnode ${id} is gone\n`);
  });

  test('nobody deletes it: a failure after --timeout', async () => {
    const id = await bench.node();
    const { exitCode, stderr } = await terminal.run(['delete', id, '--wait', '--timeout', '30']);
    expect(exitCode).toBe(1);
    expect(stderr.endsWith(`nodepool: the deletion of node ${id} took longer than 30 s\n`)).toBe(true);
  });

  test('a node that is not there is a message, as without it', async () => {
    expect(await terminal.run(['delete', '9999999999', '--wait'])).toEqual({
      exitCode: 0,
      stdout: 'Node id 9999999999 not found\n',
      stderr: '',
    });
  });

  test('with --now the node is gone at once', async () => {
    bench.config = aConfig({}, aProvider({ name: 'cloud', settings: { cloud: 'cloud' } }));
    const id = await bench.node({ externalId: 'server' });
    const { exitCode, stderr } = await terminal.run(['delete', id, '--now', '--wait']);
    expect([exitCode, stderr]).toEqual([0, `node ${id} is gone\n`]);
  });
});
