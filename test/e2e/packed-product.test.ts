import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBuilt, ROOT } from '../support/daemon-build.js';
import { put } from '../support/folders.js';
import { InstalledProduct } from '../support/installed-product.js';

const PEBBLE = 'examples/nodepool-driver-pebble';
const KUBERNETES = ['drivers/kubernetes', 'drivers/openshift', 'drivers/openshiftpods'];
const INSTALLED = 'node_modules/nodepool-driver-pebble';

/** The double of the cloud that the example brings. */
interface Cloud {
  readonly url: string;
  readonly token: string;
  readonly machines: ReadonlyMap<string, { readonly tags: Readonly<Record<string, string>> }>;
  made: number;
  open(): Promise<Cloud>;
  close(): Promise<void>;
}

const KUBE = `labels: [{name: pod}, {name: big}, {name: own}, {name: project}, {name: ci-pod}]
providers:
  - name: kube
    driver: kubernetes
    max-servers: 5
    pools:
      - name: main
        labels:
          - {name: pod, type: pod, image: debian}
          - {name: big, type: pod, image: debian, cpu: 2, env: [{name: A, value: b}]}
          - {name: own, type: pod, spec: {containers: []}, labels: {a: b}}
  - name: shift
    driver: openshift
    context: shift
    max-projects: 3
    pools:
      - name: main
        labels:
          - {name: project, type: project}
  - name: pods
    driver: openshiftpods
    context: shift
    max-pods: 4
    pools: [{name: ci, labels: [{name: ci-pod, image: debian}]}]
`;

