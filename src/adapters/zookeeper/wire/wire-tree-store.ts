import { NoRecordError, RecordExistsError } from '../../../ports/coordination/errors.js';
import { ancestorsOf, checkPath, chrootPrefix } from '../../../ports/toolkit/paths.js';
import type { SessionMonitor } from '../../../ports/coordination/session.js';
import type {
  CreateOptions,
  OperationResult,
  RecordStat,
  TreeOperation,
  TreeRecord,
  TreeStore,
  WatchListener,
} from '../../../ports/coordination/tree-store.js';
import { operationsBehind } from '../../../ports/toolkit/transaction.js';
import { eventBelow } from '../../../ports/toolkit/paths.js';
import type { TreeListener, TreeWatch } from '../../../ports/coordination/tree-watch.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import type { Random } from '../../../ports/runtime/random.js';
import type { Logger } from '../../../ports/telemetry/logger.js';
import { NO_NODE, OK, toError, UNIMPLEMENTED } from '../error-codes.js';
import { resolveServers } from '../servers.js';
import type { ServerAddress } from '../servers.js';
import { TlsTrust } from '../tls-trust.js';
import type { TlsFiles } from '../tls-trust.js';
import type { WatchKind } from '../watch-registry.js';
import type { JuteReader } from './jute-reader.js';
import type { JuteWriter } from './jute-writer.js';
import { putCreate, readStat } from './messages.js';
import type { SessionCredentials } from './messages.js';
import { multiSize, putMulti, readMulti } from './multi.js';
import { ANY_VERSION, ANY_WATCH, OPERATION, PERSISTENT_RECURSIVE } from './protocol.js';
import { SaslLogin } from './sasl-login.js';
import type { SaslCredentials } from './sasl-login.js';
import { dialSockets } from './socket-transport.js';
import type { Dial } from './transport.js';
import { WireSession } from './wire-session.js';

export interface WireStoreOptions {
  readonly servers: readonly ServerAddress[];
  /** Prefix of all paths, e.g. `/ci`; created if missing. Empty for none. */
  readonly chroot: string;
  /** Seconds. The server may shorten or lengthen it. */
  readonly sessionTimeout: number;
  /** Files for mutual TLS, or null for plain text. */
  readonly tls: TlsFiles | null;
  readonly sasl?: SaslCredentials | null;
  /** Of a session to go on with. */
  readonly credentials?: SessionCredentials;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How names become addresses and servers are reached: the system's resolver and sockets unless given. */
  readonly resolve?: (servers: readonly ServerAddress[]) => Promise<readonly ServerAddress[]>;
  readonly dial?: Dial;
}

/** How often parents are made anew when somebody removes them meanwhile. */
const MOST_TRIES = 5;

/** The tree of a ZooKeeper ensemble, over its wire protocol. Call `start` first; it connects in the background, for ever. */
export class WireTreeStore implements TreeStore {
  private readonly prefix: string;
  private connection: WireSession;
  private starting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private trust: TlsTrust | null = null;

