import { statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readClouds } from '../../../src/adapters/openstack/clouds/clouds-reader.js';
import { readYaml } from '../../../src/adapters/config-yaml/yaml-document.js';
import { describe, expect, it } from 'vitest';
import { ConfigFile } from '../../../src/adapters/config-yaml/config-file.js';
import { SystemConfigFiles } from '../../../src/adapters/config-yaml/config-files.js';
import type { LoadedConfig, LoadOptions } from '../../../src/adapters/config-yaml/load-config.js';
import { loadConfig, validateConfig } from '../../../src/adapters/config-yaml/load-config.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';
import { PluginRegistry } from '../../../src/apps/plugins/plugin-registry.js';
import { formatProblem } from '../../../src/domain/config/config-problem.js';
import { driverCode, folderWith } from './plugin-files.js';
import { put } from '../../support/folders.js';

const CONFIG = `labels: [{name: small}]
providers:
  - name: one
    driver: acme
    module: ./acme.mjs
    url: http://cloud
    token: s3cret-token
    cloud-images: [{name: debian}]
    pools:
      - name: main
        max-servers: 3
        labels:
          - {name: small, cloud-image: debian, plan: p1}
  - name: two
    driver: static
    pools: [{name: main, nodes: [{name: host, labels: small}]}]
`;

function situation(config: string, driver: string | null = driverCode('acme')): LoadOptions & { folder: string } {
  const folder = folderWith({ 'nodepool.yaml': config, ...(driver === null ? {} : { 'acme.mjs': driver }) });
  const clock = new SystemClock();
  return {
    folder,
    path: path.join(folder, 'nodepool.yaml'),
    env: {},
    files: new SystemConfigFiles(),
    clouds: (files) => readClouds({ files, env: {}, cwd: '/nowhere', home: '/nowhere', readYaml }),
    clock,
    plugins: new PluginRegistry({ clock, installation: '/nowhere' }),
  };
}

const load = (config: string, driver?: string | null): Promise<LoadedConfig> => loadConfig(situation(config, driver));

async function validated(config: string, driver?: string | null): Promise<readonly string[]> {
  const options = situation(config, driver);
  const { errors } = await validateConfig(options);
  return (
    errors
      .map((error) => formatProblem(error).replaceAll(`${options.folder}/`, ''))
      // Where the records are kept is not what these files are about.
      .filter((problem) => !problem.includes('neither zookeeper-servers nor store'))
  );
}

describe('the section of a driver from outside', () => {
  it('is read with defaults, its own keys in the settings', async () => {
    const { config, warnings } = await load(CONFIG);
    expect(warnings).toEqual([]);
    const provider = config.providers.get('one')!;
    expect(provider).toMatchObject({
      driver: 'acme',
      managesImages: false,
      launchTimeout: 3600,
      settings: { url: 'http://cloud', token: 's3cret-token', size: 'small', tries: 3 },
    });
    const pool = provider.pools.get('main')!;
    expect(pool).toMatchObject({ maxServers: 3, settings: { network: 'any' } });
    expect(pool.labels.get('small')).toMatchObject({
      image: { kind: 'cloud-image', name: 'debian' },
      settings: { plan: 'p1' },
    });
    expect(await validated(CONFIG)).toEqual([]);
  });

  it.each([
    [
      '    url: http://cloud\n',
      '',
      'nodepool.yaml:3:5: providers[0].url: required key not provided; where the cloud is',
    ],
    ['url: http://cloud', 'url: [x]', 'nodepool.yaml:6:10: providers[0].url: expected str (a string), found a list'],
    ['url:', 'size: huge\n    url:', 'nodepool.yaml:6:11: providers[0].size: expected one of small, big'],
    ['url:', 'tries: 10\n    url:', 'nodepool.yaml:6:12: providers[0].tries: expected 9 or less'],
    ['url:', 'tries: 0\n    url:', 'nodepool.yaml:6:12: providers[0].tries: expected 1 or more'],
    ['url:', 'urls: x\n    url:', 'nodepool.yaml:6:5: providers[0].urls: unknown key; did you mean url?'],
    ['plan: p1', 'plane: p1', 'providers[0].pools[0].labels[0].plane: unknown key; did you mean plan?'],
    [
      ', plan: p1',
      '',
      'nodepool.yaml:13:13: providers[0].pools[0].labels[0].plan: required key not provided; which plan',
    ],
    ['max-servers: 3', 'network: 7.5', 'providers[0].pools[0].network: expected str (a string), found a number'],
    ['name: small, cloud', 'name: other, cloud', 'label other in provider one not in top-level labels'],
    ['cloud-image: debian', 'diskimage: debian', 'uses diskimage debian which is not defined in the main'],
    ['cloud-images: [{name: debian}]', 'diskimages: [{name: debian}]', 'the driver acme keeps no disk images'],
  ])('with %j as %j is refused by file, line, key and hint', async (from, to, expected) => {
    const found = await validated(CONFIG.replace(from, to));
    expect(found.join('\n')).toContain(expected);
    expect(found.join('\n')).not.toContain('s3cret-token');
  });
});

describe('a driver that cannot be used', () => {
  const broken = 'throw new Error("out of order")';

  it('puts its provider out of service, and no other', async () => {
    const { config, warnings } = await load(CONFIG, broken);
    expect(config.providers.get('one')).toMatchObject({
      problem: 'the driver module ./acme.mjs cannot be loaded: Error: out of order',
    });
    // Its pool and label stay known: requests wait for it instead of failing.
    expect([...config.providers.get('one')!.pools.get('main')!.labels.keys()]).toEqual(['small']);
    expect(config.providers.get('two')?.problem).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  it('is an error for config-validate, with file, line, key and hint', async () => {
    expect(await validated(CONFIG, broken)).toEqual([
      'nodepool.yaml:5:13: providers[0].module: the driver module ./acme.mjs cannot be loaded: Error: out of order; ' +
        'install it again, or report it to its author',
    ]);
    expect(await validated(CONFIG.replace('    module: ./acme.mjs\n', ''))).toEqual([
      'nodepool.yaml:4:13: providers[0].driver: acme: unknown driver; known drivers: exec, fake, libvirt, openstack, static; ' +
        'or install nodepool-driver-acme',
    ]);
  });

  it('whose package is missing puts its provider out of service as well', async () => {
    const { config } = await load(CONFIG.replace('    module: ./acme.mjs\n', ''));
    expect(config.providers.get('one')?.problem).toBe('acme: unknown driver');
    expect(config.providers.get('two')?.problem).toBeUndefined();
  });

  it('comes into service when its files are mended, without the configuration being touched', async () => {
    const options = situation(CONFIG, broken);
    const logger = new MemoryLogger();
    const source = await ConfigFile.open(options, logger);
    expect(source.current.providers.get('one')?.problem).toBeDefined();
    put(options.folder, { 'acme.mjs': driverCode('acme') });
    const file = path.join(options.folder, 'acme.mjs');
    utimesSync(file, new Date(), new Date(statSync(file).mtimeMs + 5000));
    expect((await source.reload()).providers.get('one')).toMatchObject({ driver: 'acme', settings: { tries: 3 } });
    expect(source.current.providers.get('one')?.problem).toBeUndefined();
  });

  it('that is added to a running configuration is loaded then', async () => {
    const options = situation('labels: [{name: small}]\n');
    const source = await ConfigFile.open(options, new MemoryLogger());
    writeFileSync(options.path, CONFIG);
    expect((await source.reload()).providers.get('one')?.settings['url']).toBe('http://cloud');
  });
});
