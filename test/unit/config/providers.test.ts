import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { poolDisabled } from '../../../src/domain/config/config.js';
import type { DriverSchema } from '../../../src/domain/config/driver-schema.js';
import {
  openStackLabelSettings,
  openStackPoolSettings,
  openStackProviderSettings,
} from '../../../src/domain/config/openstack.js';
import { staticNodes } from '../../../src/domain/config/static-node.js';
import {
  cloudProvider,
  configuration,
  poolLabel,
  staticProvider,
  withPool,
  withPoolLabel,
  withProvider,
} from './configs.js';
import { validateConfig } from '../../../src/adapters/config-yaml/load-config.js';
import { formatProblem } from '../../../src/domain/config/config-problem.js';
import { AUTH, failuresOf, load, only, optionsFor, validate, warningsOf } from './config-harness.js';

describe('choosing the driver', () => {
  it('[BUILDER 15] a name that starts with fake makes a fake provider', async () => {
    const config = await load(withProvider({ name: 'fake-x', driver: 'openstack' }));
    expect(config.providers.get('fake-x')?.driver).toBe('fake');
  });

  it('[BUILDER 16] without driver it is OpenStack', async () => {
    const provider = only((await load(withProvider({ driver: undefined }))).providers);
    expect(provider).toMatchObject({ driver: 'openstack', managesImages: true });
  });

  it.each(['kubernetes', 'aws', 'wrong'])(
    '[BUILDER 17] config-validate refuses the unknown driver %s',
    async (driver) => {
      expect(await validate(withProvider({ driver }))).toEqual([expect.stringContaining(`${driver}: unknown driver`)]);
    },
  );

  const plugin: DriverSchema = {
    driver: 'mine',
    managesImages: false,
    parse: (section, problems) => {
      problems.report(['colour'], 'is not to our taste', { severity: 'strict' });
      if (section.value['throw']) throw new TypeError('secret');
      return undefined;
    },
  };

  it('lets plug-ins read their own sections', async () => {
    const text = stringify({ providers: [{ name: 'p', driver: 'mine', colour: 'red' }] });
    expect(await validate(text, { drivers: [plugin] })).toEqual([
      'nodepool.yaml:4:13: providers[0].colour: is not to our taste',
    ]);
  });

  it('contains a plug-in that throws', async () => {
    const text = stringify({
      providers: [{ name: 'p', driver: 'mine', throw: true }, cloudProvider({ cloud: 'zzz' })],
    });
    const problems = await failuresOf(text, { drivers: [plugin] });
    expect(problems[0]).toContain('the driver mine failed to read this section');
    expect(problems.join()).not.toContain('secret');
    expect(problems.join()).toContain('Cloud zzz was not found.');
  });
});

