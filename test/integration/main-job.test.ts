import { execFileSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemon } from '../support/daemon.js';
import { ROOT } from '../support/daemon-build.js';
import { withoutClient, withoutDiskImageBuilder } from '../support/daemon-needs.js';
import { DaemonWorld } from '../support/daemon-world.js';
import type { ZuulClient } from '../support/daemon-zuul-client.js';
import { ZooKeeperServer, freePort } from '../support/zookeeper-server.js';

const skip = [withoutClient(), withoutDiskImageBuilder()].includes(true);

/** The tests below are one story, told in order. */
describe.skipIf(skip)('the main job, with everything real but the cloud', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let zuul: ZuulClient;
  let builder: Daemon;
  let launcher: Daemon;
  let port: number;

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
    world = await DaemonWorld.open('main-job', server.address);
    port = await freePort();
    zuul = await world.client();
    await world.configure({
      ...world.basics(),
      'elements-dir': join(ROOT, 'test/fixtures/elements'),
      webapp: { port, listen_address: '127.0.0.1' },
      labels: [{ name: 'small', 'min-ready': 1 }, { name: 'large' }],
      diskimages: [
        {
          name: 'tiny',
          elements: ['tiny'],
          username: 'zuul-worker',
          'dib-cmd': 'disk-image-create -n',
          'build-timeout': 150,
          'env-vars': { DIB_IMAGE_SIZE: '1', DIB_JOURNAL_SIZE: '4', TMPDIR: world.folder },
        },
      ],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          diskimages: [{ name: 'tiny' }],
          pools: [
            {
              name: 'main',
              'max-servers': 4,
              labels: [
                { name: 'small', diskimage: 'tiny', 'min-ram': 2048 },
                { name: 'large', diskimage: 'tiny', 'min-ram': 8192 },
              ],
            },
          ],
        },
      ],
    });
    builder = world.builder();
    launcher = world.launcher();
  });
  afterAll(async () => {
    await world?.close();
    await server?.stop();
  });

  const page = async (path: string): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept: 'application/json' } });
    return answer.json();
  };
  const nodesIn = async (state: string): Promise<readonly string[]> =>
    Object.entries(await zuul.nodes()).flatMap(([id, node]) => (node.state === state ? [id] : []));

  it('builds a real image and uploads it', async () => {
    await builder.says(/The image was built/, { limit: 170 });
    const [file, ...others] = (await readdir(world.imagesDir)).filter((name) => name.endsWith('.qcow2'));
    expect(file).toMatch(/^tiny-[0-9a-f]{32}\.qcow2$/);
    expect(others).toEqual([]);
    const info = execFileSync('qemu-img', ['info', '--output=json', join(world.imagesDir, file!)], {
      encoding: 'utf8',
    });
    expect(JSON.parse(info)).toMatchObject({ format: 'qcow2' });
    const build = `/nodepool/images/tiny/builds/${file!.slice('tiny-'.length, -'.qcow2'.length)}`;
    const upload = `${build}/providers/cloud/images/0000000001`;
    const records = await world.until('the image can be booted', async () => {
      const tree = await zuul.tree('/nodepool/images/tiny');
      return tree[upload]?.includes('"ready"') && tree;
    });
    expect(JSON.parse(records[build]!)).toMatchObject({ state: 'ready', formats: 'qcow2', username: 'zuul-worker' });
    expect(JSON.parse(records[upload]!)).toMatchObject({ state: 'ready', format: 'qcow2' });
  });

  it('keeps one node ready', async () => {
    const id = await world.until('a node is ready', async () => (await nodesIn('ready'))[0]);
    await world.until('nobody waits for it any more', async () => {
      return (
        (await zuul.nodes())[id]?.allocated_to === null && (await zuul.children('/nodepool/requests')).length === 0
      );
    });
    expect((await zuul.nodes())[id]).toMatchObject({ type: ['small'], provider: 'cloud', username: 'zuul-worker' });
  });

  it('shows all of it on the command line and in the web', async () => {
    const rows = (table: string): string[] => table.split('\n').filter((line) => line.includes('ready'));
    const [nodes, builds, uploads] = await Promise.all([
      world.nodepool('list'),
      world.nodepool('dib-image-list'),
      world.nodepool('image-list'),
    ]);
    expect(rows(nodes), nodes).toEqual([expect.stringMatching(/\| cloud +\| small +\|/)]);
    expect(rows(builds), builds).toEqual([expect.stringMatching(/tiny-[0-9a-f]{32}.*\| tiny +\|.*\| qcow2 +\|/)]);
    expect(rows(uploads), uploads).toEqual([expect.stringMatching(/\| cloud +\| tiny +\|/)]);
    expect(await page('/dib-image-list')).toMatchObject([{ image: 'tiny', state: 'ready' }]);
    expect(await page('/image-list')).toMatchObject([{ provider: 'cloud', image: 'tiny', state: 'ready' }]);
    expect(await page('/node-list')).toMatchObject([{ label: ['small'], state: 'ready' }]);
  });

  it('serves a request for two nodes, and deletes them when they come back', async () => {
    const request = await zuul.submit(['large', 'small']);
    expect(await zuul.answer(request)).toMatchObject({ state: 'fulfilled', node_types: ['large', 'small'] });
    const nodes = await zuul.accept(request);
    const ids = Object.keys(nodes);
    expect(Object.values(nodes)).toMatchObject([
      { state: 'ready', type: ['large'], allocated_to: request, connection_type: 'ssh', username: 'zuul-worker' },
      { state: 'ready', type: ['small'], allocated_to: request, connection_type: 'ssh', username: 'zuul-worker' },
    ]);
    for (const node of Object.values(nodes)) {
      expect(node['image_id']).toMatch(/^\/nodepool\/images\/tiny\/builds\//);
      expect(node['host_keys']).toEqual(expect.arrayContaining([expect.any(String)]));
    }
    await zuul.use();
    await world.until('the web shows them in use', async () => {
      const list = (await page('/node-list')) as { id: string; state: string; locked: string }[];
      return ids.every((id) => list.some((node) => node.id === id && node.state === 'in-use'));
    });
    expect(await nodesIn('in-use')).toEqual([...ids].sort());
    await zuul.giveBack();
    await world.until('they are gone and another is ready', async () => {
      const left = Object.entries(await zuul.nodes());
      return left.length === 1 && left.every(([id, node]) => !ids.includes(id) && node.state === 'ready');
    });
  });

  it('takes a node away that an operator deletes, and makes none when none is wanted', async () => {
    const before = await zuul.nodes();
    await world.configure((await readFile(world.configFile, 'utf8')).replace('"min-ready": 1', '"min-ready": 0'));
    await launcher.says(/The configuration has changed/);
    await world.nodepool('delete', Object.keys(before)[0]!);
    await world.until('no node is left', async () => (await zuul.children('/nodepool/nodes')).length === 0);
    expect(await zuul.children('/nodepool/requests')).toEqual([]);
    await world.until('no lock is held', async () => (await zuul.locks()).length === 0);
  });

  it('ends on SIGINT with status 0, unregistered, with the image records kept', async () => {
    expect(await zuul.children('/nodepool/launchers')).toHaveLength(1);
    expect(await zuul.children('/nodepool/components/pool')).toHaveLength(1);
    expect(await zuul.children('/nodepool/components/launcher')).toHaveLength(1);
    expect(await zuul.children('/nodepool/components/builder')).toHaveLength(1);
    const ends = await Promise.all([builder.stop(), launcher.stop()]);
    expect(ends, `${builder.tail()}\n${launcher.tail()}`).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    // Withdrawn, not left to the session's end: no waiting here.
    for (const path of ['launchers', 'components/pool', 'components/launcher', 'components/builder']) {
      expect(await zuul.children(`/nodepool/${path}`), path).toEqual([]);
    }
    const builds = (await zuul.children('/nodepool/images/tiny/builds')).filter((name) => name !== 'lock');
    expect(builds).toHaveLength(1);
    expect(world.processes()).toEqual([]);
    for (const daemon of [builder, launcher]) {
      expect(daemon.lines(/ (ERROR|CRITICAL) /)).toEqual([]);
      expect(daemon.stderr).toBe('');
    }
  });
});
