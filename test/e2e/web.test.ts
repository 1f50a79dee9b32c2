import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { StandaloneWorld } from '../support/standalone-world.js';
import { freePort } from '../support/zookeeper-server.js';
import { eventually } from '../support/eventually.js';
import { MemoryTreeStore } from '../../src/adapters/memory/memory-tree-store.js';
import { TOKENS } from '../../src/apps/composition/tokens.js';

const BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8';
const LABELS = {
  labels: [{ name: 'small', 'min-ready': 1 }],
  diskimages: [{ name: 'debian', elements: ['debian-minimal'] }],
  providers: [
    {
      name: 'cloud',
      driver: 'fake',
      cloud: 'fake',
      diskimages: [{ name: 'debian' }],
      pools: [{ name: 'main', labels: [{ name: 'small', diskimage: 'debian', 'min-ram': 2048 }] }],
    },
  ],
};

/** Addresses and ports that a process listens at, as the kernel has them. */
function listening(pid: number): readonly string[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        // It was closed meanwhile.
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && sockets.has(fields[9] ?? ''))
      .map(([, local = '']) => {
        const [address = '', port = ''] = local.split(':');
        const bytes = (address.match(/../g) ?? []).map((byte) => parseInt(byte, 16)).reverse();
        return `${bytes.join('.')}:${parseInt(port, 16)}`;
      }),
  );
}

// ZooKeeper is away in all of these (nobody listens at port 1), which is when the web interface is asked most.
describe('the web interface of the daemons', () => {
  let world: DaemonWorld;
  let port: number;
  beforeEach(async () => {
    world = await DaemonWorld.open('web');
    port = await freePort();
  });
  afterEach(() => world.close());

  const configure = (webapp: object): Promise<void> => world.configure({ ...world.basics(), webapp, ...LABELS });
  const get = (path: string, address = '127.0.0.1'): Promise<Response> => fetch(`http://${address}:${port}${path}`);
  const started = (daemon: Daemon): Promise<unknown> =>
    world.until('it tries to connect', () => daemon.running && /ZooKeeper/i.test(daemon.output));

  it('listens at the configured address and port only, and answers while ZooKeeper is away [BUILDER 154]', async () => {
    await configure({ port, listen_address: '127.0.0.2' });
    const launcher = world.launcher();
    await launcher.says(/The web interface listens at 127\.0\.0\.2:/);
    expect(listening(launcher.pid)).toEqual([`127.0.0.2:${port}`]);
    const list = await get('/node-list', '127.0.0.2');
    expect(list.status).toBe(200);
    expect(list.headers.get('warning')).toMatch(/^110 - "ZooKeeper is away/);
    expect((await get('/ready', '127.0.0.2')).status).toBe(503);
    expect((await get('/metrics', '127.0.0.2')).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it('is off with --no-webapp: no port is open [BUILDER 154]', async () => {
    await configure({ port, listen_address: '127.0.0.1' });
    const launcher = world.launcher('--no-webapp');
    await started(launcher);
    expect(listening(launcher.pid)).toEqual([]);
    await expect(get('/ready')).rejects.toThrow('fetch failed');
  });

  it('of the builder has metrics if it was given a port, and none else', async () => {
    await configure({ port: 1, builder_port: port, listen_address: '127.0.0.1' });
    const builder = world.builder('--fake');
    await world.until('it listens', async () => (await get('/ready').catch(() => undefined))?.status === 503);
    expect(listening(builder.pid)).toEqual([`127.0.0.1:${port}`]);
    expect(await (await get('/metrics')).text()).toContain('# TYPE nodepool_builder_current_builds gauge');
    expect((await get('/node-list')).status).toBe(404);
    // It would say that nobody waits, which it cannot know.
    expect((await get('/explain')).status).toBe(404);
    expect(await (await get('/explain/image/debian')).text()).toMatch(/^image debian\n {2}configured: yes\n/);
    await configure({ port });
    const other = world.builder('--fake');
    await started(other);
    expect(listening(other.pid)).toEqual([]);
  });

  it('of the builder says which setting to change when its port is taken', async () => {
    await configure({ port, builder_port: port, listen_address: '127.0.0.1' });
    await world.launcher().says(/The web interface listens/);
    const builder = world.builder('--fake');
    expect(await builder.ending()).toEqual({ code: 1, signal: null });
    expect(builder.stderr).toBe(
      `nodepool-builder: The web interface cannot listen at 127.0.0.1:${port}: the port is taken by another program; set webapp.builder_port\n`,
    );
  });

  it('costs nothing when the statsd host does not resolve', async () => {
    await configure({ port, listen_address: '127.0.0.1' });
    const args = ['-f', '-c', world.configFile];
    const launcher = world.start('nodepool-launcher', args, { STATSD_HOST: 'no-such-host.invalid' });
    await launcher.says(/The web interface listens/);
    await started(launcher);
    expect((await get('/metrics')).status).toBe(200);
    expect(launcher.running).toBe(true);
    expect(launcher.stderr).toBe('');
  });
});

describe('when the connection to the store goes away', () => {
  it('the lists show the last known state and say so, the live page too', async () => {
    const world = await StandaloneWorld.start(LABELS);
    try {
      await eventually('a node is ready', () => world.count('ready') === 1);
      const before = await fetch(`${world.web}/label-list`);
      expect(before.headers.get('warning')).toBeNull();
      const store = world.container.get(TOKENS.store);
      if (!(store instanceof MemoryTreeStore)) throw new Error('not in memory');
      store.loseConnection();
      const after = await fetch(`${world.web}/node-list`, { headers: { accept: 'application/json' } });
      expect(after.headers.get('warning')).toMatch(/^110 /);
      expect(await after.json()).toMatchObject([{ state: 'ready', label: ['small'] }]);
      const page = await fetch(`${world.web}/`, { headers: { accept: BROWSER } });
      expect(page.status).toBe(200);
      store.restoreConnection();
      await eventually(
        'all is well again',
        async () => (await fetch(`${world.web}/request-list`)).headers.get('warning') === null,
      );
    } finally {
      await world.stop();
    }
  });
});