describe('OpenStack providers', () => {
  it('defaults', async () => {
    const provider = only((await load(configuration())).providers);
    expect(provider).toMatchObject({
      maxConcurrency: Infinity,
      priority: null,
      launchTimeout: 3600,
      bootTimeout: 60,
      launchRetries: 3,
      hostnameFormat: '{label.name}-{provider.name}-{node.id}',
      imageNameFormat: '{image_name}-{timestamp}',
      imageUploadTimeout: 3600,
      postUploadHook: null,
      imageFormat: 'qcow2',
    });
    expect(openStackProviderSettings(provider)).toMatchObject({
      cloud: 'one',
      regionName: null,
      rate: 1,
      cleanFloatingIps: false,
      portCleanupInterval: 600,
      fake: {},
    });
  });

  it.each([
    [-1, Infinity],
    [0, 0],
    [7, 7],
  ])('max-concurrency %s', async (given, expected) => {
    expect(only((await load(withProvider({ 'max-concurrency': given }))).providers).maxConcurrency).toBe(expected);
  });

  it.each([
    ['0.5', 0.5],
    [1, 1],
    [0.0001, 0.0001],
    [0, 0],
  ])('[BUILDER 18] takes rate %j', async (rate, expected) => {
    const text = withProvider({ rate });
    expect(openStackProviderSettings(only((await load(text)).providers)).rate).toBe(expected);
    expect(await validate(text)).toEqual([]);
  });

  it('[BUILDER 18] refuses rate abc', async () => {
    expect(await validate(withProvider({ rate: 'abc' }))).toEqual([
      expect.stringContaining('providers[0].rate: expected float'),
    ]);
  });

  it.each([
    [{ 'connection-type': 'winrm' }, 'winrm', 5986],
    [{ 'connection-type': 'ssh' }, 'ssh', 22],
    [{}, 'ssh', 22],
    [{ 'connection-type': 'winrm', 'connection-port': 443 }, 'winrm', 443],
  ])('[BUILDER 19] connection %j', async (connection, connectionType, connectionPort) => {
    const text = withProvider({
      diskimages: [{ name: 'debian', ...connection }],
      'cloud-images': [{ name: 'vendor', ...connection }],
    });
    const provider = only((await load(text)).providers);
    expect(only(provider.diskImages)).toMatchObject({ connectionType, connectionPort });
    expect(only(provider.cloudImages)).toMatchObject({ connectionType, connectionPort });
  });

  it('[BUILDER 20] passes image properties on, however many and long', async () => {
    const meta = Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`k${n}`, 'x'.repeat(256)]));
    const provider = only((await load(withProvider({ diskimages: [{ name: 'debian', meta }] }))).providers);
    expect(only(provider.diskImages).meta).toEqual(meta);
  });

  it('[BUILDER 21] pool and label defaults', async () => {
    const pool = only(only((await load(configuration())).providers).pools);
    expect(pool).toMatchObject({
      maxServers: Infinity,
      limits: {},
      priority: 100,
      nodeAttributes: null,
      ignoreProviderQuota: false,
      availabilityZones: [],
      useInternalIp: false,
    });
    expect(openStackPoolSettings(pool)).toEqual({ networks: [], securityGroups: [], autoFloatingIp: true });
    const label = only(pool.labels);
    expect(label).toMatchObject({
      hostKeyChecking: true,
      consoleLog: false,
      instanceProperties: {},
      dynamicInstanceProperties: {},
    });
    expect(openStackLabelSettings(label)).toEqual({
      minRam: 2048,
      flavorName: null,
      keyName: null,
      bootFromVolume: false,
      volumeSize: 50,
      userdata: null,
      networks: [],
      securityGroups: [],
      autoFloatingIp: true,
    });
  });

  it('a label overrides its pool', async () => {
    const text = withPool(
      {
        networks: ['pool-net'],
        'security-groups': ['sg'],
        'host-key-checking': false,
        labels: [
          poolLabel({ networks: ['own-net'], 'host-key-checking': true }),
          poolLabel({ name: 'big', 'boot-from-volume': true, 'volume-size': 80 }),
        ],
      },
      { labels: [{ name: 'small' }, { name: 'big' }] },
    );
    const { labels } = only(only((await load(text)).providers).pools);
    const [small, big] = [labels.get('small')!, labels.get('big')!];
    expect(small.hostKeyChecking).toBe(true);
    expect(big.hostKeyChecking).toBe(false);
    expect(openStackLabelSettings(small).networks).toEqual(['own-net']);
    expect(openStackLabelSettings(big)).toMatchObject({
      networks: ['pool-net'],
      securityGroups: ['sg'],
      volumeSize: 80,
    });
  });

  it('limits of a pool', async () => {
    const text = withPool({
      'max-servers': 5,
      'max-cores': 10,
      'max-ram': 100,
      'max-volumes': 3,
      'max-volume-gb': 30,
      'max-resources': { gpu: 2 },
    });
    expect(only(only((await load(text)).providers).pools).limits).toEqual({
      instances: 5,
      cores: 10,
      ram: 100,
      volumes: 3,
      'volume-gb': 30,
      gpu: 2,
    });
  });

  it.each([
    [{}, {}, 100],
    [{ priority: 5 }, {}, 5],
    [{ priority: 5 }, { priority: 7 }, 7],
  ])('[LAUNCHER 48] priority of provider %j and pool %j', async (provider, pool, expected) => {
    const text = withProvider({ ...provider, pools: [{ name: 'main', ...pool }] });
    expect(only(only((await load(text)).providers).pools).priority).toBe(expected);
  });

  it.each([-1, 0])('[BUILDER 22] max-servers %i disables the pool', async (maxServers) => {
    const pool = only(only((await load(withPool({ 'max-servers': maxServers }))).providers).pools);
    expect(poolDisabled(pool)).toBe(true);
    expect(poolDisabled(only(only((await load(withPool({ 'max-servers': 1 }))).providers).pools))).toBe(false);
  });

  it('[BUILDER 23] refuses a label with an unknown cloud-image', async () => {
    expect(await failuresOf(withPoolLabel({ name: 'small', 'cloud-image': 'x', 'min-ram': 1 }))).toEqual([
      expect.stringContaining('cloud-image x does not exist in provider one but is referenced in label small'),
    ]);
  });

  it('reads cloud images', async () => {
    const text = withPoolLabel(
      { name: 'small', 'cloud-image': 'vendor', 'flavor-name': 'm1' },
      {
        'cloud-images': [{ name: 'vendor', 'image-id': 'i', username: 'u', 'config-drive': true, 'shell-type': 'csh' }],
      },
    );
    const provider = only((await load(text)).providers);
    expect(only(provider.cloudImages)).toEqual({
      name: 'vendor',
      imageId: 'i',
      imageName: null,
      configDrive: true,
      username: 'u',
      pythonPath: 'auto',
      shellType: 'csh',
      connectionType: 'ssh',
      connectionPort: 22,
    });
    expect(only(only(provider.pools).labels).image).toEqual({ kind: 'cloud-image', name: 'vendor' });
  });

  it('[BUILDER 24] refuses a pool label that is not in the top-level labels', async () => {
    expect(await failuresOf(withPoolLabel(poolLabel({ name: 'nope' })))).toEqual([
      expect.stringContaining('label nope in provider one not in top-level labels'),
    ]);
  });

  it('refuses disk images that the top level does not have', async () => {
    const text = withProvider({
      diskimages: [{ name: 'gone' }],
      pools: [{ name: 'main', labels: [poolLabel({ diskimage: 'lost' })] }],
    });
    expect(await failuresOf(text)).toEqual([
      expect.stringContaining('diskimage gone in provider one is not defined in the main diskimages list'),
      expect.stringContaining(
        'label small in provider one uses diskimage lost which is not defined in the main diskimages list',
      ),
    ]);
  });

  it('abstract images can be neither uploaded nor used', async () => {
    const text = configuration({ diskimages: [{ name: 'debian', abstract: true }] });
    expect(await failuresOf(text)).toHaveLength(2);
  });

  it('a disk image that the provider does not list is a warning', async () => {
    const text = withProvider({ diskimages: [] });
    expect(await warningsOf(text)).toEqual([expect.stringContaining("is not in the provider's diskimages list")]);
    expect(await validate(text)).toEqual([]);
  });

  it('checks the fields of name formats', async () => {
    const text = withProvider({
      'hostname-format': '{label.name}-{nodes.id}',
      'image-name-format': '{image_name}-{{x}}-{time:d}-{',
    });
    // What only the builder uses is told by it, image by image.
    expect(await failuresOf(text)).toHaveLength(1);
    expect(await validate(text)).toEqual([
      expect.stringContaining(
        'providers[0].hostname-format: unknown field {nodes.id}; known fields: label.name, provider.name, node.id',
      ),
      expect.stringContaining('the braces do not match'),
      expect.stringContaining('unknown field {time}'),
    ]);
  });

  it('accepts keys of the past', async () => {
    const text = withProvider({ 'nodepool-id': 'x', 'hostname-format': 'np-{node.id}' });
    expect(await validate(text)).toEqual([]);
  });

  it('takes free knobs for the fake driver only', async () => {
    const text = withProvider({ name: 'fake-one', fake: { 'boot-time': 0.1, quota: { cores: 3 } } });
    expect(openStackProviderSettings(only((await load(text)).providers)).fake).toEqual({
      'boot-time': 0.1,
      quota: { cores: 3 },
    });
    expect(await validate(withProvider({ fake: {} }))).toEqual([expect.stringContaining('fake: unknown key')]);
  });

  it('names the nearest key of a misspelt one at its place', async () => {
    const text = 'providers:\n  - name: fake\n    cloud: x\n    pools:\n      - name: main\n        max-server: 3\n';
    expect(await validate(text)).toEqual([
      'nodepool.yaml:6:9: providers[0].pools[0].max-server: unknown key; did you mean max-servers?',
    ]);
  });

  it('an empty diskimages list stays an empty list', async () => {
    expect(only((await load(withProvider({ diskimages: [], pools: [] }))).providers).diskImages.size).toBe(0);
  });
});