  constructor(private readonly options: WireStoreOptions) {
    const { chroot, sasl } = options;
    this.prefix = chrootPrefix(chroot);
    this.connection = new WireSession({
      ...options,
      prefix: this.prefix,
      resolve: options.resolve ?? resolveServers,
      dial: options.dial ?? ((server, events) => dialSockets(this.trust)(server, events)),
      sasl: sasl ? new SaslLogin(sasl) : null,
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

  /** Of the session, for a process that is to go on with it; null while there is none. */
  get credentials(): SessionCredentials | null {
    return this.connection.credentials;
  }

  create(path: string, data: Uint8Array, options: CreateOptions = {}): Promise<string> {
    const { makeParents, ...one } = options;
    return makeParents === true ? this.createWithParents(path, data, one) : this.createOne(path, data, one);
  }

  read(path: string, onChange?: WatchListener): Promise<TreeRecord | undefined> {
    return this.ask(path, OPERATION.getData, onChange, (code, body, full) => {
      if (code === NO_NODE) return undefined;
      if (onChange) this.watch('data', full, onChange);
      const data = body.bytes();
      return { data, stat: readStat(body) };
    });
  }

  list(path: string, onChange?: WatchListener): Promise<readonly string[] | undefined> {
    return this.ask(path, OPERATION.getChildren, onChange, (code, body, full) => {
      if (code === NO_NODE) return undefined;
      if (onChange) this.watch('children', full, onChange);
      return body.texts();
    });
  }

  stat(path: string, onChange?: WatchListener): Promise<RecordStat | undefined> {
    return this.ask(path, OPERATION.exists, onChange, (code, body, full) => {
      // The server keeps the watch on a record that exists with those on data: so must we, to set it again as what it is.
      if (onChange) this.watch(code === NO_NODE ? 'existence' : 'data', full, onChange);
      return code === NO_NODE ? undefined : readStat(body);
    });
  }

  write(path: string, data: Uint8Array, version = ANY_VERSION): Promise<RecordStat> {
    const put = (writer: JuteWriter, full: string): JuteWriter => writer.text(full).bytes(data).int(version);
    return this.call(
      path,
      OPERATION.setData,
      put,
      (code, body) => {
        refuse(code, path);
        return readStat(body);
      },
      data.length + path.length + 64,
    );
  }

  remove(path: string, version = ANY_VERSION): Promise<boolean> {
    const put = (writer: JuteWriter, full: string): JuteWriter => writer.text(full).int(version);
    return this.call(path, OPERATION.remove, put, (code) => {
      if (code !== NO_NODE) refuse(code, path);
      return code === OK;
    });
  }

  sync(path: string): Promise<void> {
    return this.call(
      path,
      OPERATION.sync,
      (writer, full) => writer.text(full),
      (code) => refuse(code, path),
    );
  }

  transaction(operations: readonly TreeOperation[]): Promise<readonly OperationResult[]> {
    const path = operations[0]?.path;
    if (path === undefined) return Promise.resolve([]);
    let sent: readonly TreeOperation[];
    try {
      sent = operationsBehind(this.prefix, operations);
    } catch (error) {
      return Promise.reject(asError(error));
    }
    return this.connection.call(
      path,
      OPERATION.multi,
      (writer) => putMulti(writer, sent),
      (code, body) => {
        refuse(code, path);
        const answer = readMulti(body, sent);
        refuse(answer.code, operations[answer.refused]?.path ?? path);
        return answer.results.map((result) => ({ ...result, path: result.path.slice(this.prefix.length) || '/' }));
      },
      multiSize(sent),
    );
  }

  async watchTree(path: string, listener: TreeListener): Promise<TreeWatch | undefined> {
    const { watches } = this.connection;
    const root = path === '/' ? this.prefix || '/' : this.prefix + path;
    const tell: TreeListener = (event) => listener(eventBelow(this.prefix, event));
    const arrived = watches.trees.expect(root);
    const add = (writer: JuteWriter, full: string): JuteWriter => writer.text(full).int(PERSISTENT_RECURSIVE);
    const known = await this.call(path, OPERATION.addWatch, add, (code) => {
      if (code === UNIMPLEMENTED) return false;
      refuse(code, path);
      watches.overwritten(root);
      watches.trees.add(root, tell);
      return true;
    }).finally(arrived);
    return known ? { stop: () => this.unwatchTree(root, tell) } : undefined;
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async unwatchTree(root: string, tell: TreeListener): Promise<void> {
    const { watches } = this.connection;
    if (!watches.trees.remove(root, tell)) return;
    watches.overwritten(root);
    const put = (writer: JuteWriter): JuteWriter => writer.text(root).int(ANY_WATCH);
    // What has gone wrong is of no account: without a connection there is no watch either.
    await this.connection.call(root, OPERATION.removeWatches, put, () => undefined).catch(() => undefined);
  }

  private async begin(): Promise<void> {
    const { tls, logger } = this.options;
    if (tls) this.trust = await TlsTrust.read(tls, logger);
    if (!this.closing) this.connection.start();
  }

  private async end(): Promise<void> {
    await this.connection.close();
    await this.starting?.catch(() => undefined);
  }

  private async createWithParents(path: string, data: Uint8Array, options: CreateOptions): Promise<string> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.createOne(path, data, options);
      } catch (error) {
        if (!(error instanceof NoRecordError) || tries === MOST_TRIES) throw error;
      }
      await Promise.all(ancestorsOf(path).map((ancestor) => this.ensure(ancestor)));
    }
  }

  private createOne(path: string, data: Uint8Array, options: CreateOptions): Promise<string> {
    const put = (writer: JuteWriter, full: string): JuteWriter => putCreate(writer, full, data, options);
    return this.call(
      path,
      OPERATION.create,
      put,
      (code, body) => {
        refuse(code, path);
        return body.text().slice(this.prefix.length);
      },
      data.length + path.length + 96,
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

  /** A question about one record, with a watch if `onChange` is given; a record that is missing is an answer, too. */
  private ask<T>(
    path: string,
    operation: number,
    onChange: WatchListener | undefined,
    take: (code: number, body: JuteReader, full: string) => T,
  ): Promise<T> {
    let asked = '';
    const put = (writer: JuteWriter, full: string): JuteWriter => {
      asked = full;
      return writer.text(full).bool(onChange !== undefined && !this.connection.watches.needsNone(full));
    };
    return this.call(path, operation, put, (code, body) => {
      if (code !== NO_NODE) refuse(code, path);
      return take(code, body, asked);
    });
  }

  private call<T>(
    path: string,
    operation: number,
    put: (writer: JuteWriter, full: string) => JuteWriter,
    take: (code: number, body: JuteReader) => T,
    size?: number,
    sequential = false,
  ): Promise<T> {
    try {
      checkPath(path, sequential);
    } catch (error) {
      return Promise.reject(asError(error));
    }
    const full = path === '/' && !sequential ? this.prefix || '/' : this.prefix + path;
    return this.connection.call(path, operation, (writer) => put(writer, full), take, size);
  }

  private watch(kind: WatchKind, full: string, onChange: WatchListener): void {
    this.connection.watches.add(kind, full, onChange);
  }
}

/** @throws what the server's code stands for, unless all is well */
function refuse(code: number, path: string): void {
  if (code !== OK) throw toError(code, path);
}
