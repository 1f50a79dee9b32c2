import { fork } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ZooKeeperServer } from '../support/zookeeper-server.js';
import { LauncherProcess } from './launcher-process.js';
import { cpuSeconds, peakBytes, residentBytes } from './measured-process.js';
import { RawClient } from './raw-client.js';

const FOLDERS = ['nodepool/requests', 'nodepool/requests-lock', 'nodepool/nodes'];

/** `raw` does only what a request needs; the others are the launcher, with its default client of ZooKeeper or the one named. */
export type ContestantKind = 'launcher' | 'raw' | ClientName;
export type ClientName = 'native' | 'wire';

/** Something that serves the requests of a tree, in a process of its own. */
export interface Contestant {
  /** Seconds of CPU used so far. */
  readonly cpu: number;
  /** Resident bytes now, and at most so far. */
  readonly memory: number;
  readonly peak: number;
  /** Requests that exist now. The launcher finds them by itself. */
  tell(ids: readonly string[]): void;
  stop(): Promise<void>;
}

/** A private ZooKeeper with a tree of its own for each measurement. */
export class BenchWorld {
  private trees = 0;
  private readonly clients: RawClient[] = [];

  private constructor(
    readonly server: ZooKeeperServer,
    /** For configurations and logs. */
    readonly folder: string,
  ) {}

  static async open(): Promise<BenchWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'nodepool-bench-run-'));
    return new BenchWorld(await ZooKeeperServer.start(), folder);
  }

  async client(): Promise<RawClient> {
    const client = await RawClient.connect(this.server.address);
    this.clients.push(client);
    return client;
  }

  /** Answers the chroot of a new tree, with its folders. */
  async tree(name: string, client: RawClient): Promise<string> {
    this.trees += 1;
    const chroot = `/${name}-${this.trees}`;
    for (const folder of FOLDERS) await client.makeFolders(`${chroot}/${folder}`);
    return chroot;
  }

  /** @param maxServers of its pool; without limit if left out */
  launcher(chroot: string, client: ClientName = 'wire', maxServers?: number): Promise<LauncherProcess> {
    const limit = maxServers === undefined ? {} : { maxServers };
    return LauncherProcess.start({ folder: this.folder, zooKeeperPort: this.server.port, chroot, client, ...limit });
  }

  async contestant(kind: ContestantKind, chroot: string): Promise<Contestant> {
    if (kind === 'raw') return rawWorker(this.server.address, chroot);
    const launcher = await this.launcher(chroot, kind === 'launcher' ? 'wire' : kind);
    return {
      get cpu() {
        return launcher.cpu;
      },
      get memory() {
        return launcher.memory;
      },
      get peak() {
        return launcher.peak;
      },
      tell: () => undefined,
      stop: () => launcher.stop(),
    };
  }

  /** Packets that the server has received so far. */
  async packets(): Promise<number> {
    const answer = await this.server.ask('mntr');
    return Number(/^zk_packets_received\t(\d+)$/m.exec(answer)?.[1] ?? NaN);
  }

  /** Ends the sessions of all clients made so far. */
  async closeClients(): Promise<void> {
    for (const client of this.clients.splice(0)) await client.close();
  }

  async close(): Promise<void> {
    await this.closeClients();
    await this.server.stop();
    if (process.env['NODEPOOL_BENCH_KEEP']) console.log(`Configurations and logs: ${this.folder}`);
    else await rm(this.folder, { recursive: true });
  }
}

async function rawWorker(address: string, chroot: string): Promise<Contestant> {
  const worker = fork(new URL('raw-worker.js', import.meta.url), [address, chroot]);
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  await new Promise((resolve) => worker.once('message', resolve));
  return {
    get cpu() {
      return cpuSeconds(worker.pid ?? 0);
    },
    get memory() {
      return residentBytes(worker.pid ?? 0);
    },
    get peak() {
      return peakBytes(worker.pid ?? 0);
    },
    tell: (ids) => void worker.send([...ids]),
    async stop() {
      worker.disconnect();
      await ended;
    },
  };
}
