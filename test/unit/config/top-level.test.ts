import { describe, expect, it } from 'vitest';
import {
  connectionString,
  failuresOf,
  LeapingClock,
  load,
  MAIN,
  MemoryFiles,
  optionsFor,
  problemsOf,
  warningsOf,
} from './config-harness.js';
import { loadConfig } from '../../../src/adapters/config-yaml/load-config.js';

describe('finding the file', () => {
  it('[BUILDER 1] a file that appears within a second is loaded', async () => {
    const files = new MemoryFiles();
    const clock = new LeapingClock();
    clock.onWait = () => {
      if (clock.waits.length === 2) files.write(MAIN, '{}');
    };
    const { config } = await loadConfig(optionsFor(null, { files, clock }));
    expect(config.labels.size).toBe(0);
    expect(clock.waits).toEqual([0.5, 0.5]);
  });

  it('[BUILDER 1] three missing attempts make loading fail', async () => {
    const files = new MemoryFiles();
    const clock = new LeapingClock();
    expect(await failuresOf(null, { files, clock })).toEqual(['nodepool.yaml: there is no such file']);
    expect(files.reads.filter((path) => path === MAIN)).toHaveLength(3);
  });

  it('other errors are not retried', async () => {
    const clock = new LeapingClock();
    const files = new MemoryFiles().fail(MAIN, 'EACCES');
    expect(await failuresOf(null, { files, clock })).toEqual(['nodepool.yaml: cannot be read (EACCES)']);
    expect(clock.waits).toEqual([]);
  });

  it('reports trouble with both files at once', async () => {
    const problems = await failuresOf('labels: [', { secure: 'diskimages: [' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['secure.conf', 'nodepool.yaml']);
  });
});

describe('YAML', () => {
  it('names file, line and column of broken YAML', async () => {
    expect(await failuresOf('labels:\n  - name: {x\n')).toEqual([
      expect.stringMatching(/^nodepool\.yaml:\d+:\d+: YAML parsing failed/),
    ]);
  });

  it.each([
    ['', /expected a dictionary.*the file is empty/],
    ['# only a comment\n', /the file is empty/],
    ['null', /the file is empty/],
    ['[a, b]', /expected a dictionary.*found a list/],
    ['hello', /expected a dictionary.*found a string/],
  ])('refuses the root %j', async (text, message) => {
    expect(await failuresOf(text)).toEqual([expect.stringMatching(message)]);
  });

  it('takes anchors, aliases and merges', async () => {
    const config = await load(`
diskimages:
  - &base {name: base, elements: [vm], env-vars: &vars {A: "1", B: "2"}}
  - {<<: *base, name: second}
  - name: third
    env-vars: {<<: *vars, B: "3"}
`);
    expect(config.diskImages.get('second')?.elements).toEqual(['vm']);
    expect(config.diskImages.get('third')?.envVars).toEqual({ A: '1', B: '3' });
  });

  it('places a problem in a merged map where the value stands', async () => {
    const [problem] = await problemsOf('x: &base\n  rebuild-age: soon\ndiskimages:\n  - <<: *base\n    name: a\n');
    expect(problem).toMatchObject({ line: 2, column: 16, keyPath: 'diskimages[0].rebuild-age' });
  });

  it('places a problem behind an alias where the anchor stands', async () => {
    const [problem] = await problemsOf('x: &image\n  name: a\n  pause: "no"\ndiskimages: [*image]\n');
    expect(problem).toMatchObject({ line: 3, column: 10, keyPath: 'diskimages[0].pause' });
  });

  it('lets the last of two equal keys win, with a warning', async () => {
    const text = 'images-dir: /a\nimages-dir: /b\n';
    expect((await load(text)).imagesDir).toBe('/b');
    expect(await warningsOf(text)).toEqual(['nodepool.yaml:2:1: this key is given twice in one map']);
  });

  it('reads words and numbers as the original does', async () => {
    const config = await load(`
diskimages:
  - {name: y, pause: yes, release: 2019-01-01, username: 12e4567, build-timeout: 1_000}
`);
    expect(config.diskImages.get('y')).toMatchObject({
      pause: true,
      release: '2019-01-01',
      username: '12e4567',
      buildTimeout: 1000,
    });
  });

  it('refuses aliases that multiply without end', async () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((name, i) => {
        const previous = String.fromCharCode(97 + i);
        return `${name}: &${name} [${Array(9).fill(`*${previous}`).join(',')}]`;
      }),
    ].join('\n');
    expect(await failuresOf(bomb)).toEqual([expect.stringContaining('YAML parsing failed')]);
  });

  it.each([
    ['a: *nothing', '1:4: YAML parsing failed: there is no such anchor before this alias'],
    ['a: {<<: *nothing}', '1:5: YAML parsing failed: only maps can be merged'],
    ['a: &a [1]\nb: {<<: *a}', '2:5: YAML parsing failed: only maps can be merged'],
    ['a: {<<: [{}, text]}', '1:5: YAML parsing failed: only maps can be merged'],
  ])('refuses the loose end in %j', async (text, problem) => {
    expect(await failuresOf(text)).toEqual([`nodepool.yaml:${problem}`]);
  });

  it('refuses tags that only other languages know', async () => {
    expect(await failuresOf('images-dir: !!python/object:os.system ls\n')).toHaveLength(1);
  });
});

