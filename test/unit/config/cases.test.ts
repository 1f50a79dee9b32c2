import { describe, expect, it } from 'vitest';
import { fakeSettingsProblems } from '../../../src/adapters/fake-cloud/fake-settings.js';
import { loadConfig, validateConfig } from '../../../src/adapters/config-yaml/load-config.js';
import { formatProblem } from '../../../src/domain/config/config-problem.js';
import { inheritAll } from '../../../src/domain/config/image-inheritance.js';
import type { DiskImageEntry } from '../../../src/domain/config/image-inheritance.js';
import type { DriverSchemaSource } from '../../../src/domain/config/driver-schema.js';
import { caseText } from '../../support/cases.js';
import type { Situation } from './config-harness.js';
import { load, optionsFor, validate, warningsOf } from './config-harness.js';

describe('[A6] one provider with a driver that is not there', () => {
  const text = caseText('mixed-drivers.yaml');

  it('is out of service alone; the others are as they would be without it [CASE mixed-drivers.yaml]', async () => {
    const { providers } = await load(text);
    expect([...providers].map(([name, { problem }]) => [name, problem])).toEqual([
      ['cloud-one', undefined],
      ['cluster', 'azure: unknown driver'],
      ['cloud-two', undefined],
    ]);
    expect(await warningsOf(text)).toEqual([
      'nodepool.yaml:5:29: providers[1].driver: azure: unknown driver; known drivers: exec, fake, libvirt, openstack, static',
    ]);
  });

  it('keeps its labels, also those whose image only the driver understands: requests wait for it', async () => {
    const { providers } = await load(text);
    expect([...(providers.get('cluster')?.pools.get('main')?.labels.keys() ?? [])]).toEqual(['pod']);
  });

  it('is an error of config-validate, the only one [CASE mixed-drivers.yaml]', async () => {
    expect(await validate(text)).toEqual([expect.stringContaining('providers[1].driver: azure: unknown driver')]);
  });

  it.each(['kubernetes', 'metastatic', 'gce', 'misspelt'])('whatever its name: %s', async (driver) => {
    const { providers } = await load(text.replace('azure', driver));
    expect(providers.get('cluster')?.problem).toBe(`${driver}: unknown driver`);
  });

  it('whatever stands where the name should be', async () => {
    const { providers } = await load(text.replace('azure', '[a]'));
    expect(providers.get('cluster')?.problem).toBe('(a list): unknown driver');
  });
});

describe('[A6] commands that only read', () => {
  it('need neither drivers from outside nor clouds.yaml', async () => {
    let searched = 0;
    const plugins: DriverSchemaSource = {
      find: () => {
        searched += 1;
        return new Promise(() => undefined);
      },
    };
    const text = `${caseText('mixed-drivers.yaml')}  - {name: more, driver: openstack, cloud: nowhere, pools: []}\n`;
    const options = { ...optionsFor(text, { clouds: 'clouds: [' }), plugins, withoutDrivers: true };
    const { config, warnings } = await loadConfig(options);
    expect([...config.providers.keys()]).toEqual(['cloud-one', 'cluster', 'cloud-two', 'more']);
    expect(warnings).toEqual([]);
    expect(searched).toBe(0);
    expect(options.files.reads).toEqual(['nodepool.yaml']);
  });
});

/** Everything that config-validate prints. */
async function findings(text: string, situation?: Situation): Promise<readonly [errors: string[], warnings: string[]]> {
  const options = { ...optionsFor(text, situation), fakeSettings: fakeSettingsProblems };
  const { errors, warnings } = await validateConfig(options);
  const mentioned = errors.filter(({ message }) => !message.startsWith('neither zookeeper-servers nor store'));
  return [mentioned.map((error) => formatProblem(error)), warnings.map((warning) => formatProblem(warning))];
}

/** Where, without file and place. */
const keysOf = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => /^\S+:\d+:\d+: (\S+): /.exec(line)?.[1] ?? line);

