import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/adapters/openstack/client/api-error.js';
import { createOpenStackClient } from '../../../src/adapters/openstack/client/cloud-client.js';
import type { OpenStackClient } from '../../../src/adapters/openstack/client/openstack-client.js';
import { chooseFlavor, listFlavors } from '../../../src/adapters/openstack/flavors.js';
import { listFloatingIps, listPorts } from '../../../src/adapters/openstack/floating-ips.js';
import { findActiveImage, listImages } from '../../../src/adapters/openstack/glance-images.js';
import { accountLimits } from '../../../src/adapters/openstack/limits.js';
import { listNetworks } from '../../../src/adapters/openstack/networks.js';
import { addressesOf } from '../../../src/adapters/openstack/server-addresses.js';
import { brokenServer, createFailure } from '../../../src/adapters/openstack/server-errors.js';
import { consoleOutput, createServer, getServer, listServers } from '../../../src/adapters/openstack/servers.js';
import { listZones } from '../../../src/adapters/openstack/zones.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../../src/adapters/memory-metrics/recording-metrics.js';
import { SystemRandom } from '../../../src/adapters/system/system-random.js';
import { FakeOpenStack } from '../../support/fake-openstack.js';
import { HurriedClock } from '../../support/hurried-clock.js';
import { aCloudAccess } from '../../support/openstack-access.js';
import { failure, never } from './openstack-harness.js';

const FOLDER = join(import.meta.dirname, 'recorded');

