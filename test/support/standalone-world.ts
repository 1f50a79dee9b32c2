import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Container } from 'inversify';
import { apiModules } from '../../src/apps/composition/admin-module.js';
import { builderModule, launcherModule } from '../../src/apps/composition/daemon-modules.js';
import { imageBuildingModule } from '../../src/apps/composition/image-building-module.js';
import { intervalsFrom } from '../../src/apps/composition/intervals.js';
import { TOKENS } from '../../src/apps/composition/tokens.js';
import { openProcess, type NodepoolProcess } from '../../src/apps/main/daemon.js';
import type { Node } from '../../src/domain/model/node.js';
import { REQUEST_DEFAULTS, type RequestId } from '../../src/domain/model/request.js';
import type { Records } from '../../src/ports/records/records.js';
import type { RecordLease } from '../../src/ports/records/record-lease.js';
import { eventually } from './eventually.js';
import { aCaller, aWish, digestOf } from './lease-world.js';

export interface StandaloneOptions {
  /** Off: leases are what the test writes, and nobody ends them. */
  readonly gateway?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called before anything runs. */
  readonly seed?: (records: Records) => Promise<void>;
}

/** Launcher, builder and web interface in this process, put together as the executables do it, on a store in memory. */
export class StandaloneWorld {
  private readonly used: RecordLease<Node>[] = [];

  private constructor(
    readonly container: Container,
    readonly web: string,
    private readonly running: NodepoolProcess,
    private readonly folder: string,
  ) {}

  /** The file that was read and is looked at for changes. */
  get configFile(): string {
    return path.join(this.folder, 'nodepool.json');
  }

  /** @param config everything but the directories and the web interface */
  static async start(
    config: object,
    { environment = {}, seed, gateway = true }: StandaloneOptions = {},
  ): Promise<StandaloneWorld> {
    const folder = await mkdtemp(path.join(tmpdir(), 'nodepool-world-'));
    await mkdir(path.join(folder, 'images'));
    const configPath = path.join(folder, 'nodepool.json');
    const directories = { 'images-dir': path.join(folder, 'images'), 'build-log-dir': path.join(folder, 'logs') };
    await writeFile(configPath, JSON.stringify({ ...directories, ...config }));
    const intervals = intervalsFrom({
      NODEPOOL_LOOP_INTERVAL: '0.2',
      NODEPOOL_CLEANUP_INTERVAL: '0.5',
      NODEPOOL_STATS_INTERVAL: '0.5',
    });
    const running = await openProcess(
      {
        configPath,
        securePath: null,
        debug: false,
        logTo: { file: path.join(folder, 'nodepool.log') },
        place: 'memory',
        environment,
      },
      [
        imageBuildingModule(true),
        launcherModule(intervals.launcher),
        builderModule({ intervals: intervals.builder }),
        ...apiModules(),
      ],
    );
    const { container } = running;
    await seed?.(container.get(TOKENS.records));
    const port = await container.get(TOKENS.web).listen(0, '127.0.0.1');
    await container.get(TOKENS.launcher).start();
    await container.get(TOKENS.builder).start();
    if (gateway) await container.get(TOKENS.leaseGateway).start();
    return new StandaloneWorld(container, `http://127.0.0.1:${port}`, running, folder);
  }

  get records(): Records {
    return this.container.get(TOKENS.records);
  }

  async request(labels: readonly string[], requestor = 'zuul'): Promise<RequestId> {
    const now = Date.now() / 1000;
    const request = await this.records.requests.create('200', {
      ...REQUEST_DEFAULTS,
      state: 'requested',
      stateTime: now,
      createdTime: now,
      nodeTypes: labels,
      requestor,
    });
    return request.id;
  }

  /** Waits until the request is fulfilled, and uses its nodes. */
  async use(id: RequestId): Promise<void> {
    const { requests, nodes } = this.records;
    await eventually(`${id} is fulfilled`, () => requests.view.get(id)?.value.state === 'fulfilled', 60);
    for (const node of requests.view.get(id)?.value.nodes ?? []) {
      const outcome = await nodes.lock(node);
      if (outcome.kind !== 'locked') throw new Error(`${node} cannot be locked: ${outcome.kind}`);
      await outcome.lease.update({ state: 'in-use' });
      this.used.push(outcome.lease);
    }
    await requests.remove(id);
  }

  /** Gives all nodes back that were used. */
  async giveBack(): Promise<void> {
    for (const lease of this.used.splice(0)) {
      await lease.update({ state: 'used' });
      await lease.release();
    }
  }

  /** Leases a node of the label, uses it and gives it back. */
  async lease(label: string, holder: string): Promise<void> {
    const desk = this.container.get(TOKENS.leaseDesk);
    const [id, wish, caller] = [desk.freshId(), aWish({ labels: [label] }), aCaller(holder)];
    await desk.create(id, wish, digestOf(wish), caller, true);
    const state = (): string | undefined => this.records.leases.view.get(id)?.value.state;
    await eventually(`the lease of ${label} is active`, () => state() === 'active', 60);
    await desk.end(id, caller, { verdict: 'ok', note: null });
    await eventually(`the lease of ${label} has ended`, () => state() === 'ended');
  }

  /** Number of nodes in a state. */
  count(state: string): number {
    return [...this.records.nodes.view.all().values()].filter(({ value }) => value.state === state).length;
  }

  async stop(): Promise<void> {
    await this.container.get(TOKENS.web).close();
    await Promise.all(this.used.splice(0).map((lease) => lease.release()));
    await this.container.get(TOKENS.leaseGateway).stop();
    await Promise.all([
      this.container.get(TOKENS.launcher).stop(),
      this.container.get(TOKENS.builder).stop({ killBuilds: true }),
    ]);
    await this.running.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
