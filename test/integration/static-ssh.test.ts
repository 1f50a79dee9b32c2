import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KazooLeases } from '../../src/adapters/leases/kazoo-leases.js';
import { MemoryJournal } from '../../src/adapters/memory-journal/memory-journal.js';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { RecordingMetrics } from '../../src/adapters/memory-metrics/recording-metrics.js';
import { MemoryTree } from '../../src/adapters/memory/memory-tree.js';
import { MemoryTreeStore } from '../../src/adapters/memory/memory-tree-store.js';
import { TreeRecords } from '../../src/adapters/records/tree-records.js';
import { SshHostKeyScanner } from '../../src/adapters/ssh/ssh-host-key-scanner.js';
import { StaticDriver } from '../../src/adapters/static/static-driver.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { SystemRandom } from '../../src/adapters/system/system-random.js';
import { launcherContainer } from '../../src/apps/composition/launcher-module.js';
import { TOKENS } from '../../src/apps/composition/tokens.js';
import type { Launcher } from '../../src/apps/launcher/launcher.js';
import { ProviderManager } from '../../src/apps/providers/provider-manager.js';
import type { NodepoolConfig } from '../../src/domain/config/config.js';
import type { Node } from '../../src/domain/model/node.js';
import type { Stored } from '../../src/domain/model/stored.js';
import type { RecordLease } from '../../src/ports/records/record-lease.js';
import { closedPort, newKey, SshServer } from '../contract/host-key-server.js';
import { aRequest } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { SettableConfig } from '../support/launcher-world.js';
import { RealSshd, withoutSshd } from '../support/real-sshd.js';
import { load } from '../unit/config/config-harness.js';

const portOf = ({ connectionPort }: Node): string =>
  typeof connectionPort === 'number' ? String(connectionPort) : '?';

/** Launchers in this process, on one tree in memory and in real time, with machines that really speak SSH. */
class StaticWorld {
  private readonly clock = new SystemClock();
  private readonly random = new SystemRandom();
  private readonly tree = new MemoryTree(this.clock);
  private readonly stores: MemoryTreeStore[] = [];
  private readonly launchers: Launcher[] = [];
  readonly configs: SettableConfig[] = [];
  readonly logger = new MemoryLogger();
  readonly client = this.records('client');

  private records(hostname: string): TreeRecords {
    const { clock, random } = this;
    const store = new MemoryTreeStore(this.tree, { clock });
    this.stores.push(store);
    const leases = new KazooLeases(store, { clock, random });
    return new TreeRecords({ store, leases, clock, random, host: { hostname, pid: 1 }, logger: this.logger });
  }

  async launcher(config: NodepoolConfig): Promise<void> {
    const { clock, random, logger } = this;
    await this.client.open(['nodes', 'requests', 'images', 'launchers']);
    const hostname = `launcher${this.launchers.length}`;
    const source = new SettableConfig(config);
    const metrics = new RecordingMetrics();
    const scanner = new SshHostKeyScanner(clock, { retryInterval: 0.1 });
    const driver = new StaticDriver(scanner);
    const launcher = launcherContainer({
      records: this.records(hostname),
      config: source,
      providers: new ProviderManager({
        drivers: { driver: () => driver },
        context: { clock, random, logger, metrics },
      }),
      clock,
      random,
      host: { hostname, pid: 1 },
      scanner,
      logger,
      metrics,
      journal: new MemoryJournal(clock),
      intervals: { configCheck: 1, poolTick: 1, deleteRetry: 1, cleanup: 2, stats: 60 },
      version: 'test',
    }).get(TOKENS.launcher);
    this.launchers.push(launcher);
    this.configs.push(source);
    await launcher.start();
  }

  reconfigure(config: NodepoolConfig): void {
    for (const source of this.configs) source.set(config);
  }

  get nodes(): readonly Stored<Node>[] {
    return [...this.client.nodes.view.all().values()];
  }

  /** `port#slot` of the nodes in a state. */
  places(state: Node['state'] = 'ready'): string {
    const all = this.nodes.filter(({ value }) => value.state === state);
    return all
      .map(({ value }) => `${portOf(value)}#${String(value.slot)}`)
      .sort()
      .join(' ');
  }