describe('clouds.yaml', () => {
  it('an unknown cloud is an error for OpenStack, not for the fake driver', async () => {
    expect(await failuresOf(withProvider({ cloud: 'nope' }))).toEqual([
      expect.stringContaining('Cloud nope was not found.'),
    ]);
    expect(await warningsOf(withProvider({ cloud: 'nope', driver: 'fake' }))).toEqual([]);
  });

  it('validation may run where there is no clouds.yaml: it only warns', async () => {
    const { errors, warnings } = await validateConfig(
      optionsFor(`${withProvider({ cloud: 'nope' })}\nzookeeper-servers: [{host: zk}]`),
    );
    expect(errors).toEqual([]);
    expect(warnings.map(formatProblem).slice(0, 1)).toEqual([expect.stringContaining('Cloud nope was not found.')]);
  });

  it('an unknown region is an error that lists the known ones', async () => {
    const clouds = `clouds: {one: {${AUTH}, regions: [north, {name: south, values: {image-format: raw}}]}}`;
    expect(await failuresOf(withProvider({ 'region-name': 'west' }), { clouds })).toEqual([
      expect.stringMatching(/region-name: cloud one has no region west; its regions: north, south$/),
    ]);
    const south = only((await load(withProvider({ 'region-name': 'south' }), { clouds })).providers);
    expect(south.imageFormat).toBe('raw');
  });

  it('broken files are reported without their contents', async () => {
    const clouds = 'clouds: {one: {auth: {password: hunter2: x}}}';
    const problems = await failuresOf(configuration(), { clouds });
    expect(problems).toEqual([
      expect.stringMatching(/cloud: \/etc\/openstack\/clouds\.yaml:1:\d+: YAML parsing failed/),
    ]);
    expect(problems.join()).not.toContain('hunter2');
    expect(await warningsOf(withProvider({ driver: 'fake' }), { clouds })).toEqual([]);
  });

  it('a changed password changes the provider without being in it', async () => {
    const clouds = (password: string): string => `clouds: {one: {${AUTH.replace('hidden', password)}}}`;
    const fingerprints = await Promise.all(
      ['hunter2', 'hunter3'].map(async (password) => {
        const provider = only((await load(configuration(), { clouds: clouds(password) })).providers);
        expect(JSON.stringify(provider)).not.toContain('hunter');
        return openStackProviderSettings(provider).cloudFingerprint;
      }),
    );
    expect(fingerprints[0]).not.toBe(fingerprints[1]);
  });
});

