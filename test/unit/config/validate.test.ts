import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { validate as validateFiles } from '../../../src/apps/main/configuration-questions.js';
import { cloudProvider, configuration, poolLabel, withImages, withPoolLabel, withProvider } from './configs.js';
import { validateConfig } from '../../../src/adapters/config-yaml/load-config.js';
import { load, optionsFor, validate } from './config-harness.js';

describe('config-validate', () => {
  it('[BUILDER 32] an unknown top-level key fails and is named', async () => {
    expect(await validate('foo: 1\n')).toEqual([expect.stringMatching(/^nodepool\.yaml:1:1: foo: unknown key/)]);
  });

  it('[BUILDER 33] a pool label has exactly one image and at least one size', async () => {
    const cloudImages = { 'cloud-images': [{ name: 'vendor' }] };
    expect(await validate(withPoolLabel(poolLabel({ 'cloud-image': 'vendor' }), cloudImages))).toEqual([
      expect.stringContaining("two or more values in the same group of exclusion 'label-image'"),
    ]);
    expect(await validate(withPoolLabel({ name: 'small', 'min-ram': 1 }))).toEqual([
      expect.stringContaining('labels[0].diskimage: required key not provided'),
    ]);
    expect(await validate(withPoolLabel({ name: 'small', diskimage: 'debian' }))).toEqual([
      expect.stringContaining('labels[0].min-ram: required key not provided'),
    ]);
    expect(await validate(withPoolLabel({ name: 'small', diskimage: 'debian', 'flavor-name': 'm1' }))).toEqual([]);
  });

  it('a cloud image has an id or a name, not both', async () => {
    const text = withProvider({ 'cloud-images': [{ name: 'x', 'image-id': 'i', 'image-name': 'n' }] });
    expect(await validate(text)).toEqual([
      expect.stringContaining('two or more values in the same group of exclusion'),
    ]);
  });

  it('[BUILDER 34] numbers among env-vars fail', async () => {
    expect(await validate(withImages({ name: 'a', 'env-vars': { A: 1 } }))).toEqual([
      expect.stringContaining('diskimages[0].env-vars.A: expected str (a string), found a number'),
    ]);
  });

  it.each(['openstack', 'fake'])('[BUILDER 35] a missing cloud fails for driver %s', async (driver) => {
    expect(await validate(withProvider({ driver, cloud: undefined }))).toEqual([
      expect.stringContaining('providers[0].cloud: required key not provided'),
    ]);
  });

  it('[BUILDER 35] a missing provider name fails', async () => {
    expect(await validate(withProvider({ name: undefined }))).toEqual([
      expect.stringContaining('providers[0].name: required key not provided'),
    ]);
  });

  it('[BUILDER 36] an empty mapping passes, a null root fails', async () => {
    expect(await validate('{}')).toEqual([]);
    expect(await validate('null')).toEqual([expect.stringContaining('expected a dictionary')]);
  });

  it('[BUILDER 37] a syntax error fails', async () => {
    expect(await validate('labels: [\n  - name: {x\n')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^nodepool\.yaml:\d+:\d+: YAML parsing failed/)]),
    );
  });

  it('[BUILDER 38] a pool label missing from the top level fails', async () => {
    expect(await validate(withPoolLabel(poolLabel({ name: 'nope' })))).toEqual([
      expect.stringContaining('label nope in provider one not in top-level labels'),
    ]);
  });

  it('[BUILDER 39] a duplicate image and a missing parent are reported in one run', async () => {
    expect(await validate(withImages({ name: 'a' }, { name: 'a', parent: 'nope' }))).toEqual([
      expect.stringContaining('diskimage a already defined'),
      expect.stringContaining('diskimage a has non-existant parent: nope'),
    ]);
  });

  it('[BUILDER 40] needs neither ZooKeeper nor certificates', async () => {
    const text = 'zookeeper-servers: [{host: nowhere.invalid}]\nzookeeper-tls: {cert: /no, key: /no, ca: /no}';
    expect(await validate(text)).toEqual([]);
  });

  it('reads the secure file that it is given [B14]', async () => {
    expect(await validate('{}', { secure: 'diskimages: [{name: nope}]' })).toEqual([
      'secure.conf:1:14: diskimages[0].env-vars: required key not provided',
      'secure.conf:1:21: diskimages[0].name: secure.conf: unknown diskimage nope',
    ]);
    expect(await validate('{}', { secure: 'diskimages: [' })).toEqual([expect.stringMatching(/^secure\.conf:\d+:/)]);
    const servers = { secure: 'zookeeper-servers: [{host: zk.example.org}]' };
    expect((await validateConfig(optionsFor('{}', servers))).warnings).toEqual([]);
  });

  it('the command hands the secure file on [B14]', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'validate-'));
    try {
      const [main, secure] = [join(folder, 'nodepool.yaml'), join(folder, 'secure.conf')];
      await writeFile(main, 'zookeeper-servers: [{host: zk}]');
      await writeFile(secure, 'diskimages: [{name: nope, env-vars: {}}]');
      expect(await validateFiles(main, null)).toEqual({ errors: [], warnings: [] });
      expect((await validateFiles(main, secure)).errors).toEqual([expect.stringContaining('unknown diskimage nope')]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('other duplicates fail, while for daemons the last one counts', async () => {
    const text = stringify({
      labels: [
        { name: 'small', 'min-ready': 1 },
        { name: 'small', 'min-ready': 2 },
      ],
      diskimages: [{ name: 'debian' }],
      providers: [cloudProvider({ priority: 1 }), cloudProvider({ priority: 2 })],
    });
    expect(await validate(text)).toEqual([
      expect.stringContaining('label small already defined'),
      expect.stringContaining('provider one already defined'),
    ]);
    const config = await load(text);
    expect(config.labels.get('small')?.minReady).toBe(2);
    expect(config.providers.get('one')?.priority).toBe(2);
  });

  it.each(['labels', 'diskimages', 'providers', 'zookeeper-servers', 'webapp', 'images-dir'])(
    '%s without a value fails',
    async (key) => {
      expect(await validate(`${key}:\n`)).not.toEqual([]);
      await load(`${key}:\n`);
    },
  );

  it('booleans count as integers', async () => {
    // Editors mark it all the same.
    expect(
      (await validateConfig(optionsFor('{zookeeper-servers: [{host: zk}], labels: [{name: a, min-ready: true}]}')))
        .errors,
    ).toEqual([]);
    expect((await load('labels: [{name: a, min-ready: true}]')).labels.get('a')?.minReady).toBe(1);
  });

  it.each(['pause: "yes"', 'elements: a', 'formats: {}', 'build-timeout: 1.5', 'username: [a]', 'metadata: [a]'])(
    'a wrong type fails for everyone: %s',
    async (key) => {
      const text = `diskimages:\n  - name: a\n    ${key}\n`;
      expect(await validate(text)).toEqual([expect.stringContaining(`diskimages[0].${key.split(':')[0]}: expected`)]);
      await expect(load(text)).rejects.toThrow('expected');
    },
  );

  it('a good configuration passes', async () => {
    expect(await validate(configuration())).toEqual([]);
  });
});
