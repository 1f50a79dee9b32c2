import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from './daemon.js';
import type { Program } from './daemon.js';
import { MARK, processesMarked } from './daemon-leftovers.js';
import type { Leftover } from './daemon-leftovers.js';
import type { Patience } from './daemon-patience.js';
import { until } from './daemon-patience.js';
import { ZuulClient } from './daemon-zuul-client.js';

/** Anything that can be written as nodepool.yaml: JSON is YAML. */
export type ConfigText = string | object;

/** A folder with a configuration, the processes that use it, and a client. All of it is gone after `close`. */
export class DaemonWorld {
  private readonly daemons: Daemon[] = [];
  private readonly clients: ZuulClient[] = [];

  private constructor(
    readonly folder: string,
    /** host:port of the ZooKeeper server for clients */
    private readonly server: string,
    readonly chroot: string,
  ) {}

  static async open(name: string, server = '127.0.0.1:1'): Promise<DaemonWorld> {
    const folder = await mkdtemp(join(tmpdir(), `nodepool-${name}-`));
    await mkdir(join(folder, 'images'));
    return new DaemonWorld(folder, server, `/${name}`);
  }

  get configFile(): string {
    return join(this.folder, 'nodepool.yaml');
  }

  get imagesDir(): string {
    return join(this.folder, 'images');
  }

  /** The sections that every configuration here has. @param port of the server, if not the one of the clients */
  basics(port = Number(this.server.split(':')[1])): object {
    return {
      'zookeeper-servers': [{ host: '127.0.0.1', port, chroot: this.chroot }],
      'images-dir': this.imagesDir,
      'build-log-dir': join(this.folder, 'logs'),
    };
  }

  async configure(config: ConfigText): Promise<void> {
    const text = typeof config === 'string' ? config : JSON.stringify(config, null, 2);
    await writeFile(this.configFile, text);
  }

  start(program: Program, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Daemon {
    const daemon = Daemon.start(program, args, { cwd: this.folder, env: { ...this.environment(), ...env } });
    this.daemons.push(daemon);
    return daemon;
  }

  builder(...args: readonly string[]): Daemon {
    return this.start('nodepool-builder', ['-f', '-c', this.configFile, ...args]);
  }

  launcher(...args: readonly string[]): Daemon {
    return this.start('nodepool-launcher', ['-f', '-c', this.configFile, ...args]);
  }

  /** Runs the command line to its end and answers what it printed. @throws Error unless it ends with 0 */
  async nodepool(...args: readonly string[]): Promise<string> {
    const command = this.start('nodepool', ['-c', this.configFile, ...args]);
    const { code } = await command.ending();
    if (code !== 0) throw new Error(`nodepool ${args.join(' ')} ended with ${code}:\n${command.output}`);
    return command.stdout;
  }

  /** @param server another way to the server, host:port */
  async client(server = this.server): Promise<ZuulClient> {
    const client = await ZuulClient.start(`${server}${this.chroot}`);
    this.clients.push(client);
    return client;
  }

  /** Waits; a failure shows what the daemons said last. */
  until<T>(what: string, look: () => T | Promise<T>, patience: Patience = {}): ReturnType<typeof until<T>> {
    return until(what, look, { story: () => this.daemons.map((daemon) => daemon.tail()).join('\n'), ...patience });
  }

  /** Processes started by our daemons, and theirs, that live; the daemons themselves do not count. */
  processes(): Leftover[] {
    return processesMarked(this.folder).filter(({ command }) => !/bin\/nodepool[\w-]*\.js/.test(command));
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await this.killAll();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Ends the daemons and whatever they have started, the hard way. */
  async killAll(): Promise<void> {
    await Promise.all(this.daemons.map((daemon) => daemon.kill()));
    for (const { pid } of processesMarked(this.folder)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended in this moment.
      }
    }
  }

  /** What all processes here get. */
  environment(): NodeJS.ProcessEnv {
    return {
      // disk-image-create uses programs of the administrator.
      PATH: `/usr/sbin:/sbin:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
      HOME: this.folder,
      LANG: 'C.UTF-8',
      TMPDIR: this.folder,
      [MARK]: this.folder,
      NODEPOOL_LOOP_INTERVAL: '0.5',
      NODEPOOL_CLEANUP_INTERVAL: '1',
    };
  }
}