describe('config-validate', () => {
  it('finds nothing wrong with what the reference documents [CASE fake-boot-time.yaml]', async () => {
    expect(await findings(caseText('fake-boot-time.yaml'))).toEqual([[], []]);
  });

  it('looks below the key fake [CASE fake-boot-time.yaml]', async () => {
    const text = caseText('fake-boot-time.yaml').replace('boot-time: {min: 0.1', 'boottime: 1, delete-time: {min: 9');
    const [errors] = await findings(text);
    expect(errors).toEqual([
      expect.stringMatching(
        /^nodepool\.yaml:7:38: providers\[0\]\.fake\.delete-time: expected seconds, or \{min, max\}/,
      ),
      expect.stringMatching(/providers\[0\]\.fake\.boottime: unknown key; did you mean boot-time\?/),
    ]);
    // The daemons put its provider out of service; the file is good for all others.
    await load(text);
  });

  it('warns of an image that the provider does not list [CASE label-without-provider-image.yaml]', async () => {
    const text = caseText('label-without-provider-image.yaml');
    const [errors, warnings] = await findings(text);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("debian-13 which is not in the provider's diskimages list")]);
    const { providers } = await load(text);
    expect([...(providers.get('cloud-one')?.pools.get('main')?.labels.keys() ?? [])]).toEqual(['old', 'new']);
  });

  it('names an image-name-format that nothing can be named by [CASE image-name-format.yaml]', async () => {
    const text = caseText('image-name-format.yaml');
    const [errors] = await findings(text);
    expect(keysOf(errors)).toEqual(['providers[0].image-name-format', 'providers[0].image-name-format']);
    const { config } = await loadConfig({ ...optionsFor(text), reader: 'launcher' });
    expect(config.providers.get('cloud-one')?.problem).toBeUndefined();
    await loadConfig({ ...optionsFor(text), reader: 'builder' });
  });

  it('names each value that can never work, with place and hint [CASE nonsense.yaml]', async () => {
    const [errors, warnings] = await findings(caseText('nonsense.yaml'));
    expect(keysOf(errors)).toEqual([
      'labels[0].min-ready',
      'diskimages[0].name',
      'providers[0].name',
      'providers[0].pools[0].labels[0].cloud-image',
    ]);
    expect(keysOf(warnings)).toEqual([
      'diskimages[0].formats[0]',
      'providers[0].pools[0].max-servers',
      'diskimages[0].dib-cmd',
      'providers[0].pools[0].labels[0].min-ram',
    ]);
    for (const line of [...errors, ...warnings]) expect(line).toContain('; ');
  });

  it.each([
    ['labels: [{name: a, max-ready-age: -1}]', 'labels[0].max-ready-age'],
    ['labels: [{name: ""}]', 'labels[0].name'],
    ['webapp: {listen_address: "http://x"}', 'webapp.listen_address'],
    ['zookeeper-servers: [{host: "zk:2181"}]', 'zookeeper-servers[0].host'],
    ['zookeeper-servers: [{host: zk, port: 0}]', 'zookeeper-servers[0].port'],
    ['diskimages: [{name: a/b}]', 'diskimages[0].name'],
    ['diskimages: [{name: ..}]', 'diskimages[0].name'],
    ['diskimages: [{name: a, rebuild-age: -5}]', 'diskimages[0].rebuild-age'],
    ['diskimages: [{name: a, build-timeout: -5}]', 'diskimages[0].build-timeout'],
    ['diskimages: [{name: a, env-vars: {"A=B": c}}]', 'diskimages[0].env-vars["A=B"]'],
    ['providers: [{name: p, cloud: one, launch-timeout: 0}]', 'providers[0].launch-timeout'],
    ['providers: [{name: p, cloud: one, launch-retries: 0}]', 'providers[0].launch-retries'],
    ['providers: [{name: p, cloud: one, boot-timeout: -1}]', 'providers[0].boot-timeout'],
    ['providers: [{name: p, cloud: one, image-upload-timeout: 0}]', 'providers[0].image-upload-timeout'],
    ['providers: [{name: p, cloud: one, pools: [{name: a/b}]}]', 'providers[0].pools[0].name'],
    [
      'providers: [{name: p, driver: static, pools: [{name: a, nodes: [{name: x, labels: [], max-parallel-jobs: 0}]}]}]',
      'providers[0].pools[0].nodes[0].max-parallel-jobs',
    ],
    [
      'providers: [{name: p, driver: static, pools: [{name: a, nodes: [{name: x, labels: [], connection-port: 0}]}]}]',
      'providers[0].pools[0].nodes[0].connection-port',
    ],
  ])('refuses %s, which daemons take as ever', async (text, key) => {
    const [errors] = await findings(text);
    expect(keysOf(errors)).toEqual([key]);
    await load(text);
  });

  it('refuses an empty list of servers: no launcher and no builder would start with it', async () => {
    expect((await findings('zookeeper-servers: []'))[0]).toEqual([
      expect.stringMatching(/^nodepool\.yaml: zookeeper-servers is an empty list; set zookeeper-servers for /),
    ]);
    expect((await findings('zookeeper-servers: []\nstore: {directory: /x}'))[0].join('\n')).not.toContain('empty list');
    const enough =
      'labels: [{name: a, min-ready: 3}]\nproviders: [{name: p, cloud: one, pools: [{name: m, max-servers: 3, labels: [{name: a, min-ram: 1, cloud-image: i}]}], cloud-images: [{name: i}]}]';
    expect(await findings(`zookeeper-servers: [{host: zk}]\n${enough}`)).toEqual([[], []]);
  });

  it.each([
    ['labels: [{name: a, min-ready: 1}]', 'labels[0].min-ready'],
    [
      'labels: [{name: a, min-ready: 1}]\nproviders: [{name: p, cloud: one, pools: [{name: m, max-servers: 0, labels: [{name: a, min-ram: 1, cloud-image: i}]}], cloud-images: [{name: i}]}]',
      'labels[0].min-ready',
    ],
    [
      'labels: [{name: a, min-ready: 3}]\nproviders: [{name: p, cloud: one, pools: [{name: m, max-servers: 2, labels: [{name: a, min-ram: 1, cloud-image: i}]}], cloud-images: [{name: i}]}]',
      'labels[0].min-ready',
    ],
    ['tenant-resource-limits: [{tenant-name: a, max-servers: -1}]', 'tenant-resource-limits[0].max-servers'],
    ['webapp: {port: 8005, builder_port: 8005}', 'webapp.builder_port'],
    ['diskimages: [{name: a, keep-formats: [raw]}]', 'diskimages[0].keep-formats[0]'],
    ['providers: [{name: p, cloud: one, post-upload-hook: /no/such}]', 'providers[0].post-upload-hook'],
    ['providers: [{name: p, cloud: one, pools: [{name: a, max-ram: -2}]}]', 'providers[0].pools[0].max-ram'],
  ])('warns of %s', async (text, key) => {
    const [errors, warnings] = await findings(`zookeeper-servers: [{host: zk}]\n${text}`);
    expect(errors).toEqual([]);
    expect(keysOf(warnings)).toEqual([key]);
  });
});

