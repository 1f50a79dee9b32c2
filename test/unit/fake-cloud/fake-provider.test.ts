import { describe, expect, it } from 'vitest';
import { FakeAwareHostKeyScanner } from '../../../src/adapters/fake-cloud/fake-aware-host-key-scanner.js';
import { ProviderError } from '../../../src/ports/compute/errors.js';
import { aLabel, aPool } from '../../contract/compute-fixture.js';
import { FakeCloudBench, never } from './fake-cloud-bench.js';

const upload = { name: 'debian-1', file: '/x.qcow2', format: 'qcow2', md5: null, sha256: null, properties: {} };

describe('a server of the fake cloud', () => {
  it('is active after a tenth of a second, with the addresses and facts of old', async () => {
    const bench = new FakeCloudBench();
    const before = bench.clock.monotonic();
    const instance = await bench.launch('1');
    expect(bench.clock.monotonic() - before).toBeCloseTo(0.1);
    expect(instance).toMatchObject({
      interfaceIp: 'fake',
      publicIpv4: 'fake',
      privateIpv4: 'fake',
      publicIpv6: null,
      az: 'az1',
      region: 'fake-region',
      cloud: 'fake',
      hostId: 'fake',
      hostKeys: ['ssh-rsa FAKEKEY'],
    });
  });

  it('is reached by IPv6 on the network that has it', async () => {
    const bench = new FakeCloudBench();
    const label = aLabel({ settings: { networks: ['fake-ipv6-network-name'] } });
    expect(await bench.launch('1', { label })).toMatchObject({ interfaceIp: 'fake_v6', publicIpv6: 'fake_v6' });
  });

  it('has no public address without a floating one', async () => {
    const label = aLabel({ settings: { autoFloatingIp: false } });
    const instance = await new FakeCloudBench().launch('1', { label });
    expect(instance).toMatchObject({ publicIpv4: null, privateIpv4: 'fake', interfaceIp: 'fake' });
  });

  it('takes what its flavor has, and a volume if it boots from one', () => {
    const { provider } = new FakeCloudBench();
    expect(provider.resourcesOf(aPool(), aLabel())).toEqual({ instances: 1, cores: 4, ram: 8192 });
    const settings = { ...aLabel().settings, bootFromVolume: true };
    expect(provider.resourcesOf(aPool(), aLabel({ settings }))).toMatchObject({ volumes: 1, 'volume-gb': 50 });
    const sized = aLabel({ settings: { ...settings, volumeSize: 80 } });
    expect(provider.resourcesOf(aPool(), sized)).toMatchObject({ volumes: 1, 'volume-gb': 80 });
  });

  it('tells no host keys if they are not checked or the connection has none, and leaves them to a scan if told so', async () => {
    const bench = new FakeCloudBench();
    expect((await bench.launch('1', { label: aLabel({ hostKeyChecking: false }) })).hostKeys).toEqual([]);
    const windows = aLabel({ image: { kind: 'cloud-image', name: 'windows' } });
    expect((await bench.launch('2', { label: windows })).hostKeys).toEqual([]);
    bench.cloud.set({ scanHostKeys: true });
    expect((await bench.launch('3')).hostKeys).toBeNull();
  });
});

