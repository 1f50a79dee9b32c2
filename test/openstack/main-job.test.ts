import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Daemon } from '../support/daemon.js';
import { ROOT } from '../support/daemon-build.js';
import { withoutClient, withoutDiskImageBuilder } from '../support/daemon-needs.js';
import { DaemonWorld } from '../support/daemon-world.js';
import type { NodeRecord, ZuulClient } from '../support/daemon-zuul-client.js';
import { openstack, openstackText, realCloud, stopNova, withoutCloud } from '../support/openstack-cloud.js';
import { StatsdCounts } from '../support/statsd-counts.js';
import { ZooKeeperServer } from '../support/zookeeper-server.js';

const skip = [withoutCloud(), withoutClient(), withoutDiskImageBuilder()].includes(true);
/** Requests of the busy part. */
const CROWD = 40;
const MAX_SERVERS = 10;

type Row = Readonly<Record<string, unknown>>;

/** The tests below are one story, told in order. */
describe.skipIf(skip)('the main job on a real OpenStack', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let zuul: ZuulClient;
  let statsd: StatsdCounts;
  let builder: Daemon;
  let launcher: Daemon;
  let revive: (() => Promise<void>) | undefined;

  const configure = (minReady: number, images: readonly string[]): Promise<void> => {
    const label = { 'flavor-name': 'm1.nano', networks: ['private'], 'host-key-checking': false };
    const diskimages = images.map((name) => ({ name, meta: { hw_disk_bus: 'virtio', min_disk: '1' } }));
    return world.configure({
      ...world.basics(),
      'elements-dir': join(ROOT, 'test/fixtures/elements'),
      labels: [{ name: 'small', 'min-ready': minReady }, { name: 'reachable' }],
      diskimages: [
        {
          name: 'tiny',
          elements: ['tiny'],
          'dib-cmd': 'disk-image-create -n',
          'build-timeout': 150,
          'env-vars': { DIB_IMAGE_SIZE: '1', DIB_JOURNAL_SIZE: '4', TMPDIR: world.folder },
        },
      ],
      providers: [
        {
          name: 'inside',
          cloud: 'inside',
          rate: 0,
          diskimages,
          pools: [
            {
              name: 'main',
              'max-servers': MAX_SERVERS,
              'security-groups': ['default'],
              'auto-floating-ip': false,
              labels: [
                {
                  ...label,
                  name: 'small',
                  diskimage: 'tiny',
                  userdata: '#cloud-config\n{}\n',
                  'instance-properties': { colour: 'blue', nodepool_node_id: 'not this one' },
                },
              ],
            },
          ],
        },
        {
          name: 'outside',
          cloud: 'outside',
          rate: 0,
          'cloud-images': [{ name: 'given', 'image-name': 'probe', username: 'debian' }],
          pools: [
            {
              name: 'main',
              'max-servers': 2,
              labels: [{ ...label, name: 'reachable', 'cloud-image': 'given' }],
            },
          ],
        },
      ],
    });
  };

  beforeAll(async () => {
    const cloud = realCloud();
    openstackText('oscloud-admin', 'quota', 'set', '--instances', '30', '--cores', '60', 'demo');
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('openstack', server.address);
    statsd = await StatsdCounts.start();
    zuul = await world.client();
    const entry = {
      auth: {
        auth_url: cloud.authUrl,
        username: 'demo',
        password: cloud.password,
        project_name: 'demo',
        user_domain_name: 'Default',
        project_domain_name: 'Default',
      },
      region_name: 'RegionOne',
    };
    const clouds = { inside: { ...entry, private: true }, outside: entry };
    await writeFile(join(world.folder, 'clouds.yaml'), stringify({ clouds }));
    await configure(2, ['tiny']);
    const env = {
      OS_CLIENT_CONFIG_FILE: join(world.folder, 'clouds.yaml'),
      NODEPOOL_CLEANUP_INTERVAL: '15',
      STATSD_HOST: '127.0.0.1',
      STATSD_PORT: String(statsd.port),
    };
    builder = world.start('nodepool-builder', ['-f', '-c', world.configFile], env);
    launcher = world.start('nodepool-launcher', ['-f', '-c', world.configFile], env);
  });
  afterAll(async () => {
    await revive?.();
    await world?.close();
    await statsd?.close();
    await server?.stop();
    if (!skip) openstackText('oscloud-admin', 'quota', 'set', '--instances', '10', '--cores', '20', 'demo');
  });

  const servers = (): readonly Row[] => openstack('oscloud', 'server', 'list');
  const show = (what: string, id: unknown): Row => openstack('oscloud', what, 'show', String(id));
  const calls = (provider = 'inside'): number =>
    [...statsd.below(`nodepool.task.${provider}.`).values()].reduce((sum, count) => sum + count, 0);
  const serve = async (request: string, limit = 120): Promise<Record<string, NodeRecord>> => {
    expect(await zuul.answer(request, ['fulfilled', 'failed'], limit)).toMatchObject({ state: 'fulfilled' });
    const nodes = await zuul.accept(request);
    await zuul.use();
    return nodes;
  };

  it('builds a real image and uploads it, with the properties of the manual [BUILDER 185]', async () => {
    await builder.says(/The image was built/, { limit: 170 });
    const uploads = await world.until(
      'the image can be booted',
      async () => {
        const tree = await zuul.tree('/nodepool/images/tiny');
        const found = Object.entries(tree).filter(
          ([path, text]) => /images\/\d+$/.test(path) && text.includes('"ready"'),
        );
        return found.length === 1 && found;
      },
      { limit: 60 },
    );
    const [path, text] = uploads[0]!;
    const [, build, provider, upload] = /builds\/([0-9a-f]{32})\/providers\/(\w+)\/images\/(\d+)$/.exec(path) ?? [];
    const record = JSON.parse(text) as Row;
    const image = show('image', record['external_id']);
    expect(image).toMatchObject({
      name: record['external_name'],
      status: 'active',
      disk_format: 'qcow2',
      container_format: 'bare',
      visibility: 'private',
      min_disk: 1,
      properties: {
        hw_disk_bus: 'virtio',
        nodepool_build_id: build,
        nodepool_upload_id: upload,
        nodepool_provider_name: provider,
        'owner_specified.openstack.md5': image['checksum'],
        'owner_specified.openstack.object': `images/${String(record['external_name'])}`,
      },
    });
    expect(String(record['external_name'])).toMatch(/^tiny-\d{10}$/);
  });

  it('keeps two nodes ready, named and marked as the manual says [BUILDER 167, 169]', async () => {
    const ready = await world.until(
      'two nodes are ready',
      async () => {
        const nodes = Object.entries(await zuul.nodes()).filter(([, node]) => node.state === 'ready');
        return nodes.length === 2 && nodes;
      },
      { limit: 90, every: 0.5 },
    );
    for (const [id, node] of ready) {
      expect(node).toMatchObject({ provider: 'inside', region: 'RegionOne', cloud: 'inside', az: 'nova' });
      expect(node['interface_ip']).toMatch(/^10\.20\./);
      expect(node['private_ipv4']).toBe(node['interface_ip']);
      const seen = show('server', node['external_id']);
      expect(seen).toMatchObject({
        name: `small-inside-${id}`,
        status: 'ACTIVE',
        addresses: { private: [node['interface_ip']] },
        properties: {
          groups: 'inside,tiny,small',
          colour: 'blue',
          nodepool_node_id: id,
          nodepool_provider_name: 'inside',
          nodepool_pool_name: 'main',
          nodepool_image_name: 'tiny',
          nodepool_node_label: 'small',
        },
        security_groups: [{ name: 'default' }],
      });
      expect(String(seen['flavor'])).toContain('m1.nano');
    }
  });

  it('serves a request for two nodes in one zone, and deletes them when they come back [BUILDER 171]', async () => {
    const nodes = await serve(await zuul.submit(['small', 'small']));
    expect(Object.keys(nodes)).toHaveLength(2);
    expect(new Set(Object.values(nodes).map((node) => node['az']))).toEqual(new Set(['nova']));
    await zuul.giveBack();
    await world.until(
      'they are gone',
      async () => {
        const left = await zuul.nodes();
        return Object.keys(nodes).every((id) => !(id in left));
      },
      { limit: 90, every: 0.5 },
    );
  });

  it('gives a node a floating address where it needs one, and takes it away with the node [BUILDER 174]', async () => {
    const [node] = Object.values(await serve(await zuul.submit(['reachable'])));
    expect(node).toMatchObject({ provider: 'outside', username: 'debian' });
    expect(node!['interface_ip']).toMatch(/^203\.0\.113\./);
    expect(node!['public_ipv4']).toBe(node!['interface_ip']);
    expect(node!['private_ipv4']).toMatch(/^10\.20\./);
    const addresses = openstack<readonly Row[]>('oscloud', 'floating', 'ip', 'list');
    expect(addresses).toMatchObject([
      { 'Floating IP Address': node!['interface_ip'], 'Fixed IP Address': node!['private_ipv4'] },
    ]);
    await zuul.giveBack();
    await world.until('its server is gone', async () => !servers().some(({ ID }) => ID === node!['external_id']), {
      limit: 60,
      every: 1,
    });
    expect(openstack<readonly Row[]>('oscloud', 'floating', 'ip', 'list')).toEqual([]);
  });

  it(`serves ${CROWD} requests with room for ${MAX_SERVERS}, though nova is gone for a while`, async () => {
    await configure(0, ['tiny']);
    await launcher.says(/The configuration has changed/);
    const [before, began] = [calls(), performance.now()];
    const requests: string[] = [];
    for (let number = 0; number < CROWD; number += 1) requests.push(await zuul.submit(['small']));
    let most = 0;
    let outage = 0;
    for (const [index, request] of requests.entries()) {
      if (index === CROWD / 4) {
        const stopped = performance.now();
        revive = await stopNova();
        await delay(8000);
        await revive();
        revive = undefined;
        outage = performance.now() - stopped;
      }
      await serve(request, 240);
      await zuul.giveBack();
      most = Math.max(most, Object.keys(await zuul.nodes()).length);
    }
    const fulfilled = performance.now() - began;
    await world.until('all of them are gone', async () => Object.keys(await zuul.nodes()).length === 0, {
      limit: 120,
      every: 0.5,
    });
    const all = performance.now() - began;
    const names = [...statsd.below('nodepool.task.inside.')].sort((a, b) => b[1] - a[1]);
    console.log(
      `${CROWD} requests: the last fulfilled after ${seconds(fulfilled)}, the last node deleted after ${seconds(all)} ` +
        `(nova was gone for ${seconds(outage)}); ${((calls() - before) / CROWD).toFixed(1)} API calls per node\n` +
        names.map(([name, count]) => `  ${name} ${count}`).join('\n'),
    );
    expect(most).toBeLessThanOrEqual(MAX_SERVERS);
    expect(launcher.lines(/launch.*failed for good|The failed launch could not/i)).toEqual([]);
  }, 500_000);

  it('waits while the quota is below what is in use, and goes on when nodes come back [BUILDER 177]', async () => {
    const first = await serve(await zuul.submit(['small', 'small', 'small']));
    expect(Object.keys(first)).toHaveLength(3);
    openstackText('oscloud-admin', 'quota', 'set', '--instances', '2', '--force', 'demo');
    const second = await zuul.submit(['small']);
    await launcher.says(new RegExp(`request ${second}: wait: (CLOUD_QUOTA|QUOTA_PROVIDER)`), { limit: 90 });
    const path = `/nodepool/requests/${second}`;
    expect((await zuul.tree(path))[path]).not.toContain('"failed"');
    await zuul.giveBack();
    await serve(second, 150);
    await zuul.giveBack();
    openstackText('oscloud-admin', 'quota', 'set', '--instances', '30', '--force', 'demo');
  });

  it('leaves nothing behind in the cloud', async () => {
    await configure(0, []);
    await world.until('no node is left', async () => (await zuul.children('/nodepool/nodes')).length === 0, {
      limit: 90,
    });
    await world.until(
      'no upload is left',
      async () => !Object.keys(await zuul.tree('/nodepool/images/tiny')).some((path) => /images\/\d+$/.test(path)),
      { limit: 60 },
    );
    expect(servers()).toEqual([]);
    expect(openstack<readonly Row[]>('oscloud', 'floating', 'ip', 'list')).toEqual([]);
    expect(openstack<readonly Row[]>('oscloud', 'image', 'list', '--private')).toEqual([]);
    const ports = openstack<readonly Row[]>('oscloud', 'port', 'list', '--long');
    expect(ports.filter((port) => /^compute:|^$/.test(String(port['Device Owner'])))).toEqual([]);
    for (const daemon of [launcher, builder]) expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  });
});

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
