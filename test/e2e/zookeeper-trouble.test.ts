import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Daemon } from '../support/daemon.js';
import { withoutClient } from '../support/daemon-needs.js';
import { DaemonWorld } from '../support/daemon-world.js';
import type { ZuulClient } from '../support/daemon-zuul-client.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { endSession } from '../support/session-end.js';
import { ZooKeeperServer, freePort } from '../support/zookeeper-server.js';

/** Session time-outs of the daemons, in seconds. */
const SHORT = 2;
const LONG = 10;

describe.skipIf(withoutClient())('daemons whose ZooKeeper is in trouble', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let worlds = 0;
  let port: number;

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    world = await DaemonWorld.open(`zookeeper-${++worlds}`, server.address);
    port = await freePort();
  });
  afterEach(() => world.close());

  const configure = ({ minReady = 1, bootTime = 0.1, timeout = SHORT, target = server.port } = {}): Promise<void> =>
    world.configure({
      ...world.basics(target),
      'zookeeper-timeout': timeout,
      webapp: { port, listen_address: '127.0.0.1' },
      labels: [{ name: 'small', 'min-ready': minReady }],
      diskimages: [{ name: 'debian', elements: ['any'] }],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          fake: { 'boot-time': bootTime },
          'cloud-images': [{ name: 'ready-made' }],
          diskimages: [{ name: 'debian' }],
          pools: [
            {
              name: 'main',
              'max-servers': 5,
              labels: [{ name: 'small', 'cloud-image': 'ready-made', 'min-ram': 2048 }],
            },
          ],
        },
      ],
    });

  const readyNode = (zuul: ZuulClient): Promise<string> =>
    world.until('a node is ready and free', async () => {
      const nodes = Object.entries(await zuul.nodes());
      return nodes.find(([, node]) => node.state === 'ready' && node.allocated_to === null)?.[0];
    });

  const registeredOnce = async (zuul: ZuulClient, kinds: readonly string[]): Promise<void> => {
    for (const kind of kinds) {
      await world.until(`there is one registration at ${kind}`, async () => {
        return (await zuul.children(`/nodepool/${kind}`)).length === 1;
      });
    }
  };

  /** The whole life of a request. */
  async function serve(zuul: ZuulClient): Promise<void> {
    const request = await zuul.submit(['small', 'small']);
    expect(await zuul.answer(request)).toMatchObject({ state: 'fulfilled' });
    const ids = Object.keys(await zuul.accept(request));
    expect(ids).toHaveLength(2);
    await zuul.use();
    await zuul.giveBack();
    await gone(zuul, ids);
  }
  const gone = (zuul: ZuulClient, ids: readonly string[]): Promise<unknown> =>
    world.until('the nodes are gone', async () => {
      const left = await zuul.children('/nodepool/nodes');
      return !ids.some((id) => left.includes(id));
    });

  const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/ready`)).status;

  const stopAll = async (...daemons: readonly Daemon[]): Promise<void> => {
    const ends = await Promise.all(daemons.map((daemon) => daemon.stop()));
    for (const end of ends) expect(end).toEqual({ code: 0, signal: null });
  };

  it('wait for a server that is down when they start, and end when asked to meanwhile', async () => {
    await server.halt();
    await configure();
    const launcher = world.launcher();
    const builder = world.builder('--fake');
    const impatient = [world.launcher('--no-webapp'), world.builder('--fake')];
    for (const daemon of [launcher, builder, ...impatient]) {
      await daemon.says(/WARNING nodepool\.zookeeper: There is no connection to ZooKeeper; trying on/);
      expect(daemon.running).toBe(true);
    }
    expect(await ready()).toBe(503);
    await stopAll(...impatient);
    await server.launch();
    await launcher.says(/Connected to ZooKeeper/);
    await builder.says(/Connected to ZooKeeper/);
    const zuul = await world.client();
    await world.until('the launcher is ready', async () => (await ready()) === 200);
    await world.until('the image was built', () => builder.lines(/The image was built/).length === 1);
    await serve(zuul);
    await stopAll(launcher, builder);
  });

  it('survive a restart of the server: nothing is lost, and they serve afterwards', async () => {
    await configure({ timeout: LONG });
    const launcher = world.launcher();
    const builder = world.builder('--fake');
    // A server that is just starting may swallow kazoo's greeting; kazoo then waits for as long as its session lasts.
    const network = await FlakyProxy.open(server.port);
    const zuul = await world.client(`127.0.0.1:${network.port}`);
    const waiting = await readyNode(zuul);
    await builder.says(/The image was built/);
    const request = await zuul.submit(['small', 'small']);
    await zuul.answer(request);
    const used = Object.keys(await zuul.accept(request));
    await zuul.use();

    network.cut();
    await server.halt();
    for (const daemon of [launcher, builder]) await daemon.says(/WARNING .*The connection to ZooKeeper was lost/);
    await delay(1000);
    expect([launcher.running, builder.running]).toEqual([true, true]);
    const before = new Map([launcher, builder].map((daemon) => [daemon, daemon.output.length]));
    await server.launch();
    network.restore();
    for (const [daemon, from] of before) await daemon.says(/Connected to ZooKeeper/, { from });

    const nodes = await zuul.nodes();
    for (const id of used) expect(nodes[id]).toMatchObject({ state: 'in-use' });
    if (!used.includes(waiting)) expect(nodes[waiting]).toMatchObject({ state: 'ready' });
    await zuul.giveBack();
    await gone(zuul, used);
    await serve(zuul);
    const kinds = ['launchers', 'components/pool', 'components/launcher', 'components/builder'];
    await registeredOnce(zuul, kinds);
    await stopAll(launcher, builder);
    for (const kind of kinds) expect(await zuul.children(`/nodepool/${kind}`)).toEqual([]);
    await network.close();
  });

  it('survive a server that hangs longer than their session lasts', async () => {
    await configure();
    const launcher = world.launcher();
    const builder = world.builder('--fake');
    const zuul = await world.client();
    const waiting = await readyNode(zuul);
    await builder.says(/The builder runs/);

    await server.freeze();
    try {
      for (const daemon of [launcher, builder]) await daemon.says(/WARNING .*The connection to ZooKeeper was lost/);
      await delay((SHORT + 1) * 1000);
    } finally {
      server.thaw();
    }
    for (const daemon of [launcher, builder])
      await daemon.says(/(The ZooKeeper session is lost|Connected to .* again)/);
    expect((await zuul.nodes())[waiting]).toMatchObject({ state: 'ready' });
    await serve(zuul);
    await registeredOnce(zuul, ['launchers', 'components/pool', 'components/launcher', 'components/builder']);
    await stopAll(launcher, builder);
  });

  it('finish under a new session what they began under one that expired', async () => {
    const proxy = await FlakyProxy.open(server.port);
    try {
      await configure({ minReady: 0, bootTime: 2, target: proxy.port });
      const launcher = world.launcher();
      const zuul = await world.client();
      const request = await zuul.submit(['small', 'small']);
      await world.until('both nodes are being launched', async () => {
        return Object.values(await zuul.nodes()).filter((node) => node.state === 'building').length === 2;
      });
      const [first] = await zuul.children('/nodepool/components/pool');
      // The launcher must not come back before its session is over: it would take it over again.
      proxy.cut();
      await endSession(server.port, proxy.session!);
      proxy.restore();
      await launcher.says(/The ZooKeeper session is lost/);

      expect(await zuul.answer(request)).toMatchObject({ state: 'fulfilled' });
      const ids = Object.keys(await zuul.accept(request));
      await zuul.use();
      await world.until('nothing is left of the first attempt', async () => {
        return (await zuul.children('/nodepool/nodes')).length === 2;
      });
      await zuul.giveBack();
      await gone(zuul, ids);
      await registeredOnce(zuul, ['launchers', 'components/pool', 'components/launcher']);
      expect(await zuul.children('/nodepool/components/pool')).not.toContain(first);
      expect(launcher.lines(/ ERROR /)).toEqual([]);
      await stopAll(launcher);
    } finally {
      await proxy.close();
    }
  });
});