describe('the fake cloud refuses', () => {
  it('a zone it does not have, as a passing error', async () => {
    const failed = new FakeCloudBench().create('1', { az: 'az-missing' });
    await expect(failed).rejects.toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('400') as string,
    });
  });

  it('the twenty-first server', async () => {
    const bench = new FakeCloudBench();
    for (let node = 1; node <= 20; node++) await bench.create(String(node));
    const over = bench.create('21');
    await expect(over).rejects.toMatchObject({ kind: 'quota', message: 'Quota exceeded for something' });
    await bench.run(bench.provider.delete(bench.cloud.servers[0]!.id, never));
    await expect(bench.create('21')).resolves.toMatch(/./);
  });

  it('what its cores or memory do not allow', async () => {
    const bench = new FakeCloudBench({ quota: { cores: 7 } });
    await bench.create('1');
    await expect(bench.create('2')).rejects.toMatchObject({ kind: 'quota' });
  });

  it('a flavor it does not have, in the words of old', async () => {
    const bench = new FakeCloudBench();
    const big = aLabel({ settings: { minRam: 16384, flavorName: null } });
    expect(bench.provider.labelReady(aPool(), big)).toEqual({
      ready: false,
      broken: true,
      problem: 'Unable to find flavor with min ram: 16384',
    });
    expect(bench.provider.resourcesOf(aPool(), big)).toEqual({ instances: 1 });
    const odd = aLabel({ settings: { minRam: 0, flavorName: 'Fake' } });
    await expect(bench.create('1', { label: odd })).rejects.toThrow('Unable to find flavor: Fake');
    const exact = aLabel({ settings: { minRam: 0, flavorName: 'Unreal Flavor' } });
    expect(bench.provider.labelReady(aPool(), exact)).toEqual({ ready: true });
  });

  it('a disk image that was deleted, and one it never had only if told so', async () => {
    const bench = new FakeCloudBench();
    const id = await bench.run(bench.provider.images!.upload(upload, never));
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    await bench.create('1', { image: { kind: 'diskimage', externalId: id, configDrive: null } });
    await bench.run(bench.provider.images!.remove(id, never));
    const deleted = bench.create('2', { image: { kind: 'diskimage', externalId: id, configDrive: null } });
    await expect(deleted).rejects.toMatchObject({ kind: 'not-found' });
    await expect(bench.create('3')).resolves.toMatch(/./);
    bench.cloud.set({ unknownImages: 'refuse' });
    await expect(bench.create('4')).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('a cloud image that is missing, and the label says so before', () => {
    const bench = new FakeCloudBench({ missingImages: ['Windows 2022'] });
    const label = aLabel({ image: { kind: 'cloud-image', name: 'windows' } });
    expect(bench.provider.labelReady(aPool(), label)).toMatchObject({
      ready: false,
      problem: 'Unable to find image Windows 2022',
    });
  });

  it('to upload an image that is marked SHOULD_FAIL', async () => {
    const bench = new FakeCloudBench({ uploadTime: 5 });
    const marked = { ...upload, properties: { SHOULD_FAIL: 'true' } };
    await expect(bench.run(bench.provider.images!.upload(marked, never))).rejects.toBeInstanceOf(ProviderError);
    expect(bench.cloud.images).toEqual([]);
  });

  it('to boot in a zone without room', async () => {
    const bench = new FakeCloudBench({ fullZones: ['az1'] });
    await expect(bench.launch('1', { az: 'az1' })).rejects.toMatchObject({
      kind: 'capacity',
      details: { metric: 'error.capacity' },
    });
    await expect(bench.launch('1', { az: 'az2' })).resolves.toMatchObject({ az: 'az2' });
    expect(bench.cloud.servers).toHaveLength(1);
  });
});

describe('providers', () => {
  it('that name the same cloud share its account, and do not adopt servers of each other', async () => {
    const bench = new FakeCloudBench({ quota: { instances: 2 } });
    const other = bench.addProvider({ name: 'fake-two' });
    const first = await bench.create('1');
    const second = await bench.run(other.create(bench.spec('1', { idempotencyKey: 'tests/fake-two/1' }), never));
    expect(second).not.toBe(first);
    expect(await bench.listedIds()).toEqual([first, second]);
    await expect(bench.create('2')).rejects.toMatchObject({ kind: 'quota' });
  });

  it('that name different clouds share nothing', async () => {
    const bench = new FakeCloudBench();
    const other = bench.addProvider({ name: 'fake-two', settings: { cloud: 'elsewhere' } });
    await bench.create('1');
    expect(await bench.run(other.list(never))).toEqual([]);
    expect(bench.clouds.all.map((cloud) => cloud.name)).toEqual(['fake', 'elsewhere']);
  });
});

describe('the host key scanner', () => {
  const real = { scan: async () => ['from the real one'] };
  it('answers for fake addresses and leaves the others to the real one', async () => {
    const scanner = new FakeAwareHostKeyScanner(real);
    expect(await scanner.scan({ host: 'fake_v6', port: 22, gather: 'keys' }, 1)).toEqual(['ssh-rsa FAKEKEY']);
    expect(await scanner.scan({ host: 'fake', port: 5986, gather: 'port' }, 1)).toEqual([]);
    expect(await scanner.scan({ host: '127.0.0.1', port: 22, gather: 'keys' }, 1)).toEqual(['from the real one']);
  });
});
