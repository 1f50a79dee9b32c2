import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Daemon } from '../support/daemon.js';
import { withoutClient } from '../support/daemon-needs.js';
import { DaemonWorld } from '../support/daemon-world.js';
import type { ZuulClient } from '../support/daemon-zuul-client.js';
import { ZooKeeperServer, freePort } from '../support/zookeeper-server.js';

const HEX = 'a0'.repeat(16);
/** Bytes that are no UTF-8. */
const NOISE = '\udcff\udcfe{';

/** What other programs, old versions and accidents leave in the tree. */
const GARBAGE: Readonly<Record<string, string>> = {
  '/nodepool/foreign/child': 'x',
  '/nodepool/nodes/garbage': 'x',
  '/nodepool/nodes/0000000701': 'not json',
  '/nodepool/nodes/0000000702': NOISE,
  '/nodepool/nodes/0000000703': '[]',
  '/nodepool/nodes/0000000704': 'null',
  '/nodepool/nodes/0000000705': '{}',
  '/nodepool/nodes/0000000706': '{"state": "nonsense", "provider": "cloud", "pool": "main", "type": ["small"]}',
  '/nodepool/nodes/0000000707': '{"state": 7, "type": {}, "provider": [], "resources": "many", "state_time": "now"}',
  '/nodepool/nodes/0000000708': '{"state": "ready", "type": "small"}',
  '/nodepool/nodes/0000000709': '{"state": "ready", "provider": "gone", "pool": "gone", "type": ["gone"]}',
  '/nodepool/nodes/0000000710': '',
  '/nodepool/nodes/0000000711/foreign/child': 'x',
  '/nodepool/nodes/0000000712':
    '{"state": "used", "provider": "cloud", "pool": "main", "type": ["small"], "state_time": NaN}',
  '/nodepool/nodes/0000000712/lock/foreign': 'x',
  '/nodepool/requests/garbage': 'x',
  '/nodepool/requests/200-0000000701': 'not json',
  '/nodepool/requests/200-0000000702': NOISE,
  '/nodepool/requests/200-0000000703': '',
  '/nodepool/requests/200-0000000704': '[]',
  '/nodepool/requests/200-0000000705': '{}',
  '/nodepool/requests/200-0000000706': '{"state": "requested", "node_types": "small", "declined_by": 5}',
  '/nodepool/requests/200-0000000707': '{"state": "nonsense", "node_types": ["small"]}',
  '/nodepool/requests/100-200-0000000708': '{"state": "requested", "node_types": [[]]}',
  '/nodepool/requests-lock/garbage/child': 'x',
  '/nodepool/requests-lock/200-0000000709/foreign': 'x',
  '/nodepool/launchers/garbage': NOISE,
  '/nodepool/launchers/other': '{"id": 5, "supported_labels": "all"}',
  '/nodepool/components/garbage': 'x',
  '/nodepool/components/pool/garbage': NOISE,
  '/nodepool/components/pool/other0000000701': '{"id": [], "supported_labels": {}}',
  '/nodepool/elections/stats/garbage': 'x',
  '/nodepool/images/debian/foreign': 'x',
  '/nodepool/images/debian/builds/garbage': 'x',
  [`/nodepool/images/debian/builds/${HEX}`]: NOISE,
  [`/nodepool/images/debian/builds/${HEX}/providers/cloud/images/0000000701`]: 'not json',
  [`/nodepool/images/debian/builds/${HEX}/providers/cloud/images/garbage`]: '{}',
  '/nodepool/images/debian/builds/0000000702': '{"state": "ready", "formats": {}, "state_time": "now"}',
  '/nodepool/images/debian/builds/0000000702/providers/cloud/images/0000000701': '{"state": "nonsense"}',
  '/nodepool/images/unknown': NOISE,
  '/nodepool/images/unknown/builds/0000000703/providers/nobody/images/0000000701': '[]',
};

