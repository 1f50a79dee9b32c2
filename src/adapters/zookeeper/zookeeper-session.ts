import { setImmediate } from 'node:timers';
import { ConnectionLostError, SessionLostError, StoreClosedError } from '../../ports/coordination/errors.js';
import { ancestorsOf } from '../../ports/toolkit/paths.js';
import { SessionTracker } from '../../ports/toolkit/session-tracker.js';
import { asError, sleep } from '../../ports/toolkit/sleep.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { AbsenceLog } from './absence-log.js';
import { isConnectionLoss, isSessionEnd, NODE_EXISTS, OK, toError } from './error-codes.js';
import { NativeClient } from './native-client.js';
import type { SessionCredentials } from './native-client.js';
import { formatServers, resolveServers } from './servers.js';
import type { ServerAddress } from './servers.js';
import { WatchRegistry } from './watch-registry.js';

export interface ZooKeeperSessionOptions {
  /** Where to connect to: the servers or the entrances of a tunnel. */
  readonly entrances: () => readonly ServerAddress[];
  /** How the servers are named in the log. */
  readonly servers: string;
  /** Prefix without a slash at its end, created if missing; empty for none. */
  readonly prefix: string;
  /** Seconds. */
  readonly sessionTimeout: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Call {
  readonly path: string;
  readonly reject: (reason: Error) => void;
}

/** Seconds between two tries to begin a session that failed at once. */
const RETRY = 1;
/** Seconds without a connection after which a fresh C client takes over the session, for the old one may be stuck. */
const RENEWAL = 20;
/**
 * Bytes of watched paths above which a fresh C client takes over after a disconnect. The old one would set all its watches again in
 * one message, which the server refuses, and the connection with it, above 1 MiB (`jute.maxbuffer`).
 */
const WATCHES_AT_ONCE = 512 * 1024;

/**
 * Keeps a session with ZooKeeper for ever: connects, reconnects, and opens a new one when it is lost. While the session lives the
 * C client reconnects by itself and sets its watches again.
 */
export class ZooKeeperSession {
  readonly tracker = new SessionTracker();
  readonly watches = new WatchRegistry();
  private readonly calls = new Set<Call>();
  private readonly stopping = new AbortController();
  private readonly absence: AbsenceLog;
  private native: NativeClient | undefined;
  private opening: Promise<void> | undefined;
  private addresses = '';
  private credentials: SessionCredentials | null = null;
  private nativeSince = -Infinity;
  /** The C client that held the registered watches was replaced: nobody will tell us what changed meanwhile. */
  private watchesLost = false;

  constructor(private readonly options: ZooKeeperSessionOptions) {
    const { clock, logger, servers } = options;
    this.absence = new AbsenceLog(clock, logger, servers, () => this.whileAway());
  }

  start(): void {
    this.absence.begin();
    this.open();
  }

  /** Calls without an answer yet. */
  get pendingCalls(): number {
    return this.calls.size;
  }

  /** Issues a call; `issue` hands it to the C client. */
  call<T>(
    path: string,
    issue: (native: NativeClient, done: (code: number, result: () => T) => void) => number,
  ): Promise<T> {
    const { native, tracker } = this;
    if (this.stopping.signal.aborted) return Promise.reject(new StoreClosedError('The store is closed', path));
    if (tracker.state === 'lost') return Promise.reject(new SessionLostError('There is no ZooKeeper session', path));
    if (tracker.state === 'suspended') {
      return Promise.reject(new ConnectionLostError('There is no connection to ZooKeeper', path));
    }
    return new Promise((resolve, reject) => {
      const call = { path, reject };
      this.calls.add(call);
      // The client went in this very turn: the call fails when that is told.
      if (!native) return;
      const wasConnected = native.connected;
      const code = issue(native, (answer, result) => {
        if (!this.calls.has(call) || this.interrupted(native, answer)) return;
        this.calls.delete(call);
        if (answer !== OK) return reject(toError(answer, path));
        try {
          resolve(result());
        } catch (error) {
          reject(asError(error));
        }
      });
      if (wasConnected && !native.connected) this.severed(native);
      if (code !== OK && !this.interrupted(native, code) && this.calls.delete(call)) reject(toError(code, path));
    });
  }

  /**
   * Did a call fail for the connection's sake? Then it stays among the calls under way and fails with them as soon as the state of the
   * session is told: whoever learns of the failure and tries again while the session is said to be connected would never end.
   */
  private interrupted(native: NativeClient, code: number): boolean {
    if (isConnectionLoss(code)) this.broken(native, true);
    else if (isSessionEnd(code)) this.ended(native);
    else return false;
    return true;
  }

  /** Resolves when the session was ended as far as possible. */
  async close(endSessions: () => Promise<void>): Promise<void> {
    this.stopping.abort(new StoreClosedError('The store was closed', null));
    this.absence.end();
    this.watches.clear();
    this.failCalls((path) => new StoreClosedError('The store was closed', path));
    this.tracker.close();
    await this.opening;
    if (this.native?.connected) await endSessions();
    await nextTurn();
    this.native?.close();
    this.native = undefined;
  }

  /** While there is no client, one is being made: whoever takes one away calls this. */
  private open(): void {
    this.opening ??= this.connect()
      .catch((error: unknown) => {
        if (!this.stopping.signal.aborted) throw error;
      })
      .finally(() => (this.opening = undefined));
  }

