import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Program } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';

// Nothing here gets as far as needing a server: nobody listens at port 1.
const ZOOKEEPER = `zookeeper-servers:
  - {host: 127.0.0.1, port: 1}
`;

const GOOD = `${ZOOKEEPER}webapp: {port: 0, listen_address: 127.0.0.1}
labels:
  - name: small
diskimages:
  - name: debian
    elements: [debian-minimal]
providers:
  - name: cloud
    driver: fake
    cloud: fake
    diskimages:
      - name: debian
    pools:
      - name: main
        labels:
          - name: small
            diskimage: debian
            min-ram: 2048
`;

let world: DaemonWorld;
beforeEach(async () => {
  world = await DaemonWorld.open('bad-input');
});
afterEach(() => world.close());

/** Starts a program; answers its complaint, which must be all that it says besides its log, with the folder cut out. */
async function complaint(program: Program, ...args: readonly string[]): Promise<string> {
  const daemon = world.start(program, args);
  const end = await daemon.ending();
  expect(end, daemon.output).toEqual({ code: 1, signal: null });
  const text = daemon.stderr.trimEnd();
  expect(text).toMatch(new RegExp(`^${program}: `));
  expect(text).not.toMatch(/\n\s+at /);
  expect(daemon.lines(/(INFO|WARNING|ERROR) /)).toEqual([]);
  return text.slice(program.length + 2).replaceAll(`${world.folder}/`, '');
}

describe('a configuration that cannot be used', () => {
  const launcher = (): Promise<string> => complaint('nodepool-launcher', '-f', '-c', world.configFile);
  const builder = (): Promise<string> => complaint('nodepool-builder', '-f', '-c', world.configFile);

  it('is missing', async () => {
    expect(await launcher()).toBe('nodepool.yaml: there is no such file');
    expect(await builder()).toBe('nodepool.yaml: there is no such file');
    expect(await complaint('nodepool', '-c', world.configFile, 'list')).toBe('nodepool.yaml: there is no such file');
  });

  it('is a folder', async () => {
    await mkdir(world.configFile);
    expect(await launcher()).toBe('nodepool.yaml: cannot be read (EISDIR)');
  });

  it.each([
    ['is no YAML', GOOD.replace('- name: small', '- name: [small'), /^nodepool\.yaml:\d+:\d+: YAML parsing failed: /],
    ['is empty', '', /^nodepool\.yaml:1:1: expected a dictionary .*the file is empty/],
    [
      'has text where a number belongs',
      GOOD.replace('min-ram: 2048', 'min-ram: much'),
      /^nodepool\.yaml:20:22: providers\[0\]\.pools\[0\]\.labels\[0\]\.min-ram: expected int \(an integer\), found a string$/,
    ],
    [
      'has a list where a map belongs',
      GOOD.replace('webapp: {port: 0, listen_address: 127.0.0.1}', 'webapp: [8005]'),
      /^nodepool\.yaml:3:9: webapp: expected a dictionary/,
    ],
    [
      'has a label without an image',
      GOOD.replace('            diskimage: debian\n', ''),
      /^nodepool\.yaml:18:13: providers\[0\]\.pools\[0\]\.labels\[0\]\.diskimage: required key not provided/,
    ],
    [
      'has a label whose image nobody builds',
      GOOD.replace('diskimage: debian', 'diskimage: fedora'),
      /^nodepool\.yaml:19:24: .*label small in provider cloud uses diskimage fedora which is not defined/,
    ],
    ['lacks zookeeper-servers', GOOD.replace(ZOOKEEPER, ''), /^No ZooKeeper servers specified in config\.$/],
  ])('%s', async (_what, text, expected) => {
    await world.configure(text);
    expect(await launcher()).toMatch(expected);
  });

  it('lacks images-dir, which only builders need', async () => {
    await world.configure(GOOD);
    expect(await builder()).toBe('No images-dir specified in config.');
  });

  it('has an images-dir that does not exist or is a file', async () => {
    await world.configure(`${GOOD}images-dir: ${world.folder}/no-such-folder\n`);
    expect(await builder()).toBe('images-dir: no-such-folder does not exist; create it first');
    await writeFile(join(world.folder, 'file'), '');
    await world.configure(`${GOOD}images-dir: ${world.folder}/file\n`);
    expect(await builder()).toBe('images-dir: file is not a directory');
  });

  it('names a secure file that is missing', async () => {
    await world.configure(GOOD);
    const text = await complaint('nodepool-launcher', '-f', '-c', world.configFile, '-s', join(world.folder, 'secret'));
    expect(text).toBe('secret: there is no such file');
  });

  it('is told of by config-validate as well', async () => {
    await world.configure(GOOD.replace('driver: fake', 'driver: marble'));
    const command = world.start('nodepool', ['-c', world.configFile, 'config-validate']);
    expect((await command.ending()).code).not.toBe(0);
    expect(command.output).toMatch(/nodepool\.yaml:11:13: .*marble: unknown driver/);
  });
});

describe('a ZooKeeper that is away', () => {
  it.each([
    [['--connect-timeout', '1', 'list'], {}],
    [['image-build', 'debian', '--wait'], { NODEPOOL_CONNECT_TIMEOUT: '1' }],
  ])('ends nodepool %j after the time given, with one clear error', async (args, env) => {
    await world.configure(GOOD);
    const begun = performance.now();
    const command = world.start('nodepool', ['-c', world.configFile, ...args], env);
    expect((await command.ending()).code).toBe(1);
    expect(performance.now() - begun).toBeGreaterThan(1_000);
    expect(command.stdout).toBe('');
    expect(command.lines(/^nodepool: /)).toEqual([
      'nodepool: ZooKeeper at 127.0.0.1:1 cannot be reached: no session within 1 s; see that it runs and that ' +
        'zookeeper-servers and zookeeper-tls are right (--connect-timeout allows more time)',
    ]);
    expect(command.output).not.toMatch(/\n\s+at /);
  });

  it('does not matter to commands that do not need it [BUILDER 40, 114]', async () => {
    await world.configure(GOOD);
    for (const args of [['config-validate'], ['--version'], ['completion', 'bash'], ['list', '-h']]) {
      const command = world.start('nodepool', ['-c', world.configFile, ...args]);
      expect((await command.ending()).code, command.output).toBe(0);
    }
  });
});

describe('a port of the web interface that is taken', () => {
  let squatter: Server;
  let port: number;
  beforeAll(async () => {
    squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    port = (squatter.address() as AddressInfo).port;
  });
  afterAll(() => squatter.close());

  it.each([
    ['nodepool-launcher', ['-f', '-c']],
    ['nodepool-standalone', ['--demo', '-c']],
  ] as const)('keeps %s from starting', async (program, args) => {
    await world.configure(`${GOOD.replace('port: 0', `port: ${port}`)}images-dir: ${world.imagesDir}\n`);
    expect(await complaint(program, ...args, world.configFile)).toBe(
      `The web interface cannot listen at 127.0.0.1:${port}: the port is taken by another program; set webapp.port`,
    );
  });
});