describe('the packed product', () => {
  interface Packed {
    readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[];
  }

  let files: readonly string[];
  let programs: readonly string[];
  beforeAll(() => {
    checkBuilt();
    const text = execFileSync('npm', ['pack', '--dry-run', '--json', '--silent'], { cwd: ROOT, encoding: 'utf8' });
    const [pack] = JSON.parse(text) as readonly Packed[];
    files = (pack?.files ?? []).map((file) => file.path);
    programs = (pack?.files ?? []).filter(({ mode }) => (mode & 0o111) !== 0).map((file) => file.path);
  });

  it('contains what it needs and nothing else', () => {
    const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.slice(0, -'.ts'.length));
    const expected = new Set([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
      ...['nodepool', 'nodepool-builder', 'nodepool-launcher', 'nodepool-standalone'].map((name) => `bin/${name}.js`),
      ...sources.flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`]),
    ]);
    const others = files.filter((file) => !expected.has(file) && !/^(docs|examples|packaging|web)\//.test(file));
    expect(others).toEqual([]);
    expect([...expected].filter((file) => !files.includes(file))).toEqual([]);
    // Of documents and examples what is kept under version control, and no results of anything.
    const kept = new Set(
      execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'docs', 'examples', 'packaging', 'web'], {
        cwd: ROOT,
        encoding: 'utf8',
      }).split('\n'),
    );
    expect(files.filter((file) => /^(docs|examples|packaging|web)\//.test(file) && !kept.has(file))).toEqual([]);
  });

  it('contains the example of real machines, with its element as it is', () => {
    const listed = execFileSync('git', ['ls-files', '-s', 'examples/one-machine'], { cwd: ROOT, encoding: 'utf8' });
    const rows = [...listed.matchAll(/^(\d+) \S+ 0\t(.+)$/gm)].map(([, mode = '', file = '']) => ({ mode, file }));
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter(({ file }) => !files.includes(file))).toEqual([]);
    const executable = rows.filter(({ mode }) => mode === '100755').map(({ file }) => file);
    expect(executable.filter((file) => !programs.includes(file))).toEqual([]);
  });

  it('has every file that its manifest names', () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      readonly bin: Readonly<Record<string, string>>;
      readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    };
    const entries = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    );
    const named = [...Object.values(manifest.bin), ...entries].map((file) => file.replace(/^\.\//, ''));
    expect(named.filter((file) => !files.includes(file))).toEqual([]);
  });
});

/** The configuration that the guide begins with. */
function installExample(): string {
  const guide = readFileSync(path.join(ROOT, 'docs/guide/install.md'), 'utf8');
  return /^```yaml\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? '';
}

/** npm finds out at once what it would need from elsewhere. */
const NO_REGISTRY = { npm_config_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };

describe('the product, installed with a driver from npm packages [C26]', () => {
  let product: InstalledProduct;
  let cloud: Cloud;
  beforeAll(async () => {
    product = await InstalledProduct.install(PEBBLE, ...KUBERNETES);
    const url = pathToFileURL(path.join(product.folder, INSTALLED, 'test/pebble-cloud.js')).href;
    const { PebbleCloud } = (await import(url)) as { readonly PebbleCloud: new () => Cloud };
    cloud = await new PebbleCloud().open();
    product.write('nodepool.yaml', config());
  });
  afterAll(async () => {
    await cloud.close();
    product.remove();
  });

  const config = (): string => `webapp: {port: 0, listen_address: 127.0.0.1}
images-dir: ${product.folder}
labels: [{name: small}]
providers:
  - name: pebble-one
    driver: pebble
    url: ${cloud.url}
    token: ${cloud.token}
    poll-interval: 0.1
    cloud-images: [{name: debian-12}]
    pools:
      - name: main
        max-servers: 3
        host-key-checking: false
        labels:
          - {name: small, cloud-image: debian-12, plan: s1}
  - name: broken
    driver: pebble
    url: http://127.0.0.1:1
    token: another-token
    cloud-images: [{name: debian-12}]
    pools:
      - name: main
        labels: [{name: small, cloud-image: debian-12, plan: s1}]
  - name: missing
    driver: marble
    pools: [{name: main}]
`;

  it('is not the project itself', () => {
    expect(existsSync(path.join(product.folder, 'node_modules/nodepool/src'))).toBe(false);
    expect(existsSync(path.join(product.folder, INSTALLED, 'node_modules'))).toBe(false);
  });

  it('runs from any folder through links, which is how npm install -g puts it [C26]', () => {
    const [bin, elsewhere] = ['bin', 'elsewhere'].map((name) => path.join(product.folder, name)) as [string, string];
    for (const folder of [bin, elsewhere]) mkdirSync(folder);
    for (const name of ['nodepool', 'nodepool-launcher', 'nodepool-builder', 'nodepool-standalone'])
      symlinkSync(`../node_modules/nodepool/bin/${name}.js`, path.join(bin, name));
    const env = { PATH: `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: elsewhere };
    const run = (...[command = '', ...args]: readonly string[]): string =>
      execFileSync(command, args, { cwd: elsewhere, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    for (const program of ['nodepool', 'nodepool-standalone'])
      expect(run(program, '--version')).toMatch(/^Nodepool version: \d/);
    writeFileSync(path.join(elsewhere, 'np.yaml'), installExample());
    expect(
      execFileSync('sh', ['-c', 'nodepool -c np.yaml config-validate 2>&1'], { cwd: elsewhere, env, encoding: 'utf8' }),
    ).toBe('validating np.yaml\nConfiguration validation complete\n');
  });

  it('lists the driver with version and capabilities', async () => {
    const { code, output } = await product.run('nodepool', ['-c', 'nodepool.yaml', 'drivers']);
    expect(code, output).toBe(0);
    expect(output.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
      'driver | version | API | capabilities',
      'exec | built-in | 1.2 | images quota leaks zones console',
      'fake | built-in | 1.2 | images quota leaks zones console',
      'libvirt | built-in | 1.2 | images quota leaks console',
      'openstack | built-in | 1.2 | images quota leaks zones console',
      'static | built-in | 1.2 | none',
      'kubernetes | nodepool-driver-kubernetes 0.1.0 | 1.2 | leaks',
      'openshift | nodepool-driver-openshift 0.1.0 | 1.2 | leaks',
      'openshiftpods | nodepool-driver-openshiftpods 0.1.0 | 1.2 | quota leaks',
      'pebble | nodepool-driver-pebble 1.1.0 | 1.1 | images quota leaks zones console',
      '',
    ]);
  });

  it("validates the driver's section", async () => {
    product.write('wrong.yaml', config().replace('plan: s1', 'plane: s1').replace('driver: marble', 'driver: pebble'));
    const { code, output } = await product.run('nodepool', ['-c', 'wrong.yaml', 'config-validate']);
    expect(code).toBe(1);
    expect(output).toContain(
      'wrong.yaml:16:51: providers[0].pools[0].labels[0].plane: unknown key; did you mean plan?',
    );
    expect(output).toContain('providers[0].pools[0].labels[0].plan: required key not provided; plan of the machines');
    expect(output).toContain('providers[2].url: required key not provided; address of the Pebble API');
    const missing = await product.run('nodepool', ['-c', 'nodepool.yaml', 'config-validate']);
    expect(missing.output).toMatch(
      /nodepool\.yaml:26:13: providers\[2\]\.driver: marble: unknown driver; .*install nodepool-driver-marble/,
    );
  });

  it('validates the sections of the drivers of Kubernetes, with places [K3, K5, K6, K30]', async () => {
    product.write('kube.yaml', KUBE);
    const good = await product.run('nodepool', ['-c', 'kube.yaml', 'config-validate']);
    expect(good.output).not.toContain('providers[');
    const mistakes: readonly (readonly [string, string])[] = [
      ['- {name: pod, type: pod, image: debian}', '- {name: pod, type: pod}'],
      ['cpu: 2', 'cpus: 2, cloud-image: x'],
      ['env: [{name: A, value: b}]', 'env: [{name: A}]'],
      ['spec: {containers: []}', 'spec: {containers: []}, memory: 5'],
      ['type: project', 'type: namespace'],
      ['    context: shift\n    max-projects', '    max-projects'],
    ];
    product.write(
      'wrong.yaml',
      mistakes.reduce((text, [from, to]) => text.replace(from, to), KUBE),
    );
    const { code, output } = await product.run('nodepool', ['-c', 'wrong.yaml', 'config-validate']);
    expect(code).toBe(1);
    const found = [...output.matchAll(/wrong\.yaml:(\d+):\d+: (providers\S+ [^;\n]+)/g)].map(
      ([, line, words]) => `${line} ${words}`,
    );
    expect(found.sort()).toEqual([
      '10 providers[0].pools[0].labels[1].cloud-image: unknown key',
      '10 providers[0].pools[0].labels[1].cpus: unknown key',
      '10 providers[0].pools[0].labels[1].env: 1 of its entries are no variables',
      '11 providers[0].pools[0].labels[2].memory: cannot stand beside spec',
      '12 providers[1].context: required key not provided',
      '18 providers[1].pools[0].labels[0].type: expected one of project, pod',
      '9 providers[0].pools[0].labels[0].image: required key not provided',
    ]);
  });

  it('serves nodes from a configuration file, although two other providers are out of order', async () => {
    const made = new Set<string>();
    const watching = setInterval(() => [...cloud.machines.keys()].forEach((id) => made.add(id)), 5);
    const { code, output } = await product.run('nodepool-standalone', [
      '--demo',
      '-c',
      'nodepool.yaml',
      '--once',
      '--log',
    ]);
    clearInterval(watching);
    expect(code, output).toBe(0);
    expect(output).toContain('The main job is done');
    expect(made.size).toBeGreaterThan(0);
    expect(cloud.machines.size).toBe(0);
    expect(output).toContain('marble: unknown driver');
    expect(output).not.toContain(cloud.token);
    expect(output).not.toContain('another-token');
  });

  it("passes the driver's own tests, which are the contract", async () => {
    const { code, output } = await product.run('node', ['--test', `${INSTALLED}/test/driver.test.js`]);
    expect(code, output.slice(-3000)).toBe(0);
    expect(output).toMatch(/^# pass 7\d$/m);
  });

  it('checks the driver from the command line', async () => {
    const args = [
      'driver-test',
      'nodepool-driver-pebble',
      '--config',
      `${INSTALLED}/nodepool.yaml`,
      '--bench',
      `${INSTALLED}/test/bench.js`,
    ];
    const only = ['create-after-lost-answer', 'image-boots', 'fixed-slots'];
    const good = await product.run('nodepool', [...args, ...only.flatMap((name) => ['--only', name])]);
    expect(good.code, good.output).toBe(0);
    expect(good.output).toMatch(/^nodepool-driver-pebble 1\.1\.0 \(driver pebble 1\.1\.0, API 1\.1\)$/m);
    expect(good.output).toMatch(/^2 passed, 0 failed, 1 skipped$/m);
    const none = await product.run('nodepool', [...args, '--only', 'no-such-check']);
    expect(none).toMatchObject({
      code: 1,
      output: expect.stringContaining('there is no check no-such-check') as unknown,
    });
  });

  it('lets a stranger follow the guide to writing a driver, from an empty folder to the end [C26]', async () => {
    const guide = readFileSync(path.join(ROOT, 'docs/guide/writing-a-driver.md'), 'utf8');
    const folder = path.join(product.folder, 'nodepool-driver-shed');
    const blocks = [...guide.matchAll(/(?:^`([^`\n]+)`:\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm)];
    const ran: string[] = [];
    for (const [, file, language, text = ''] of blocks) {
      if (file !== undefined) put(folder, { [file]: text });
      if (language !== 'console') continue;
      for (const line of text
        .trim()
        .split('\n')
        .map((command) => command.replace(/^\$ /, ''))) {
        // npx only finds the installed command, which is in the search path here.
        if (line.startsWith('mkdir')) continue;
        const here = line
          .replace(/^npx /, '')
          .replace('/opt/nodepool', path.join(product.folder, 'node_modules/nodepool'));
        const { code, output } = await product.run('bash', ['-c', `cd ${folder} && ${here}`], NO_REGISTRY);
        expect(code, `${line}\n${output.slice(-3000)}`).toBe(0);
        if (line.includes('test')) expect(output, line).toMatch(/^(# fail 0|\d+ passed, 0 failed, \d+ skipped)$/m);
        ran.push(line);
      }
    }
    expect(ran).toHaveLength(5);
    // Every other block belongs to a file: nothing in the guide is left untried.
    expect(blocks.filter(([, file, language]) => file === undefined && language !== 'console')).toEqual([]);
  });
});