describe('static providers', () => {
  it('[BUILDER 25] node defaults', async () => {
    const provider = only((await load(staticProvider({ name: 'h1', labels: ['a'] }))).providers);
    expect(provider.managesImages).toBe(false);
    expect(staticNodes(only(provider.pools))).toEqual([
      {
        name: 'h1',
        labels: ['a'],
        timeout: 5,
        connectionPort: 22,
        connectionType: 'ssh',
        username: 'zuul',
        hostKeys: [],
        maxParallelJobs: 1,
        hostKeyChecking: true,
        pythonPath: 'auto',
        shellType: null,
      },
    ]);
  });

  it('[BUILDER 25] ssh-port counts when connection-port is absent, with a warning', async () => {
    const text = staticProvider(
      { name: 'h1', labels: 'a', 'ssh-port': 2222 },
      { name: 'h2', labels: 'a', 'ssh-port': 2222, 'connection-port': 3333 },
    );
    const ports = staticNodes(only(only((await load(text)).providers).pools)).map((node) => node.connectionPort);
    expect(ports).toEqual([2222, 3333]);
    expect(await warningsOf(text)).toHaveLength(2);
  });

  it('splits labels and offers each of them', async () => {
    const pool = only(
      only((await load(staticProvider({ name: 'h', labels: ' a  b ', 'host-key': 'ssh-rsa AAA' }))).providers).pools,
    );
    expect(staticNodes(pool)[0]).toMatchObject({ labels: ['a', 'b'], hostKeys: ['ssh-rsa AAA'] });
    expect([...pool.labels.keys()]).toEqual(['a', 'b']);
    expect(pool.labels.get('a')?.image).toEqual({ kind: 'none' });
  });

  it('a winrm machine keeps port 22 unless it says otherwise', async () => {
    const text = staticProvider({ name: 'h', labels: 'a', 'connection-type': 'winrm' });
    expect(staticNodes(only(only((await load(text)).providers).pools))[0]?.connectionPort).toBe(22);
  });

  it('reports missing keys, unknown labels and machines named twice', async () => {
    expect(
      await validate(
        staticProvider({ labels: 'a' }, { name: 'h' }, { name: 'i', labels: 'c' }, { name: 'i', labels: 'a' }),
      ),
    ).toEqual([
      expect.stringContaining('nodes[0].name: required key not provided'),
      expect.stringContaining('nodes[1].labels: required key not provided'),
      expect.stringContaining('nodes[2].labels: label c in provider metal not in top-level labels'),
      expect.stringContaining('nodes[3].name: node zuul@i:22 already defined'),
    ]);
  });
});
