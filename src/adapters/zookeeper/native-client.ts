/**
 * The part of the npm package `zookeeper` that we use, typed: the binding of Apache's C client, single-threaded on the event loop.
 *
 * We call the binding itself, not the package's wrapper around it, which formats every argument of every call for a log. Watches
 * use the client's one global watcher instead of a function per call: the binding never frees those functions.
 */
import type { WatchEvent } from './watch-registry.js';

export interface NativeStat {
  readonly mzxid: number;
  readonly version: number;
  readonly numChildren: number;
  readonly cversion: number;
  readonly ctime: Date;
  readonly mtime: Date;
  /** Session id in hex; `0` for a persistent record. */
  readonly ephemeralOwner: string;
}

type Done<T extends readonly unknown[]> = (code: number, message: string, ...result: T) => void;

/** Each `a_` call answers 0 if it was taken on (then `done` is called), else an error code. */
interface Binding {
  emit: (event: string, self: unknown, detail: unknown) => void;
  init(config: object): unknown;
  close(): void;
  a_create(path: string, data: Uint8Array | string, flags: number, done: Done<[string]>): number;
  a_get(path: string, watch: boolean, done: Done<[NativeStat | null, Uint8Array | null]>): number;
  a_get_children(path: string, watch: boolean, done: Done<[readonly string[] | null]>): number;
  a_exists(path: string, watch: boolean, done: Done<[NativeStat | null]>): number;
  a_set(path: string, data: Uint8Array | string, version: number, done: Done<[NativeStat | null]>): number;
  a_sync(path: string, done: Done<[]>): number;
  a_delete_(path: string, version: number, done: Done<[]>): number;
  readonly state: number;
  readonly client_id: string;
  readonly client_password: string;
}

export interface SessionCredentials {
  readonly id: string;
  readonly password: string;
}

export interface NativeOptions {
  /** `host:port,host:port`. Names would be looked up on the event loop, so give addresses. */
  readonly connect: string;
  /** Seconds. */
  readonly sessionTimeout: number;
  /** Of a session to go on with. */
  readonly credentials: SessionCredentials | null;
}

export interface NativeEvents {
  onConnected(client: NativeClient): void;
  onDisconnected(client: NativeClient): void;
  /** The session is over or the client gave up; it is of no use any more. */
  onEnded(client: NativeClient): void;
  onWatch(client: NativeClient, event: WatchEvent, path: string): void;
}

const PERSISTENT = 0;
const EPHEMERAL = 1;
const SEQUENTIAL = 2;
const CONNECTED_STATE = 3;
/** Optional: whoever installs without a compiler lacks the package and its types, and has to be able to build all the same. */
const PACKAGE: string = 'zookeeper';
const { default: BindingClass } = (await import(PACKAGE)) as {
  readonly default: new (config: object) => { readonly native: Binding };
};

/** One connection handle of the C client. It reconnects by itself until its session ends. */
export class NativeClient {
  private constructor(private readonly native: Binding) {}

  /**
   * Begins to connect. Answers undefined if that failed at once; then try again later.
   * @throws whatever the binding throws when it can make no handle
   */
  static open(options: NativeOptions, events: NativeEvents): NativeClient | undefined {
    const { native } = new BindingClass({});
    const client = new NativeClient(native);
    native.emit = (event, _self, detail) => dispatch(events, client, event, detail);
    native.init({
      connect: options.connect,
      timeout: Math.round(options.sessionTimeout * 1000),
      // The C client writes its log to stdout and stderr, whatever we do about it.
      debug_level: 0,
      host_order_deterministic: false,
      // The binding would take the pieces of a large answer (a list of many children) for silence and give the session up.
      response_counter_limit: 2 ** 31 - 1,
      ...(options.credentials && {
        client_id: options.credentials.id,
        client_password: options.credentials.password,
      }),
    });
    // 0: no handle, or one whose first attempt failed at once, which the binding never repeats.
    if (native.state !== 0) return client;
    native.emit = () => undefined;
    native.close();
    return undefined;
  }

  get connected(): boolean {
    return this.native.state === CONNECTED_STATE;
  }

  get credentials(): SessionCredentials {
    return { id: this.native.client_id, password: this.native.client_password };
  }

  create(
    path: string,
    data: Uint8Array,
    options: { readonly ephemeral?: boolean; readonly sequential?: boolean },
    done: (code: number, path?: string) => void,
  ): number {
    const flags = (options.ephemeral ? EPHEMERAL : PERSISTENT) | (options.sequential ? SEQUENTIAL : PERSISTENT);
    return this.native.a_create(path, filled(data), flags, (code, _message, created) => done(code, created));
  }

  read(
    path: string,
    watch: boolean,
    done: (code: number, stat?: NativeStat | null, data?: Uint8Array) => void,
  ): number {
    return this.native.a_get(path, watch, (code, _message, stat, data) => done(code, stat, data ?? new Uint8Array()));
  }

  list(path: string, watch: boolean, done: (code: number, names?: readonly string[]) => void): number {
    return this.native.a_get_children(path, watch, (code, _message, names) => done(code, names ?? []));
  }

  stat(path: string, watch: boolean, done: (code: number, stat?: NativeStat | null) => void): number {
    return this.native.a_exists(path, watch, (code, _message, stat) => done(code, stat));
  }

  write(
    path: string,
    data: Uint8Array,
    version: number,
    done: (code: number, stat?: NativeStat | null) => void,
  ): number {
    return this.native.a_set(path, filled(data), version, (code, _message, stat) => done(code, stat));
  }

  remove(path: string, version: number, done: (code: number) => void): number {
    return this.native.a_delete_(path, version, (code) => done(code));
  }

  sync(path: string, done: (code: number) => void): number {
    return this.native.a_sync(path, (code) => done(code));
  }

  /**
   * Ends the session if connected. Call it from a turn of its own: from within a callback of the client it would only drop the
   * connection and leave the session to its time-out. Blocks until the server has answered: milliseconds, at worst 4.5 s.
   */
  close(): void {
    this.native.close();
  }
}

/** An empty array would be stored as null, on which older kazoo clients stumble; an empty text is stored as no bytes. */
function filled(data: Uint8Array): Uint8Array | string {
  return data.length === 0 ? '' : data;
}

function dispatch(events: NativeEvents, client: NativeClient, event: string, detail: unknown): void {
  switch (event) {
    case 'connect':
      return events.onConnected(client);
    case 'connecting':
      return events.onDisconnected(client);
    case 'close':
      return events.onEnded(client);
    case 'created':
    case 'changed':
    case 'deleted':
    case 'child':
      return events.onWatch(client, event, String(detail));
    default:
      return undefined;
  }
}
