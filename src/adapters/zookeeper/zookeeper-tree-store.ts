import { NoRecordError, RecordExistsError, StoreFailureError } from '../../ports/coordination/errors.js';
import { ancestorsOf, checkPath, chrootPrefix } from '../../ports/toolkit/paths.js';
import type { SessionMonitor } from '../../ports/coordination/session.js';
import type {
  CreateOptions,
  RecordStat,
  TreeRecord,
  TreeStore,
  WatchListener,
} from '../../ports/coordination/tree-store.js';
import { asError } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { NO_NODE, OK } from './error-codes.js';
import type { NativeClient, NativeStat } from './native-client.js';
import { formatServers } from './servers.js';
import type { ServerAddress } from './servers.js';
import { TlsTunnel } from './tls-tunnel.js';
import type { TlsFiles } from './tls-trust.js';
import type { WatchKind } from './watch-registry.js';
import { ZooKeeperSession } from './zookeeper-session.js';

export interface ZooKeeperOptions {
  readonly servers: readonly ServerAddress[];
  /** Prefix of all paths, e.g. `/ci`; created if missing. Empty for none. */
  readonly chroot: string;
  /** Seconds. The server may shorten or lengthen it. */
  readonly sessionTimeout: number;
  /** Files for mutual TLS, or null for plain text. */
  readonly tls: TlsFiles | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ANY_VERSION = -1;
/** How often parents are made anew when somebody removes them meanwhile. */
const MOST_TRIES = 5;

type Call<T> = (native: NativeClient, full: string, done: (code: number, result: () => T) => void) => number;

/** The tree of a ZooKeeper ensemble. Call `start` first; it connects in the background, for ever. */
export class ZooKeeperTreeStore implements TreeStore {
  private readonly prefix: string;
  private readonly connection: ZooKeeperSession;
  private tunnel: TlsTunnel | undefined;
  private starting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private entrances: readonly ServerAddress[];

  constructor(private readonly options: ZooKeeperOptions) {
    this.prefix = chrootPrefix(options.chroot);
    this.entrances = options.servers;
    this.connection = new ZooKeeperSession({
      entrances: () => this.entrances,
      servers: formatServers(options.servers),
      prefix: this.prefix,
      sessionTimeout: options.sessionTimeout,
      clock: options.clock,
      logger: options.logger,
    });
  }

  /**
   * Begins to connect and resolves without waiting for the connection (`session.connected()` does). Idempotent.
   * @throws ConfigError if a TLS file cannot be read or used
   */
  start(): Promise<void> {
    this.starting ??= this.begin();
    return this.starting;
  }

  get pendingCalls(): number {
    return this.connection.pendingCalls;
  }

  get session(): SessionMonitor {
    return this.connection.tracker;
  }

  async create(path: string, data: Uint8Array, options: CreateOptions = {}): Promise<string> {
    if (options.makeParents !== true) return this.createOne(path, data, options);
    for (let tries = 1; ; tries++) {
      try {
        return await this.createOne(path, data, options);
      } catch (error) {
        if (!(error instanceof NoRecordError) || tries === MOST_TRIES) throw error;
      }
      await Promise.all(ancestorsOf(path).map((ancestor) => this.ensure(ancestor)));
    }
  }

  read(path: string, onChange?: WatchListener): Promise<TreeRecord | undefined> {
    return this.call(path, (native, full, done) =>
      native.read(full, onChange !== undefined, (code, stat, data) => {
        if (code === OK) this.watch('data', full, onChange);
        done(absentIsOk(code), () => (stat && data ? { data, stat: toStat(stat) } : undefined));
      }),
    );
  }

  list(path: string, onChange?: WatchListener): Promise<readonly string[] | undefined> {
    return this.call(path, (native, full, done) =>
      native.list(full, onChange !== undefined, (code, names) => {
        if (code === OK) this.watch('children', full, onChange);
        done(absentIsOk(code), () => (code === OK ? names : undefined));
      }),
    );
  }

  stat(path: string, onChange?: WatchListener): Promise<RecordStat | undefined> {
    return this.call(path, (native, full, done) =>
      native.stat(full, onChange !== undefined, (code, stat) => {
        if (code === OK || code === NO_NODE) this.watch('existence', full, onChange);
        done(absentIsOk(code), () => (stat ? toStat(stat) : undefined));
      }),
    );
  }

  write(path: string, data: Uint8Array, version = ANY_VERSION): Promise<RecordStat> {
    return this.call(path, (native, full, done) =>
      native.write(full, data, version, (code, stat) => done(code, () => toStat(present(stat)))),
    );
  }

  remove(path: string, version = ANY_VERSION): Promise<boolean> {
    return this.call(path, (native, full, done) =>
      native.remove(full, version, (code) => done(absentIsOk(code), () => code === OK)),
    );
  }

  /** The server that we are connected to may lag behind the others. */
  sync(path: string): Promise<void> {
    return this.call(path, (native, full, done) => native.sync(full, (code) => done(code, () => undefined)));
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async begin(): Promise<void> {
    const { servers, tls, clock, logger } = this.options;
    if (tls) {
      const { tunnel, entrances } = await TlsTunnel.open(servers, tls, clock, logger);
      this.tunnel = tunnel;
      this.entrances = entrances;
    }
    if (!this.closing) this.connection.start();
  }

  private async end(): Promise<void> {
    await this.connection.close(async () => this.tunnel?.endSessions());
    await this.starting?.catch(() => undefined);
    await this.tunnel?.close();
  }

  private createOne(path: string, data: Uint8Array, options: CreateOptions): Promise<string> {
    return this.call(
      path,
      (native, full, done) =>
        native.create(full, data, options, (code, created) => done(code, () => this.outside(present(created)))),
      options.sequential,
    );
  }

  private async ensure(path: string): Promise<void> {
    try {
      await this.createOne(path, new Uint8Array(), {});
    } catch (error) {
      if (!(error instanceof RecordExistsError) && !(error instanceof NoRecordError)) throw error;
    }
  }

  private call<T>(path: string, issue: Call<T>, sequential = false): Promise<T> {
    try {
      checkPath(path, sequential);
    } catch (error) {
      return Promise.reject(asError(error));
    }
    const full = path === '/' && !sequential ? this.prefix || '/' : this.prefix + path;
    return this.connection.call(path, (native, done) => issue(native, full, done));
  }

  private watch(kind: WatchKind, full: string, onChange: WatchListener | undefined): void {
    if (onChange) this.connection.watches.add(kind, full, onChange);
  }

  private outside(full: string): string {
    return full.slice(this.prefix.length);
  }
}

function absentIsOk(code: number): number {
  return code === NO_NODE ? OK : code;
}

function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new StoreFailureError('ZooKeeper answered without a result', null);
  return value;
}

function toStat(stat: NativeStat): RecordStat {
  return {
    version: stat.version,
    createdTime: stat.ctime.getTime() / 1000,
    modifiedTime: stat.mtime.getTime() / 1000,
    modifiedId: stat.mzxid,
    ephemeral: stat.ephemeralOwner !== '0',
    childCount: stat.numChildren,
    // What clients see counts creations twice and takes off the children that are left (org.apache.zookeeper.server.DataNode#copyStat).
    childCreations: ((stat.cversion + stat.numChildren) / 2) | 0,
  };
}