describe('substitution', () => {
  const env = { NODEPOOL_PORT: '8123', HOME: '/root', NODEPOOL_DOLLAR: "$&$'" };

  it('[BUILDER 29] [LAUNCHER 125] replaces %(NODEPOOL_X) in the text and leaves others alone', async () => {
    const config = await load('webapp: {port: %(NODEPOOL_PORT)}\nimages-dir: "%(HOME)/%(NODEPOOL_UNSET)"\n', { env });
    expect(config.webapp.port).toBe(8123);
    expect(config.imagesDir).toBe('%(HOME)/%(NODEPOOL_UNSET)');
  });

  it('[BUILDER 29] replaces in the secure file too', async () => {
    const secure = 'zookeeper-servers: [{host: zk, port: %(NODEPOOL_PORT)}]';
    expect((await load('{}', { secure, env })).zookeeper?.servers).toEqual([{ host: 'zk', port: 8123 }]);
  });

  it('takes values literally', async () => {
    expect((await load('images-dir: x%(NODEPOOL_DOLLAR)\n', { env })).imagesDir).toBe("x$&$'");
  });
});

describe('top level', () => {
  it.each(['{}', 'webapp: {}', 'webapp:'])('[BUILDER 2] web defaults for %j', async (text) => {
    expect((await load(text)).webapp).toEqual({ port: 8005, listenAddress: '0.0.0.0' });
  });

  it('[BUILDER 2] a partial webapp section keeps the other default', async () => {
    expect((await load('webapp: {port: 80}')).webapp).toEqual({ port: 80, listenAddress: '0.0.0.0' });
    expect((await load('webapp: {listen_address: "::1"}')).webapp).toEqual({ port: 8005, listenAddress: '::1' });
  });

  it.each(['{}', 'max-hold-age: 0', 'max-hold-age: -5', 'max-hold-age: null'])(
    '[BUILDER 3] %j means never',
    async (text) => {
      expect((await load(text)).maxHoldAge).toBe(Infinity);
    },
  );

  it('a positive max-hold-age counts', async () => {
    expect((await load('max-hold-age: 3600')).maxHoldAge).toBe(3600);
  });

  it('defaults of directories and labels', async () => {
    const config = await load('labels: [{name: a}, {name: b, min-ready: -1, max-ready-age: 60}]');
    expect(config).toMatchObject({
      elementsDir: null,
      imagesDir: null,
      buildLogDir: '/var/log/nodepool/builds',
      buildLogRetention: 7,
      zookeeper: null,
    });
    expect([...config.labels.values()]).toEqual([
      { name: 'a', minReady: 0, maxReadyAge: 0 },
      { name: 'b', minReady: -1, maxReadyAge: 60 },
    ]);
  });

  it('takes the room that builds need in MiB', async () => {
    expect((await load('images-min-free: 2048')).imagesMinFree).toBe(2 * 1024 ** 3);
    expect((await load('{}')).imagesMinFree).toBeUndefined();
  });

  it('names tenants’ limits as resources', async () => {
    const config = await load(`
tenant-resource-limits:
  - {tenant-name: t1, max-cores: 8, max-servers: 2, max-ram: 1024, max-volumes: 3, max-volume-gb: 100, gpu: 1}
  - {tenant-name: t2}
`);
    expect(config.tenantLimits.get('t1')).toEqual({
      cores: 8,
      instances: 2,
      ram: 1024,
      volumes: 3,
      'volume-gb': 100,
      gpu: 1,
    });
    expect(config.tenantLimits.get('t2')).toEqual({});
    expect(
      await failuresOf('tenant-resource-limits: [{max-cores: x}, {tenant-name: t, max-cores: x}, 3]'),
    ).toHaveLength(3);
  });

  it('finds every problem at once, each with its place', async () => {
    const text = `webapp: {port: high}
labels:
  - min-ready: 1
  - name: a
    min-ready: many
diskimages: none
zookeeper-servers:
  - port: 2181
`;
    expect(await failuresOf(text)).toEqual([
      expect.stringMatching(/^nodepool\.yaml:6:13: diskimages: expected a list, found a string/),
      expect.stringMatching(/^nodepool\.yaml:1:16: webapp\.port: expected int/),
      expect.stringMatching(/^nodepool\.yaml:8:5: zookeeper-servers\[0\]\.host: required key not provided/),
      expect.stringMatching(/^nodepool\.yaml:3:5: labels\[0\]\.name: required key not provided/),
      expect.stringMatching(
        /^nodepool\.yaml:5:16: labels\[1\]\.min-ready: expected int \(an integer\), found a string/,
      ),
    ]);
  });

  it('daemons only warn of unknown keys and name the nearest known one', async () => {
    expect(await warningsOf('max-holdage: 3\nlabels: [{name: a, minReady: 1}]\nzzz: 1')).toEqual([
      'nodepool.yaml:1:1: max-holdage: unknown key; did you mean max-hold-age?',
      'nodepool.yaml:2:20: labels[0].minReady: unknown key; did you mean min-ready?',
      expect.stringMatching(/^nodepool\.yaml:3:1: zzz: unknown key; known keys: .*webapp/),
    ]);
  });
});