  /** Makes a C client; on its own turn, since the old one may be calling. */
  private async connect(): Promise<void> {
    const { clock, entrances } = this.options;
    const { signal } = this.stopping;
    const tooSoon = this.nativeSince + RETRY - clock.monotonic();
    if (tooSoon > 0) await sleep(clock, tooSoon, signal);
    for (;;) {
      this.addresses = formatServers(await resolveServers(entrances()));
      await nextTurn();
      if (signal.aborted) return;
      this.native = this.addresses === '' ? undefined : this.makeClient();
      if (this.native) {
        this.nativeSince = clock.monotonic();
        return;
      }
      await sleep(clock, RETRY, signal);
    }
  }

  private makeClient(): NativeClient | undefined {
    const { sessionTimeout, logger } = this.options;
    try {
      return NativeClient.open(
        { connect: this.addresses, sessionTimeout, credentials: this.credentials },
        {
          onConnected: (native) => this.connected(native),
          onDisconnected: (native) => this.broken(native),
          onEnded: (native) => this.ended(native),
          onWatch: (native, event, path) => native === this.native && this.watches.trigger(event, path),
        },
      );
    } catch (error) {
      logger.error('Cannot connect to ZooKeeper', { err: error });
      return undefined;
    }
  }

  private connected(native: NativeClient): void {
    if (native !== this.native || !native.connected || this.stopping.signal.aborted) return;
    this.absence.end();
    const resumed = this.credentials !== null;
    this.credentials = native.credentials;
    if (resumed) return this.resume();
    // Everything called from now on comes behind the creation of the chroot.
    for (const path of this.options.prefix === '' ? [] : [...ancestorsOf(this.options.prefix), this.options.prefix]) {
      native.create(path, new Uint8Array(), {}, (code) => {
        if (code === OK || code === NODE_EXISTS || isConnectionLoss(code)) return;
        this.options.logger.error('The chroot cannot be created', { path, code });
      });
    }
    this.options.logger.info('Connected to ZooKeeper', {
      servers: this.options.servers,
      session: native.credentials.id,
    });
    this.tracker.opened();
  }

  private resume(): void {
    this.options.logger.info('Connected to ZooKeeper again', { servers: this.options.servers });
    this.tracker.resumed();
    if (!this.watchesLost) return;
    this.watchesLost = false;
    this.watches.triggerAll();
  }

  /**
   * The connection broke. Told in a turn of its own: the C client has just closed its socket, and whoever opened another in one of
   * its callbacks would be given the same file descriptor before libuv has let go of it.
   */
  private broken(native: NativeClient, callsFailed = false): void {
    setImmediate(() => {
      if (native !== this.native || this.stopping.signal.aborted) return;
      if (native.connected && !callsFailed) return;
      this.suspend();
      // Back already: that is told in the next turn.
      if (native.connected) setImmediate(() => this.connected(native));
      else if (this.watches.wireSize > WATCHES_AT_ONCE) this.renew();
    });
  }

  /** First the state, then the failures. */
  private suspend(): void {
    this.tracker.suspended();
    this.failCalls((path) => new ConnectionLostError('The connection to ZooKeeper was lost', path));
    this.absence.begin();
  }

  /**
   * The C client sends within the call, and closes its socket there and then if the server is gone. The event loop does not hear
   * of it, and the process is aborted (EBADF in libuv) when the loop next waits on that socket. So the client has to go before
   * this turn ends; a fresh one takes over the session.
   */
  private severed(native: NativeClient): void {
    if (native !== this.native) return;
    this.native = undefined;
    this.watchesLost = this.credentials !== null;
    native.close();
    setImmediate(() => {
      if (this.stopping.signal.aborted) return;
      this.suspend();
      this.open();
    });
  }

  /** The server ended the session, or the C client gave up. */
  private ended(native: NativeClient): void {
    if (native !== this.native) return;
    this.native = undefined;
    this.credentials = null;
    this.watchesLost = false;
    this.watches.clear();
    setImmediate(() => {
      // One that told of it by the answer to a call is open, and would go on beside the next.
      native.close();
      if (this.stopping.signal.aborted) return;
      this.options.logger.warn('The ZooKeeper session is lost', { servers: this.options.servers });
      this.tracker.lost();
      this.failCalls((path) => new SessionLostError('The ZooKeeper session is over', path));
      this.absence.begin();
      this.open();
    });
  }

  private whileAway(): void {
    const { clock, entrances } = this.options;
    if (this.opening || !this.native) return;
    if (clock.monotonic() - this.nativeSince >= RENEWAL) return this.renew();
    const native = this.native;
    void resolveServers(entrances()).then((found) => {
      const addresses = formatServers(found);
      if (addresses !== '' && addresses !== this.addresses && native === this.native) this.renew();
    });
  }

  /** Hands the session over to a fresh C client. Its watches are lost with the old one, so all of them fire on the reconnect. */
  private renew(): void {
    const old = this.native;
    if (!old || old.connected || this.stopping.signal.aborted) return;
    this.native = undefined;
    this.watchesLost = this.credentials !== null;
    // At once: connected, it would end the session. Nobody in the C client is calling us.
    old.close();
    this.open();
  }

  private failCalls(reason: (path: string) => Error): void {
    const failed = [...this.calls];
    this.calls.clear();
    for (const { path, reject } of failed) reject(reason(path));
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
