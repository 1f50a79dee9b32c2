/**
 * The main job with trouble: a launcher and a builder on a real ZooKeeper that is frozen beyond the end of the sessions, wiped, killed and
 * restarted, and fed records that are too large, while work goes on. Each round ends with both daemons well and a request served.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { MemoryLogger } from '../../src/adapters/memory-log/memory-logger.js';
import { removeTree } from '../../src/adapters/records/remove-tree.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { ZooKeeperTreeStore } from '../../src/adapters/zookeeper/zookeeper-tree-store.js';
import { aRequest } from '../support/builders.js';
import { requestCodec } from '../../src/adapters/records/request-codec.js';
import type { Daemon } from '../support/daemon.js';
import { DaemonWorld } from '../support/daemon-world.js';
import { freePort, ZooKeeperServer } from '../support/zookeeper-server.js';

/** Seconds; beyond it a frozen server has ended every session. */
const SESSION = 2;
/** Seconds that everything has to be well again after a trouble; machines may be busy. */
const PATIENCE = 120;

type Trouble = 'freeze' | 'wipe' | 'kill' | 'restart' | 'oversized';
const TROUBLES: readonly Trouble[] = ['freeze', 'wipe', 'kill', 'restart', 'oversized'];

export class Soak {
  private readonly clock = new SystemClock();
  private launcher: Daemon | undefined;
  private builder: Daemon | undefined;
  private round = 0;
  private port = 0;

  private constructor(
    private readonly server: ZooKeeperServer,
    private readonly world: DaemonWorld,
    private readonly store: ZooKeeperTreeStore,
    private readonly logger: MemoryLogger,
    private readonly tell: (line: string) => void,
  ) {}

  static async begin(tell: (line: string) => void): Promise<Soak> {
    const server = await ZooKeeperServer.start();
    const world = await DaemonWorld.open('soak', server.address);
    const logger = new MemoryLogger();
    const store = new ZooKeeperTreeStore({
      servers: [{ host: '127.0.0.1', port: server.port }],
      chroot: world.chroot,
      sessionTimeout: SESSION,
      tls: null,
      clock: new SystemClock(),
      logger,
    });
    const soak = new Soak(server, world, store, logger, tell);
    await store.start();
    await store.session.connected();
    await soak.start();
    return soak;
  }

  /** @throws Error telling which round was not survived */
  async run(rounds: number): Promise<void> {
    for (let done = 0; done < rounds; done += 1) {
      this.round += 1;
      const trouble = TROUBLES[(this.round - 1) % TROUBLES.length] ?? 'freeze';
      const begun = performance.now();
      try {
        await this.survive(trouble);
      } catch (error) {
        const story = await this.condition();
        throw new Error(`Round ${this.round} (${trouble}) was not survived\n${story}`, { cause: error });
      }
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      this.tell(`round ${this.round}: ${trouble}, well again and a request served after ${seconds} s`);
    }
  }

  /** Who is well and who is not: whether it was the server, the daemons or our own client that did not come back. */
  private async condition(): Promise<string> {
    const server = await this.server.ask('srvr').catch((error: unknown) => String(error));
    return [
      `the server says: ${server.trim() || 'nothing'}`,
      `the launcher is ${(await this.ready()) ? 'ready' : 'not ready'}`,
      `our own session is ${this.store.session.state}; the last it told:`,
      ...this.logger.lines
        .slice(-10)
        .map(({ level, message, fields }) => `${level} ${message} ${JSON.stringify(fields)}`),
    ].join('\n');
  }

  async end(): Promise<void> {
    this.server.thaw();
    await this.store.close();
    await this.world.close();
    await this.server.stop();
  }

  private async start(): Promise<void> {
    const { world } = this;
    this.port = await freePort();
    await world.configure({
      ...world.basics(),
      'zookeeper-timeout': SESSION,
      webapp: { port: this.port, listen_address: '127.0.0.1' },
      labels: [{ name: 'small', 'min-ready': 1 }],
      diskimages: [{ name: 'debian', elements: ['debian'], formats: ['qcow2'] }],
      providers: [
        {
          name: 'cloud',
          driver: 'fake',
          cloud: 'fake',
          fake: { 'boot-time': 0.1, 'delete-time': 0.1, quota: {} },
          diskimages: [{ name: 'debian' }],
          pools: [
            { name: 'main', 'max-servers': 8, labels: [{ name: 'small', diskimage: 'debian', 'min-ram': 2048 }] },
          ],
        },
      ],
    });
    this.builder = world.builder('--fake');
    this.launcher = world.launcher();
    await this.served();
  }

  private async survive(trouble: Trouble): Promise<void> {
    const from = { launcher: this.launcher?.output.length ?? 0, builder: this.builder?.output.length ?? 0 };
    const crowd = await this.work(5);
    await this[trouble]();
    // Whatever became of them: their nodes go back to the pool.
    for (const id of crowd) await this.persistently(() => this.store.remove(`/nodepool/requests/${id}`));
    await this.served();
    this.stillWell(from);
  }