describe('zookeeper-servers', () => {
  const servers = async (text: string): Promise<string | null> => {
    const { zookeeper } = await load(text);
    return zookeeper && connectionString(zookeeper);
  };

  it('[BUILDER 4] [LAUNCHER 1] the default port is 2181, the given port wins', async () => {
    expect(await servers('zookeeper-servers: [{host: a}, {host: b, port: 2000}]')).toBe('a:2181,b:2000');
  });

  it('[LAUNCHER 1] with TLS the default port is 2281, the given port wins', async () => {
    const files = new MemoryFiles().write('c', '').write('k', '').write('r', '');
    const text = 'zookeeper-servers: [{host: a}, {host: b, port: 2181}]\nzookeeper-tls: {cert: c, key: k, ca: r}';
    const { zookeeper } = await load(text, { files });
    expect(zookeeper && connectionString(zookeeper)).toBe('a:2281,b:2181');
    expect(zookeeper?.tls).toEqual({ cert: 'c', key: 'k', ca: 'r' });
  });

  it.each(['/np', 'np', '/np/'])('[BUILDER 4] the chroot %j is appended once', async (chroot) => {
    expect(await servers(`zookeeper-servers: [{host: a, chroot: ${chroot}}]`)).toBe('a:2181/np');
  });

  it('[BUILDER 5] [LAUNCHER 2] three servers with one chroot are three hosts below one chroot', async () => {
    const text = 'zookeeper-servers: [{host: a, chroot: /x}, {host: b, chroot: /x}, {host: c, chroot: /x}]';
    expect(await servers(text)).toBe('a:2181,b:2181,c:2181/x');
  });

  it('[LAUNCHER 2] a chroot with one server only counts for all', async () => {
    expect(await servers('zookeeper-servers: [{host: a}, {host: b, chroot: /x}]')).toBe('a:2181,b:2181/x');
  });

  it('[LAUNCHER 3] brackets IPv6 literals', async () => {
    expect(await servers('zookeeper-servers: [{host: "fe80::1"}, {host: "[::1]", port: 1}]')).toBe(
      '[fe80::1]:2181,[::1]:1',
    );
  });

  it('[LAUNCHER 4] refuses different chroots', async () => {
    expect(await failuresOf('zookeeper-servers: [{host: a, chroot: /x}, {host: b, chroot: /y}]')).toEqual([
      expect.stringContaining('zookeeper-servers[1].chroot: the servers have different chroots'),
    ]);
  });

  it('[LAUNCHER 5] TLS needs cert, key and ca', async () => {
    expect(await failuresOf('zookeeper-servers: [{host: a}]\nzookeeper-tls: {cert: c}')).toEqual([
      expect.stringContaining('zookeeper-tls.key: required key not provided'),
      expect.stringContaining('zookeeper-tls.ca: required key not provided'),
    ]);
  });

  it('[LAUNCHER 5] names a certificate that cannot be read', async () => {
    const files = new MemoryFiles().write('c', '').write('k', '');
    const text = 'zookeeper-servers: [{host: a}]\nzookeeper-tls: {cert: c, key: k, ca: /no/ca.pem}';
    expect(await failuresOf(text, { files })).toEqual([
      'nodepool.yaml:2:38: zookeeper-tls.ca: /no/ca.pem cannot be read (ENOENT)',
    ]);
  });

  it.each([
    ['10', 10],
    ['2.5', 2.5],
  ])('takes the timeout %s', async (text, timeout) => {
    expect((await load(`zookeeper-servers: [{host: a}]\nzookeeper-timeout: ${text}`)).zookeeper?.timeout).toBe(timeout);
  });

  it('drops duplicates', async () => {
    expect(await servers('zookeeper-servers: [{host: a}, {host: a, port: 2181}]')).toBe('a:2181');
  });
});

