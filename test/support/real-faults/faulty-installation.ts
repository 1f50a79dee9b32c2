import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Daemon, Program } from '../daemon.js';
import { DaemonWorld } from '../daemon-world.js';
import { ZooKeeperServer } from '../zookeeper-server.js';
import type { Fault, FaultKind, FaultTarget } from './fault-plan.js';
import { LAUNCHERS } from './fault-plan.js';
import { FolderCloud } from './folder-cloud.js';
import { HalfOpenLink } from './half-open-link.js';

type DaemonName = Exclude<FaultTarget, 'zookeeper'>;
const DAEMONS: readonly DaemonName[] = [...LAUNCHERS, 'builder'];

interface Member {
  readonly link: HalfOpenLink;
  daemon: Daemon | undefined;
}

/** Everything but how to reach ZooKeeper. */
export type ConfigOf = (cloud: FolderCloud) => object;

/** Two launchers and a builder, each on a link of its own to one ZooKeeper, whom faults befall. */
export class FaultyInstallation {
  readonly cloud: FolderCloud;
  private readonly members = new Map<DaemonName, Member>();
  /** What befalls whom at the moment. */
  private readonly underWay = new Map<FaultTarget, Promise<void>>();

  private constructor(
    readonly server: ZooKeeperServer,
    readonly world: DaemonWorld,
  ) {
    this.cloud = new FolderCloud(path.join(world.folder, 'cloud'));
  }

  static async open(name: string): Promise<FaultyInstallation> {
    const server = await ZooKeeperServer.start();
    const installation = new FaultyInstallation(server, await DaemonWorld.open(name, server.address));
    for (const daemon of DAEMONS) {
      const link = await HalfOpenLink.open(server.port);
      installation.members.set(daemon, { link, daemon: undefined });
    }
    return installation;
  }

  async configure(configOf: ConfigOf): Promise<void> {
    for (const [name, { link }] of this.members) {
      const config = { ...this.world.basics(link.port), ...configOf(this.cloud) };
      await writeFile(this.configFile(name), JSON.stringify(config, null, 2));
    }
  }

  /** Starts all; resolves when there is an image to make nodes from. */
  async start(): Promise<void> {
    for (const name of DAEMONS) this.launch(name);
    await this.member('builder').daemon?.says(/The image was uploaded/);
  }

  /** Lets the fault befall its target as soon as the one before is over, and does not wait for its end. */
  async befall(fault: Fault): Promise<void> {
    await this.underWay.get(fault.target);
    const over = fault.target === 'zookeeper' ? this.befallServer(fault) : this.befallDaemon(fault.target, fault);
    over.catch(() => undefined);
    this.underWay.set(fault.target, over);
  }

  async allOver(): Promise<void> {
    await Promise.all(this.underWay.values());
  }

  /** Asks all to stop. Answers what they did that they should not have. */
  async stop(): Promise<readonly string[]> {
    const ends = [...this.members].map(async ([name, { daemon }]) => {
      if (!daemon?.running) return [`${name} has ended by itself\n${daemon?.tail() ?? ''}`];
      const { code } = await daemon.stop();
      return code === 0 ? [] : [`${name} ended with ${code}`];
    });
    return (await Promise.all(ends)).flat();
  }

  async close(): Promise<void> {
    await this.world.close();
    for (const { link } of this.members.values()) await link.close();
    await this.server.stop();
  }

  private async befallServer({ kind, lasts }: Fault): Promise<void> {
    const { server } = this;
    if (kind === 'stop') await server.freeze();
    else await server.halt();
    await delay(lasts * 1000);
    if (kind === 'stop') server.thaw();
    else await server.launch();
  }

  private async befallDaemon(name: DaemonName, { kind, lasts }: Fault): Promise<void> {
    const { link, daemon } = this.member(name);
    const begin: Readonly<Record<FaultKind, () => unknown>> = {
      kill: () => daemon?.kill(),
      stop: () => daemon?.signal('SIGSTOP'),
      silence: () => link.fallSilent(),
    };
    const end: Readonly<Record<FaultKind, () => void>> = {
      kill: () => this.launch(name),
      stop: () => daemon?.signal('SIGCONT'),
      silence: () => link.heal(),
    };
    await begin[kind]();
    await delay(lasts * 1000);
    end[kind]();
  }

  private launch(name: DaemonName): void {
    const program: Program = name === 'builder' ? 'nodepool-builder' : 'nodepool-launcher';
    const more = name === 'builder' ? ['--fake'] : [];
    this.member(name).daemon = this.world.start(program, ['-f', '-c', this.configFile(name), ...more]);
  }

  private member(name: DaemonName): Member {
    const member = this.members.get(name);
    if (!member) throw new Error(`There is no ${name}`);
    return member;
  }

  private configFile(name: DaemonName): string {
    return path.join(this.world.folder, `${name}.yaml`);
  }
}
