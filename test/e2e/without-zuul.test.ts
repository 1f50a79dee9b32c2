import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT, checkBuilt } from '../support/daemon-build.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { RealSshd, withoutSshd } from '../support/real-sshd.js';
import { freePort } from '../support/zookeeper-server.js';
import { COMMAND_BLOCKS } from '../unit/docs/command-blocks.js';
import { document, fencedBlocks } from '../unit/docs/documents.js';

const GUIDE = document('docs/guide/without-zuul.md');

/** The block that is typed in below a heading, or the first of them that holds a word. */
function typed(heading: string, word = ''): string {
  const block = COMMAND_BLOCKS.find(
    (each) => each.file === GUIDE.file && each.heading === heading && each.text.includes(word),
  );
  if (!block) throw new Error(`nothing is to be typed in below ${heading}`);
  return block.text;
}
/** A file that the guide shows. */
function shown(name: string): string {
  const block = fencedBlocks(GUIDE).find(({ text }) =>
    new RegExp(`^(#|//) (\\S*/)?${name.replaceAll('.', '\\.')}\n`).test(text),
  );
  if (!block) throw new Error(`the guide shows no ${name}`);
  return block.text;
}

describe.skipIf(withoutSshd())('the guide for people without Zuul', () => {
  let world: DaemonWorld;
  let port: number;
  let machines: readonly RealSshd[];
  let token: string;
  const inside = (name: string): string => join(world.folder, name);

  beforeAll(async () => {
    checkBuilt();
    world = await DaemonWorld.open('without-zuul');
    for (const folder of ['bin', 'home', 'home/.ssh', 'work', 'machine-1', 'machine-2']) mkdirSync(inside(folder));
    for (const name of ['nodepool', 'nodepool-standalone']) {
      writeFileSync(
        inside(`bin/${name}`),
        `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'bin')}/${name}.js' "$@"\n`,
      );
      chmodSync(inside(`bin/${name}`), 0o755);
    }
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', inside('key')]);
    const ports = [await freePort(), await freePort()];
    const publicKeys = [readFileSync(inside('key.pub'), 'utf8').trim()];
    machines = ports.map((at, index) =>
      RealSshd.start(at, ['ed25519'], { publicKeys, home: inside(`machine-${index + 1}`) }),
    );
    port = await freePort();
    const made = spawnSync('sh', ['-c', typed('Real machines', 'token')], { encoding: 'utf8', env: environment() });
    token = /^np_[\w-]{43}\n/.exec(made.stdout)?.[0].trim() ?? '';
    writeFileSync(inside('token'), `${token}\n`, { mode: 0o600 });
    const text = made.stdout.split('\n').slice(1).join('\n');
    expect(parse(text)).toMatchObject({
      'lease-tokens': [{ name: 'team-a', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
    });
    writeFileSync(inside('secure.yaml'), text);
    await world.configure(ownMachines(ports));
    const daemon = world.start('nodepool-standalone', ['-f', '-c', world.configFile, '-s', inside('secure.yaml')]);
    await world.until('leases can be had', () => answers(`http://127.0.0.1:${port}/api/v1/labels`));
    expect(daemon.stderr).not.toContain(token);
  });
  afterAll(async () => {
    for (const machine of machines ?? []) await machine.stop();
    await world?.close();
  });
  afterEach(async () => {
    const left = run('nodepool lease-list --format json');
    expect(JSON.parse(left.stdout)).toEqual([]);
  });

  /** The guide's own configuration, with machines that are here. */
  function ownMachines(ports: readonly number[]): object {
    const config = parse(shown('nodepool.yaml')) as Record<string, unknown> & {
      providers: { pools: { nodes: object[] }[] }[];
    };
    const [provider] = config.providers;
    const nodes = provider!.pools[0]!.nodes.map((node, index) => {
      const at = {
        name: '127.0.0.1',
        'connection-port': ports[index],
        username: execFileSync('id', ['-un'], { encoding: 'utf8' }).trim(),
      };
      return { ...node, ...at, 'host-key': machines[index]!.publicKeys[0] };
    });
    return {
      ...config,
      'images-dir': world.imagesDir,
      store: { directory: inside('store') },
      'lease-api': { ...(config['lease-api'] as object), port },
      providers: [{ ...provider, pools: [{ name: 'main', nodes }] }],
    };
  }

  const answers = (url: string): Promise<boolean> =>
    fetch(url, { headers: { authorization: `Bearer ${token}` } }).then(
      async (answer) => ((await answer.json()) as { labels?: readonly unknown[] }).labels?.length === 1,
      () => false,
    );

  function environment(): NodeJS.ProcessEnv {
    const usual = world.environment();
    const own = {
      HOME: inside('home'),
      PATH: `${inside('bin')}:${usual['PATH'] ?? ''}`,
      NODEPOOL_URL: `http://127.0.0.1:${port}`,
    };
    return { ...usual, ...own, NODEPOOL_TOKEN_FILE: inside('token'), ANSIBLE_HOST_KEY_CHECKING: 'True' };
  }

  /** As somebody would type it in, with a key that ssh finds by itself. */
  function run(
    script: string,
    extra: NodeJS.ProcessEnv = {},
  ): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
    const agent = `eval "$(ssh-agent -s)" > /dev/null; trap 'kill $SSH_AGENT_PID' 0; ssh-add -q '${inside('key')}'; bash -e -c "$1"`;
    const env = { ...environment(), ...extra };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', agent, 'sh', script], {
      encoding: 'utf8',
      env,
      cwd: inside('work'),
    });
    expect(stdout + stderr).not.toContain(token);
    return { code: status, stdout, stderr };
  }

  it('runs a command on a machine, and in a copy of the current folder', () => {
    writeFileSync(
      inside('work/Makefile'),
      'check:\n\t@echo checked in $$(basename "$$PWD") on $$(basename "$$HOME")\n',
    );
    const [, , uname = '', sync = ''] = typed('Real machines', 'uname').split('\n');
    const plain = run(uname);
    expect(plain.code, plain.stderr).toBe(0);
    expect(plain.stdout).toMatch(/^Linux /);
    const synced = run(sync);
    expect(synced.code, synced.stderr).toBe(0);
    expect(synced.stdout).toMatch(/checked in work on machine-\d/);
  });

  it('a shell script with curl', () => {
    const { code, stdout, stderr } = run(typed('A shell script with nothing but curl'));
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^testing on 127\.0\.0\.1, port \d+\nLinux\n/);
  });

  it('Ansible over two machines', () => {
    writeFileSync(inside('work/site.yml'), shown('site.yml'));
    const lines = [
      typed('Ansible over two machines'),
      /`(nodepool run [^`]* sh -c [^`]*)`/.exec(GUIDE.text)?.[1] ?? '',
    ];
    for (const [index, line] of lines.entries()) {
      const { code, stdout, stderr } = run(line);
      expect(code, stdout + stderr).toBe(0);
      const hosts = [...stdout.matchAll(/"(debian-small\S*) at 127\.0\.0\.1"/g)].map(([, host]) => host);
      expect(hosts.sort()).toEqual(index === 0 ? ['debian-small', 'debian-small-2'] : ['debian-small']);
    }
  });

  it('a Makefile', () => {
    writeFileSync(inside('work/Makefile'), shown('Makefile'));
    writeFileSync(inside('work/run-tests'), '#!/bin/sh\necho tested on $(basename "$HOME")\nexit 3\n', { mode: 0o755 });
    const { code, stdout } = run('make check-clean');
    expect(stdout).toMatch(/tested on machine-\d/);
    expect(code).toBe(2);
  });

  test.each([
    ['Jenkinsfile', /^\s*sh '(.*)'$/m],
    ['check.yml', /^\s*- run: (.*)$/m],
    ['.gitlab-ci.yml', /^\s*- (nodepool .*)$/m],
  ])('the command line of %s', (name, pattern) => {
    writeFileSync(inside('work/Makefile'), 'check:\n\t@echo checked on $$(basename "$$HOME")\n');
    const line = pattern.exec(shown(name))?.[1] ?? '';
    expect(line).toMatch(/^nodepool run /);
    const { code, stdout, stderr } = run(line, { BUILD_URL: 'https://ci/1', CI_JOB_URL: 'https://ci/1' });
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/checked on machine-\d/);
  });

  it('machines for longer than a command', () => {
    const { code, stdout, stderr } = run(typed('Machines for longer than a command'));
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('Linux\n');
  });

  it('every block that is to be typed in is typed in by this test', () => {
    const here = COMMAND_BLOCKS.filter(({ file }) => file === GUIDE.file);
    expect(here.map(({ heading }) => heading)).toEqual([
      'Five minutes',
      'Five minutes',
      'Real machines',
      'Real machines',
      'Real machines',
      'A shell script with nothing but curl',
      'Ansible over two machines',
      'Machines for longer than a command',
    ]);
    for (const { mark } of here) expect(mark).toEqual({ kind: 'run by', test: 'test/e2e/without-zuul.test.ts' });
  });
});

describe('the five minutes of the guide', () => {
  let world: DaemonWorld;
  afterEach(() => world.close());

  it('end with a machine', async () => {
    world = await DaemonWorld.open('five-minutes');
    expect(typed('Five minutes')).toBe('npm run quickstart');
    // What the script does, after installing and building.
    const quickstart = world.start('nodepool-standalone', ['--demo', '--no-webapp']);
    await quickstart.says(/The main job is done/);
    const script = typed('Five minutes', 'export').replaceAll('$PWD/bin', join(ROOT, 'bin'));
    const { status, stdout, stderr } = spawnSync('bash', ['-e', '-O', 'expand_aliases', '-c', script], {
      encoding: 'utf8',
      cwd: world.folder,
      env: world.environment(),
    });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^this machine is mine: fake\n[^]*\| released \|/);
  });
});