/** Answers of a real cloud, recorded by scripts/record-openstack.mjs. */
interface Recorded {
  readonly call: string;
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

function recorded(name: string): Recorded {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Recorded;
}

/** Has the work done by a client whose cloud answers with the records, one for each path. */
async function answering<T>(
  records: Readonly<Record<string, string>>,
  work: (client: OpenStackClient) => Promise<T>,
): Promise<T> {
  const cloud = await FakeOpenStack.start();
  cloud.services = ['compute', 'image', 'network', 'volume'];
  for (const [path, name] of Object.entries(records)) {
    const { status, json } = recorded(name);
    cloud.trouble({ call: new RegExp(path), times: 99, answer: { status, body: JSON.stringify(json) } });
  }
  const client = createOpenStackClient(aCloudAccess({ authUrl: cloud.authUrl }), {
    clock: new HurriedClock(),
    random: new SystemRandom(),
    logger: new MemoryLogger(),
    metrics: new RecordingMetrics(),
    provider: 'real-one',
    rate: 0,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
    await cloud.stop();
  }
}

describe('the answers of a real cloud', () => {
  it('hold no secrets and no paths of the machine they were recorded on', () => {
    for (const file of readdirSync(FOLDER)) {
      const text = readFileSync(join(FOLDER, file), 'utf8');
      expect(text, file).not.toMatch(/127\.0\.0\.1|\/var\/|\/tmp|gAAAA|password/i);
    }
  });

  it('tell the limits, of volumes too [BUILDER 179]', async () => {
    const limits = await answering(
      { '/compute/v2.1/limits': 'limits', '/volume/.*limits': 'volume-limits' },
      (client) => accountLimits(client, never),
    );
    expect(limits).toEqual({ instances: 10, cores: 20, ram: 51_200, volumes: 10, 'volume-gb': 1000 });
  });

  it('tell flavors and zones [BUILDER 165, 171]', async () => {
    const flavors = await answering({ 'flavors/detail': 'flavors' }, (client) => listFlavors(client, never));
    expect(flavors.map(({ name }) => name)).toEqual(['m1.nano', 'm1.tiny', 'm1.small', 'm1.medium', 'm1.large']);
    expect(chooseFlavor(flavors, { minRam: 3000, flavorName: null })).toMatchObject({ name: 'm1.medium', cores: 2 });
    expect(await answering({ 'os-availability-zone': 'zones' }, (client) => listZones(client, never))).toEqual([
      'nova',
    ]);
  });

  it('tell what servers are, have and lack, and where they can be reached [BUILDER 173, 175]', async () => {
    const seen = await answering(
      { 'servers/detail': 'server-list', '/networks': 'networks', '/subnets': 'subnets' },
      async (client) => ({
        servers: await listServers(client, never),
        networks: await listNetworks(client, [], never),
      }),
    );
    const { networks } = seen;
    const [running, broken] = ['running', 'broken'].map((name) => seen.servers.find((one) => one.name === name)!);
    expect(running).toMatchObject({
      status: 'ACTIVE',
      metadata: { nodepool_node_id: '0000000001' },
      zone: 'nova',
      flavor: { cores: 1, ram: 64 },
    });
    const rules = { networks, private: false, forceIpv4: false, localIpv6: false };
    expect(addressesOf(running!, rules)).toMatchObject({
      publicIpv4: expect.stringMatching(/^203\.0\.113\./) as unknown,
      privateIpv4: expect.stringMatching(/^10\.99\.0\./) as unknown,
    });
    expect(brokenServer(broken!)).toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('no such disk') as unknown,
    });
    expect(networks.find(({ name }) => name === 'public')).toMatchObject({ externalIpv4: true, natSource: true });
  });

  it('tell the flavor by its id where the version is old [BUILDER 179]', async () => {
    const servers = await answering({ 'servers/detail': 'server-list-of-old' }, (client) => listServers(client, never));
    expect(servers[0]?.flavor).toEqual({ id: '1', cores: null, ram: null });
  });

  it('tell ports, floating addresses, images and consoles [BUILDER 172, 174]', async () => {
    const [port] = await answering({ '/ports': 'ports' }, (client) => listPorts(client, {}, never));
    expect(port).toMatchObject({ deviceOwner: 'compute:nova', status: 'ACTIVE' });
    const [address] = await answering({ '/floatingips': 'floating-ip-list' }, (client) =>
      listFloatingIps(client, {}, never),
    );
    expect(address).toMatchObject({ portId: port!.id, deviceId: port!.deviceId });
    const images = await answering({ 'v2/images': 'image-list' }, (client) => listImages(client, {}, never));
    expect(findActiveImage(images, 'probe')).toMatchObject({ status: 'active' });
    expect(await answering({ action: 'console' }, (client) => consoleOutput(client, 'x', never))).toMatch(
      /FAKE CONSOLE/,
    );
    expect(await answering({ 'servers/x': 'server-unknown' }, (client) => getServer(client, 'x', never))).toBeNull();
  });

  it.each([
    ['refused-quota', 'quota', 'error.quota'],
    ['refused-unknown-image', 'not-found', 'error.nodepool'],
    ['refused-bad-image', 'configuration', 'error.nodepool'],
    ['refused-unknown-flavor', 'transient', 'error.status'],
    ['refused-unknown-network', 'transient', 'error.status'],
    ['refused-unknown-key', 'transient', 'error.status'],
    ['refused-unknown-zone', 'transient', 'error.status'],
  ])('%s is a matter of %s [BUILDER 177, 178]', async (name, kind, metric) => {
    const error = await answering({ 'POST .*/servers': name }, (client) =>
      failure(createServer(client, '/servers', {}, never)),
    );
    expect(error).toBeInstanceOf(ApiError);
    expect(createFailure(error)).toMatchObject({ kind, details: { metric } });
  });

  it.each([
    ['fault-no-valid-host', 'capacity'],
    ['fault-no-address', 'capacity'],
  ])('%s is a matter of %s [BUILDER 173]', async (name, kind) => {
    const server = await answering({ 'servers/x': name }, (client) => getServer(client, 'x', never));
    expect(server?.status).toBe('ERROR');
    expect(brokenServer(server!)).toMatchObject({ kind, details: { metric: 'error.capacity' } });
  });
});