describe('a name that can be no part of a path', () => {
  it('leaves out its provider, pool or image, and nothing else', async () => {
    const { providers, diskImages } = await load(`
diskimages: [{name: ../etc}, {name: debian}]
providers:
  - {name: a/b, cloud: one}
  - {name: good, cloud: one, pools: [{name: c/d}, {name: main}]}
`);
    expect([...providers.keys()]).toEqual(['good']);
    expect([...(providers.get('good')?.pools.keys() ?? [])]).toEqual(['main']);
    expect([...diskImages.keys()]).toEqual(['debian']);
  });
});

describe('a key that only the builder uses [B14]', () => {
  it.each([
    'diskimages: [{name: a, elements: text}]',
    'diskimages: [{name: a, rebuild-age: much}]',
    'diskimages: [{name: a, parent: nope}]',
    'diskimages: [{name: a, parent: a}]',
    'images-dir: [a]',
    'build-log-retention: text',
    'webapp: {builder_port: text}',
    'providers: [{name: p, cloud: one, image-upload-timeout: text}]',
    'providers: [{name: p, cloud: one, image-name-format: "{nope}"}]',
    'providers: [{name: p, cloud: one, diskimages: [{name: nope}]}]',
    'providers: [{name: p, cloud: one, diskimages: [{name: a, meta: text}]}]\ndiskimages: [{name: a}]',
  ])('never stops the launcher: %s', async (text) => {
    const { warnings } = await loadConfig({ ...optionsFor(text), reader: 'launcher' });
    expect(warnings).not.toEqual([]);
    expect((await findings(text))[0]).not.toEqual([]);
  });

  it('leaves its image known to labels', async () => {
    const pools = '[{name: m, labels: [{name: s, diskimage: a, min-ram: 1}]}]';
    const text = `labels: [{name: s}]\ndiskimages: [{name: a, parent: nope}]\nproviders: [{name: p, cloud: one, diskimages: [{name: a}], pools: ${pools}}]`;
    const { config } = await loadConfig({ ...optionsFor(text), reader: 'launcher' });
    expect(config.providers.get('p')?.pools.get('m')?.labels.has('s')).toBe(true);
    await expect(loadConfig({ ...optionsFor(text), reader: 'builder' })).rejects.toThrow('non-existant parent');
  });
});