  ready(...places: readonly string[]): Promise<void> {
    const wanted = [...places].sort().join(' ');
    return eventually(`${wanted || 'nothing'} is ready`, () => this.places() === wanted, 40);
  }

  /** Takes a ready machine as Zuul does. */
  async take(place: string): Promise<RecordLease<Node>> {
    const [port] = place.split('#');
    const node = this.nodes.find(({ value }) => value.state === 'ready' && portOf(value) === port);
    if (!node) throw new Error(`${place} is not ready`);
    const outcome = await this.client.nodes.lock(node.id);
    if (outcome.kind !== 'locked') throw new Error(`${place} cannot be locked`);
    await outcome.lease.update({ state: 'in-use' });
    return outcome.lease;
  }

  async giveBack(lease: RecordLease<Node>): Promise<void> {
    await lease.update({ state: 'used' });
    await lease.release();
  }

  async end(): Promise<void> {
    await Promise.all(this.launchers.map((launcher) => launcher.stop()));
    await this.client.close();
    await Promise.all(this.stores.map((store) => store.close()));
  }
}

interface Machine {
  readonly port: number;
  readonly keys?: readonly string[];
  readonly jobs?: number;
  readonly labels?: string;
}

const lab = (...machines: readonly Machine[]): Promise<NodepoolConfig> =>
  load(
    JSON.stringify({
      labels: [{ name: 'bare' }, { name: 'fast' }],
      providers: [
        {
          name: 'lab',
          driver: 'static',
          pools: [
            {
              name: 'main',
              nodes: machines.map(({ port, keys, jobs, labels }) => ({
                name: '127.0.0.1',
                labels: labels ?? 'bare',
                'connection-port': port,
                timeout: 2,
                ...(keys ? { 'host-key': keys } : {}),
                ...(jobs === undefined ? {} : { 'max-parallel-jobs': jobs }),
              })),
            },
          ],
        },
      ],
    }),
  );

const publicKey = (key: { readonly public: string }): string => key.public.split(' ').slice(0, 2).join(' ');