describe('the secure file', () => {
  const main = `
zookeeper-servers: [{host: open}]
diskimages: [{name: debian, env-vars: {A: main, B: main}}]
`;

  it('[BUILDER 26] replaces all servers and merges variables over those of the main file', async () => {
    const secure = `
zookeeper-servers: [{host: hidden}, {host: hidden2}]
diskimages: [{name: debian, env-vars: {B: hidden, C: hidden}}]
anything: else
`;
    const config = await load(main, { secure });
    expect(config.zookeeper?.servers.map(({ host }) => host)).toEqual(['hidden', 'hidden2']);
    expect(config.diskImages.get('debian')?.envVars).toEqual({ A: 'main', B: 'hidden', C: 'hidden' });
    expect(await warningsOf(main, { secure })).toEqual([]);
  });

  it('takes TLS files from the secure file', async () => {
    const files = new MemoryFiles().write('c', '').write('k', '').write('r', '');
    const config = await load(main, { files, secure: 'zookeeper-tls: {cert: c, key: k, ca: r}' });
    expect(config.zookeeper).toMatchObject({ servers: [{ host: 'open', port: 2281 }], tls: { cert: 'c' } });
  });

  it.each(['', '# nothing', '{}', 'zookeeper-servers: []'])(
    '[BUILDER 27] ignores the empty file %j',
    async (secure) => {
      expect((await load(main, { secure })).zookeeper?.servers).toEqual([{ host: 'open', port: 2181 }]);
    },
  );

  it('[BUILDER 27] names an image that the main file does not have', async () => {
    expect(await failuresOf(main, { secure: 'diskimages: [{name: nope, env-vars: {}}]' })).toEqual([
      expect.stringContaining('secure.conf: unknown diskimage nope'),
    ]);
  });

  it('demands env-vars of its images', async () => {
    expect(await failuresOf(main, { secure: 'diskimages: [{name: debian}]' })).toEqual([
      expect.stringContaining('diskimages[0].env-vars: required key not provided'),
    ]);
  });

  it.each([
    'diskimages: [{name: debian, env-vars: {A: hunter2: x}}]',
    'diskimages: [{name: debian, env-vars: {A: [hunter2]}}]',
    'zookeeper-servers: [{host: hunter2, chroot: /hunter2}, {host: b, chroot: /x}]',
    'zookeeper-servers: [{host: a, port: hunter2}]',
    'zookeeper-servers: hunter2',
    'hunter2',
    'a: *hunter2',
    'a: b\n"hunter2',
    'a: !hunter2 b',
    '&hunter2 @',
    'a: {b: c} hunter2',
    'zookeeper-tls: {cert: /hunter2, key: /hunter2, ca: /hunter2}',
  ])('never gives its values away: %s', async (secure) => {
    const problems = await failuresOf('zookeeper-servers: [{host: a}]\n', { secure });
    expect(problems.join('\n')).not.toContain('hunter2');
    expect(problems.join('\n')).toContain('secure.conf');
  });
});