describe('slips in YAML', () => {
  it.each([
    ['tab.yaml', 'nodepool.yaml:3:1: YAML parsing failed: a tab indents this line; YAML takes spaces only'],
    ['no-space-after-colon.yaml', 'nodepool.yaml:1:11: YAML parsing failed: a space is missing after this colon'],
  ])('are told by their likely cause, in one message [CASE %s]', async (name, message) => {
    expect((await findings(caseText(name)))[0]).toEqual([message]);
  });

  it.each([
    ['images-dir:/var/lib', 'a space is missing after this colon'],
    ['labels:\n  - name: a\n    min-ready:1\n', 'a space is missing after this colon'],
    ['webapp:\n  listen_address: 127.0.0.1\n    port:1\n', 'is a space missing after its colon'],
    ['labels: [{name: a, min-ready:1}]', 'a space is missing after the colon'],
    ['webapp:\n  port: 1\n  listen_address:127.0.0.1\n', 'a space is missing after this colon'],
    ['labels:\n  - name: a\n \t  min-ready: 1\n', 'a tab indents this line'],
    ['a: b: c: d\n[: {\n', 'a second "key: value"'],
  ])('of the same kind: %j', async (text, words) => {
    const [errors, warnings] = await findings(`zookeeper-servers: [{host: zk}]\n${text}`);
    const [errorsAlone] = await findings(text);
    expect([...errors, ...warnings, ...errorsAlone].join('\n')).toContain(words);
    expect(errorsAlone.length).toBeLessThan(2);
  });

  it('tabs where they are allowed are none', async () => {
    expect((await findings('labels: # a\tcomment\n  - name: "a\tb"\n'))[0].join('')).not.toContain('a tab indents');
  });
});

describe('clouds.yaml', () => {
  it.each([
    ['1-no-entry', 'Cloud one was not found'],
    ['2-no-auth-url', 'cloud one: auth.auth_url: required: the address of the identity service'],
    ['3-dash', 'cloud one: auth.auth-url: with dashes it is understood here, but not everywhere; write auth_url'],
    ['4-misspelt', 'cloud one: auth.passwrod: unknown key; did you mean password?'],
    ['5-broken', 'YAML parsing failed: the indentation or a closing bracket is wrong'],
  ])('with one mistake gets a warning for it [CASE clouds-typos/%s.yaml]', async (name, words) => {
    const situation = { clouds: caseText(`clouds-typos/${name}.yaml`) };
    const [errors, warnings] = await findings(caseText('label-without-provider-image.yaml'), situation);
    expect(errors).toEqual([]);
    expect(warnings.join('\n')).toContain(words);
    expect(warnings.join('\n')).not.toMatch(/password: p\b/);
  });
});