describe.skipIf(withoutClient())('a launcher in trouble', () => {
  let server: ZooKeeperServer;
  let world: DaemonWorld;
  let zuul: ZuulClient;
  let worlds = 0;
  let port: number;

  beforeAll(async () => {
    server = await ZooKeeperServer.start();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    world = await DaemonWorld.open(`launcher-${++worlds}`, server.address);
    port = await freePort();
    zuul = await world.client();
  });
  afterEach(() => world.close());

  const config = (labels: readonly string[] = ['small']): object => ({
    ...world.basics(),
    webapp: { port, listen_address: '127.0.0.1' },
    labels: labels.map((name) => ({ name })),
    diskimages: [{ name: 'debian', elements: ['any'] }],
    providers: [
      {
        name: 'cloud',
        driver: 'fake',
        cloud: 'fake',
        diskimages: [{ name: 'debian' }],
        pools: [
          {
            name: 'main',
            'max-servers': 5,
            labels: labels.map((name) => ({ name, diskimage: 'debian', 'min-ram': 2048 })),
          },
        ],
      },
    ],
  });

  async function serve(label = 'small'): Promise<void> {
    const request = await zuul.submit([label, label]);
    expect(await world.until('it is answered', () => zuul.answer(request))).toMatchObject({ state: 'fulfilled' });
    const ids = Object.keys(await zuul.accept(request));
    await zuul.use();
    await zuul.giveBack();
    await world.until('the nodes are gone', async () => {
      const left = await zuul.children('/nodepool/nodes');
      return !ids.some((id) => left.includes(id));
    });
  }

  /** Known to the launcher: what the builder says comes before the launcher has heard of it. */
  async function imageReady(launcher: Daemon): Promise<void> {
    await launcher.says(/The web interface listens/);
    await world.until('the launcher knows the image', async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/image-list`, { headers: { accept: 'application/json' } });
      return ((await answer.json()) as readonly { readonly state: string }[]).some(({ state }) => state === 'ready');
    });
  }

  it('serves among garbage of every kind, whether it was there before or comes now', async () => {
    await world.configure(config());
    for (const [path, text] of Object.entries(GARBAGE)) await zuul.put(path, text);
    const builder = world.builder('--fake');
    const launcher = world.launcher();
    await imageReady(launcher);
    await serve();

    for (const path of Object.keys(GARBAGE)) await zuul.remove(path);
    await serve();
    for (const [path, text] of Object.entries(GARBAGE)) await zuul.put(path, text);
    await serve();

    // Whatever can be read of it is shown, the rest is no reason to show nothing.
    for (const command of ['list', 'request-list', 'dib-image-list', 'image-list']) {
      expect(await world.nodepool(command)).toMatch(/^\+-/);
    }
    expect(await world.nodepool('info', 'cloud')).toMatch(/cloud/);
    for (const page of ['node-list', 'request-list', 'dib-image-list', 'image-list', 'label-list']) {
      const answer = await fetch(`http://127.0.0.1:${port}/${page}`, { headers: { accept: 'application/json' } });
      expect(answer.status, page).toBe(200);
      expect(await answer.json()).toBeInstanceOf(Array);
    }
    for (const daemon of [launcher, builder]) {
      expect(daemon.lines(/ ERROR /)).toEqual([]);
      // A complaint for each of them is fine, one every second is not.
      expect(daemon.lines(/ WARNING /).length, daemon.output).toBeLessThanOrEqual(3 * Object.keys(GARBAGE).length);
      expect(await daemon.stop()).toEqual({ code: 0, signal: null });
    }
    // What is not ours is not ours to delete.
    const tree = await zuul.tree('/nodepool');
    expect(tree).toMatchObject({ '/nodepool/foreign/child': 'x', '/nodepool/requests/garbage': 'x' });
  });

  it('fails a request for a label that nobody offers, and serves the others', async () => {
    await world.configure(config());
    const builder = world.builder('--fake');
    const launcher = world.launcher();
    await imageReady(launcher);
    const request = await zuul.submit(['small', 'no-such-label']);
    const answer = await zuul.answer(request);
    expect(answer).toMatchObject({ state: 'failed', nodes: [] });
    const [registered] = await zuul.children('/nodepool/launchers');
    expect(answer.declined_by).toEqual([registered]);
    await serve();
    expect(await launcher.stop()).toEqual({ code: 0, signal: null });
    expect(await builder.stop()).toEqual({ code: 0, signal: null });
  });

  it('keeps the old configuration while the new one is broken, says so once, and takes the next good one', async () => {
    await world.configure(config());
    const builder = world.builder('--fake');
    const launcher = world.launcher();
    await imageReady(launcher);
    await serve();
    const complaints = (daemon: Daemon): string[] => daemon.lines(/ERROR .*configuration cannot be used/);
    const both = [launcher, builder];

    await world.configure('labels: [');
    for (const daemon of both)
      await daemon.says(/ERROR .*cannot be used; the old one stays in force.*nodepool\.yaml:\d/);
    await serve();
    // Several looks at the file long.
    await delay(2000);
    for (const daemon of both) expect(complaints(daemon)).toHaveLength(1);

    await rm(world.configFile);
    for (const daemon of both) await daemon.says(/ERROR .*cannot be used.*there is no such file/);
    await serve();

    await world.configure(config(['small', 'new']));
    for (const daemon of both) await daemon.says(/The configuration is valid again/);
    await serve('new');
    for (const daemon of both) {
      expect(complaints(daemon)).toHaveLength(2);
      expect(await daemon.stop()).toEqual({ code: 0, signal: null });
    }
  });
});