  /** Requests that are under way when the trouble comes. */
  private async work(count: number): Promise<readonly string[]> {
    return Promise.all(Array.from({ length: count }, () => this.submit('small')));
  }

  private async freeze(): Promise<void> {
    await this.server.freeze();
    await delay((2 * SESSION + 1) * 1000);
    this.server.thaw();
  }

  private async wipe(): Promise<void> {
    await this.persistently(() => removeTree(this.store, '/nodepool'));
  }

  private async kill(): Promise<void> {
    await this.server.halt();
    await delay(500);
    await this.server.launch();
  }

  private async restart(): Promise<void> {
    await this.server.halt();
    await delay((SESSION + 1) * 1000);
    await this.server.launch();
  }

  /** Requests that become too large when they are written as ASCII, and nodes' records that others let grow. */
  private async oversized(): Promise<void> {
    const { clock } = this;
    const now = clock.now();
    const text = `"${'é'.repeat(500_000)}"`;
    const data = (state: string): Uint8Array =>
      new TextEncoder().encode(
        `{"state": "${state}", "state_time": ${now}, "node_types": ["small"], "nodes": [], "provider": "cloud", "user_data": ${text}}`,
      );
    for (let index = 0; index < 3; index += 1) {
      await this.persistently(() =>
        this.store.create('/nodepool/requests/100-', data('requested'), {
          ephemeral: true,
          sequential: true,
          makeParents: true,
        }),
      );
      await this.persistently(() =>
        this.store.create('/nodepool/nodes/', data('used'), { sequential: true, makeParents: true }),
      );
    }
    await delay(1000);
    for (const folder of ['/nodepool/requests', '/nodepool/nodes']) {
      const names = await this.persistently(() => this.store.list(folder));
      for (const name of names ?? []) {
        const record = await this.persistently(() => this.store.read(`${folder}/${name}`));
        if ((record?.data.length ?? 0) > 900_000) {
          await this.persistently(() => removeTree(this.store, `${folder}/${name}`));
        }
      }
    }
  }

  /** Both daemons are well, and a request submitted now is fulfilled. */
  private async served(): Promise<void> {
    await this.world.until('the launcher answers that it is ready', () => this.ready(), {
      limit: PATIENCE,
      every: 0.25,
    });
    const end = performance.now() + PATIENCE * 1000;
    let id = await this.submit('small');
    for (;;) {
      const state = await this.stateOf(id);
      if (state === 'fulfilled') break;
      // The tree may have been wiped, or the session of ours have ended, since it was submitted; or the image was on its way.
      if (state === undefined || state === 'failed') id = await this.submit('small');
      if (performance.now() > end) throw new Error(`request ${id} is ${state}\n${this.launcher?.tail() ?? ''}`);
      await delay(100);
    }
    await this.persistently(() => this.store.remove(`/nodepool/requests/${id}`));
  }

  private async ready(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/ready`, { signal: AbortSignal.timeout(5000) }).catch(
      () => undefined,
    );
    return answer?.status === 200;
  }

  /** Neither has ended, stood still, or met something that nobody thought of. */
  private stillWell(from: { readonly launcher: number; readonly builder: number }): void {
    for (const [daemon, since] of [
      [this.launcher, from.launcher],
      [this.builder, from.builder],
    ] as const) {
      if (!daemon?.running) throw new Error(`it has ended\n${daemon?.tail() ?? ''}`);
      const bad = daemon.output
        .slice(since)
        .split('\n')
        .filter((line) => /nodepool\.watchdog|The program failed|TypeError|RangeError/.test(line));
      if (bad.length > 0) throw new Error(bad.join('\n'));
    }
  }

  private async submit(label: string): Promise<string> {
    const now = this.clock.now();
    const request = aRequest({ nodeTypes: [label], stateTime: now, createdTime: now, eventId: `soak-${this.round}` });
    const path = await this.persistently(() =>
      this.store.create('/nodepool/requests/200-', requestCodec.encode(request), {
        ephemeral: true,
        sequential: true,
        makeParents: true,
      }),
    );
    return path.slice('/nodepool/requests/'.length);
  }

  private async stateOf(id: string): Promise<string | undefined> {
    const record = await this.persistently(() => this.store.read(`/nodepool/requests/${id}`));
    if (!record) return undefined;
    return (JSON.parse(new TextDecoder().decode(record.data)) as { state: string }).state;
  }

  /** Our own connection suffers, too. */
  private async persistently<T>(call: () => Promise<T>): Promise<T> {
    const end = performance.now() + PATIENCE * 1000;
    for (;;) {
      await this.store.session.connected(AbortSignal.timeout(PATIENCE * 1000));
      try {
        return await call();
      } catch (error) {
        if (performance.now() > end) throw error;
        await delay(200);
      }
    }
  }
}