describe('how long config-validate takes [B14]', () => {
  it('grows with the number of parents, not with its square', () => {
    let steps = 0;
    class CountingMap<V> extends Map<string, V> {
      override get(key: string): V | undefined {
        steps += 1;
        return super.get(key);
      }
    }
    const entries = new CountingMap<DiskImageEntry>();
    for (let i = 0; i < 5000; i += 1)
      entries.set(`i${i}`, { name: `i${i}`, ...(i > 0 ? { parent: `i${i - 1}` } : {}) });
    expect(inheritAll(new CountingMap([...entries].reverse())).size).toBe(5000);
    expect(inheritAll(entries).size).toBe(5000);
    expect(steps).toBeLessThan(20_000);
  });

  it.each<readonly [string, (index: number) => string]>([
    ['unknown keys', (index) => `unknown-${index}: 1\n`],
    [
      'wrong values in one map',
      (index) => (index === 0 ? 'diskimages:\n  - name: a\n    env-vars:\n' : `      V${index}: 1\n`),
    ],
    ['unknown drivers', (index) => (index === 0 ? 'providers:\n' : `  - {name: p${index}, driver: d${index}}\n`)],
    ['loops of parents', (index) => (index === 0 ? 'diskimages:\n' : `  - {name: i${index}, parent: i${index + 1}}\n`)],
  ])(
    'grows with the number of mistakes: %s',
    async (_what, line) => {
      const cost = async (count: number): Promise<number> => {
        const text = Array.from({ length: count }, (_, index) => line(index)).join('');
        const before = process.cpuUsage();
        await findings(text);
        const { user, system } = process.cpuUsage(before);
        return user + system;
      };
      await cost(50);
      const small = await cost(100);
      // Eight times as many: by the square it would be 64 times the work.
      expect(await cost(800)).toBeLessThan(32 * small + 100_000);
    },
    30_000,
  );

  /** Of all kinds, one after the other. */
  function mistakes(count: number): string {
    const some = (line: (index: number) => string): string =>
      Array.from({ length: count / 8 }, (_, index) => line(index)).join('');
    return [
      some((index) => `unknown-${index}: 1\n`),
      'labels:\n',
      some((index) => `  - {name: l${index}, min-reddy: 1}\n`),
      some((index) => `  - {name: same, min-ready: many}\n`.replace('same', index % 2 ? 'same' : `n${index}`)),
      'diskimages:\n',
      some((index) => `  - {name: i${index}, parent: i${index + 1}}\n`),
      some((index) => `  - {name: o${index}, elements: {a: b}}\n`),
      'providers:\n',
      some((index) => `  - {name: p${index}, driver: d${index}}\n`),
      some((index) => `  - {name: c${index}, cloud: c${index}}\n`),
      '  - name: p\n    cloud: one\n    pools:\n      - name: m\n        labels:\n',
      some((index) => `          - {name: m${index}, diskimage: i${index}, min-ram: x}\n`),
    ].join('');
  }

  it('is hardly more than four times as much for four times as many mistakes of all kinds', async () => {
    const cost = async (count: number): Promise<number> => {
      const before = process.cpuUsage();
      expect((await findings(mistakes(count)))[0].length).toBeGreaterThan(count / 2);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    await cost(400);
    // The least of several: what else the machine does makes nothing cheaper.
    const [small, large] = [Math.min(await cost(1600), await cost(1600), await cost(1600)), await cost(6400)];
    // By the square it would be sixteen times as much; what is done once makes it less than four.
    const least = large < 5 * small ? large : Math.min(large, await cost(6400));
    expect(least / small).toBeLessThan(5);
  });
});