describe('static machines that speak SSH', { timeout: 60_000 }, () => {
  const key = newKey('ed25519');
  const other = newKey('ecdsa');
  let world: StaticWorld;
  const servers = new Set<SshServer>();
  const start = async (keys = [key], port = 0): Promise<SshServer> => {
    const server = await SshServer.start(keys, port);
    servers.add(server);
    return server;
  };
  const stop = async (server: SshServer): Promise<void> => {
    servers.delete(server);
    await server.close();
  };
  beforeEach(() => {
    world = new StaticWorld();
  });
  afterEach(async () => {
    await world.end();
    await Promise.all([...servers].map((server) => stop(server)));
  });

  it('get a node per slot, with the keys they show, once among several launchers [BUILDER 25]', async () => {
    const [one, two] = [await start([key, other]), await start()];
    const config = await lab(
      { port: one.port, jobs: 2, labels: 'bare fast' },
      { port: two.port, keys: [publicKey(key)] },
    );
    await Promise.all([world.launcher(config), world.launcher(config), world.launcher(config)]);
    await world.ready(`${one.port}#0`, `${one.port}#1`, `${two.port}#0`);
    const node = world.nodes.find(({ value }) => value.connectionPort === one.port)!.value;
    expect([...node.hostKeys].sort()).toEqual([publicKey(key), publicKey(other)].sort());
    expect(node).toMatchObject({
      type: ['bare', 'fast'],
      username: 'zuul',
      interfaceIp: '127.0.0.1',
      launcher: 'static driver',
    });
    expect(one.logins + two.logins).toBe(0);
  });

  it('are registered again after use; slots in use stay through a change of the configuration', async () => {
    const server = await start();
    await world.launcher(await lab({ port: server.port, jobs: 2 }));
    await world.ready(`${server.port}#0`, `${server.port}#1`);
    const used = await world.take(`${server.port}#0`);
    // One slot less and another label: the free node follows or goes, the used one is let alone.
    world.reconfigure(await lab({ port: server.port, jobs: 1, labels: 'fast' }));
    await eventually('the free one is gone', () => world.places() === '', 30);
    expect(world.places('in-use')).toMatch(new RegExp(`^${server.port}#[01]$`));
    const before = used.id;
    await world.giveBack(used);
    await world.ready(`${server.port}#0`);
    const [again] = world.nodes.filter(({ value }) => value.state === 'ready');
    expect(again?.value.type).toEqual(['fast']);
    expect(again?.id).not.toBe(before);
  });

  it('are offered only while they answer with the right key', async () => {
    const good = await start();
    const wrong = await start([other]);
    const away = await closedPort();
    const keys = [publicKey(key)];
    await world.launcher(await lab({ port: good.port, keys }, { port: wrong.port, keys }, { port: away, keys }));
    await world.ready(`${good.port}#0`);
    // A machine is a host and a port, whoever logs in.
    const said = (port: number): boolean =>
      world.logger.messages('warn').some((message) => message.startsWith(`127.0.0.1:${port} cannot be offered`));
    await eventually('both troubles are in the log', () => said(wrong.port) && said(away), 20);
    // The machine is reinstalled with the right key, and the one that was away is back.
    await stop(wrong);
    await start([key], wrong.port);
    await start([key], away);
    await world.ready(`${good.port}#0`, `${wrong.port}#0`, `${away}#0`);
  });

  it('that leave the configuration while in use are let go when they are given back', async () => {
    const [one, two] = [await start(), await start()];
    await world.launcher(await lab({ port: one.port }, { port: two.port }));
    await world.ready(`${one.port}#0`, `${two.port}#0`);
    const used = await world.take(`${one.port}#0`);
    world.reconfigure(await lab({ port: two.port }));
    await world.giveBack(used);
    await eventually('its node is gone', () => world.nodes.length === 1, 30);
    await world.ready(`${two.port}#0`);
  });

  it('[LAUNCHER 69, 78] serve any of their labels; when all are taken a request stays open, and is served in the end', async () => {
    const [one, two] = [await start(), await start()];
    await world.launcher(await lab({ port: one.port, labels: 'bare fast' }, { port: two.port, labels: 'fast' }));
    await world.ready(`${one.port}#0`, `${two.port}#0`);
    const submit = (label: string): Promise<{ readonly id: string }> =>
      world.client.requests.create('100', aRequest({ nodeTypes: [label] }));
    const state = (id: string): string | undefined => world.client.requests.view.get(id)?.value.state;
    const first = await submit('bare');
    await eventually('the first is served', () => state(first.id) === 'fulfilled', 20);
    const second = await submit('bare');
    const third = await submit('fast');
    await eventually('the other label is served meanwhile', () => state(third.id) === 'fulfilled', 20);
    expect(state(second.id)).toBe('requested');
    const allocated = world.nodes.find(({ value }) => value.allocatedTo === first.id)!;
    const outcome = await world.client.nodes.lock(allocated.id);
    if (outcome.kind !== 'locked') throw new Error('not locked');
    await world.giveBack(outcome.lease);
    await eventually('the second is served', () => state(second.id) === 'fulfilled', 30);
  });

  describe.skipIf(withoutSshd())('from OpenSSH', () => {
    it('are told apart from others by any of their real host keys', async () => {
      const port = await closedPort();
      const sshd = RealSshd.start(port);
      try {
        const config = await lab({ port, keys: sshd.publicKeys.map((text) => `${text} root@machine`) });
        await world.launcher(config);
        await world.ready(`${port}#0`);
        expect([...(world.nodes[0]?.value.hostKeys ?? [])].sort()).toEqual([...sshd.publicKeys].sort());
        const used = await world.take(`${port}#0`);
        await sshd.stop();
        await world.giveBack(used);
        await eventually('it is noticed', () => world.logger.messages('warn').join().includes('cannot be offered'), 20);
        expect(world.places()).toBe('');
      } finally {
        await sshd.stop();
      }
    });
  });
});
