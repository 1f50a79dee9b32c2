import {
  ConnectionLostError,
  SessionLostError,
  StoreClosedError,
  StoreFailureError,
} from '../../../ports/coordination/errors.js';
import { ancestorsOf } from '../../../ports/toolkit/paths.js';
import { SessionTracker } from '../../../ports/toolkit/session-tracker.js';
import { asError } from '../../../ports/toolkit/sleep.js';
import type { Clock } from '../../../ports/runtime/clock.js';
import type { Random } from '../../../ports/runtime/random.js';
import type { Logger } from '../../../ports/telemetry/logger.js';
import { AbsenceLog } from '../absence-log.js';
import { NODE_EXISTS, OK } from '../error-codes.js';
import { formatServer, formatServers } from '../servers.js';
import type { ServerAddress } from '../servers.js';
import { MalformedMessageError } from './jute-reader.js';
import type { JuteReader } from './jute-reader.js';
import type { JuteWriter } from './jute-writer.js';
import { putCreate, request } from './messages.js';
import type { HandshakeAnswer, SessionCredentials } from './messages.js';
import { LARGEST_REQUEST, OPERATION } from './protocol.js';
import { Reconnection } from './reconnection.js';
import { SeenHistory } from './seen-history.js';
import type { SaslLogin } from './sasl-login.js';
import type { Dial } from './transport.js';
import { SessionWatches } from './session-watches.js';
import { WireConnection } from './wire-connection.js';
import type { Caller } from './wire-connection.js';

export interface WireSessionOptions {
  readonly servers: readonly ServerAddress[];
  /** Looks names up; may answer nothing for a while. Never rejects. */
  readonly resolve: (servers: readonly ServerAddress[]) => Promise<readonly ServerAddress[]>;
  readonly dial: Dial;
  /** Prefix without a slash at its end, created if missing; empty for none. */
  readonly prefix: string;
  /** Seconds. */
  readonly sessionTimeout: number;
  /** Of a session to go on with. */
  readonly credentials?: SessionCredentials;
  readonly sasl: SaslLogin | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Seconds the server has to end the session when we close it. */
const CLOSE_PATIENCE = 2;

/** Keeps a session with ZooKeeper for ever: connects, reconnects to whichever server answers, and opens a new one when it is lost. */
export class WireSession {
  readonly tracker = new SessionTracker();
  readonly watches = new SessionWatches();
  private readonly absence: AbsenceLog;
  private readonly reconnection: Reconnection;
  private connection: WireConnection | undefined;
  private session: SessionCredentials | null;
  private readonly history = new SeenHistory();
  private giveUp: () => void = () => undefined;
  private closed = false;

  constructor(private readonly options: WireSessionOptions) {
    const { clock, logger, servers } = options;
    this.session = options.credentials ?? null;
    this.absence = new AbsenceLog(clock, logger, formatServers(servers), () => undefined);
    this.reconnection = new Reconnection(options, (server, patience) => this.attempt(server, patience));
  }

  start(): void {
    this.absence.begin();
    this.reconnection.begin();
  }

  /** Of the session, for whoever is to go on with it; null while there is none. */
  get credentials(): SessionCredentials | null {
    return this.session;
  }

  get pendingCalls(): number {
    return this.connection?.pending ?? 0;
  }

  /** Makes a request; `put` writes what it asks for, `take` reads the answer or throws what the caller gets. */
  call<T>(
    path: string,
    operation: number,
    put: (writer: JuteWriter) => JuteWriter,
    take: (code: number, body: JuteReader) => T,
    size?: number,
  ): Promise<T> {
    const { connection } = this;
    const refusal = this.refusal(path);
    if (refusal || !connection) return Promise.reject(refusal ?? notConnected(path));
    const xid = connection.nextXid();
    const frame = put(request(xid, operation, size)).frame();
    if (frame.length - 4 > LARGEST_REQUEST) return Promise.reject(tooLarge(path, frame.length));
    return new Promise((resolve, reject) => {
      connection.send(xid, frame, {
        answered: (code, body) => {
          try {
            resolve(take(code, body));
          } catch (error) {
            if (!(error instanceof MalformedMessageError)) return reject(asError(error));
            reject(new StoreFailureError('ZooKeeper answered with what cannot be read', path, { cause: error }));
            // Nothing that follows can be relied on either.
            throw error;
          }
        },
        cutOff: () => reject(this.closed ? new StoreClosedError('The store was closed', path) : notConnected(path)),
      });
    });
  }

  /** Ends the session as far as possible. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.absence.end();
    this.reconnection.end();
    this.giveUp();
    this.watches.clear();
    const { connection } = this;
    this.connection = undefined;
    this.tracker.close();
    connection?.abandon();
    await connection?.endSession(CLOSE_PATIENCE);
  }

  private refusal(path: string): Error | undefined {
    if (this.closed) return new StoreClosedError('The store is closed', path);
    if (this.tracker.state === 'lost') return new SessionLostError('There is no ZooKeeper session', path);
    if (this.tracker.state === 'suspended') return notConnected(path);
    return undefined;
  }

  /** Resolves when a server has taken us on (true) or the attempt has come to nothing. */
  private attempt(server: ServerAddress, patience: number): Promise<boolean> {
    const { clock, dial, sessionTimeout, logger } = this.options;
    const handshake = { timeout: sessionTimeout, session: this.session, lastZxid: this.history.greeting };
    return new Promise((resolve) => {
      let taken = false;
      this.giveUp = () => resolve(false);
      const connection: WireConnection = new WireConnection(dial, server, handshake, patience, clock, {
        onHandshake: (answer) => {
          const doubtful = this.history.answered(answer.timeout > 0);
          taken = this.take(connection, server, answer, doubtful);
          if (!taken) connection.destroy();
          resolve(taken);
        },
        onEvent: (event) => this.watches.happened(event),
        onWatchesRefused: () => this.watches.trees.end(),
        onClosed: (reason) => {
          logger.debug('A connection to ZooKeeper ended', { server: formatServer(server), err: reason });
          if (taken) return this.broken(connection);
          if (connection.snubbed) this.reconnection.soon();
          this.history.refused(connection.snubbed, this.options.servers.length);
          resolve(false);
        },
      });
      this.connection = connection;
    });
  }

  private take(connection: WireConnection, server: ServerAddress, answer: HandshakeAnswer, doubtful: boolean): boolean {
    if (this.closed) return false;
    if (answer.timeout === 0) {
      this.ended();
      return false;
    }
    const { logger, sasl } = this.options;
    if (answer.readOnly) {
      const which = { server: formatServer(server) };
      logger.warn('The ZooKeeper server is cut off from its ensemble and answers reads only; trying another', which);
      return false;
    }
    const resumed = this.session !== null;
    this.session = answer.session;
    const resume = (): void => this.resume(connection, server);
    const enter = (): void => {
      if (!resumed) this.opened(connection, server);
      else if (doubtful) this.compare(connection, resume);
      else resume();
    };
    if (!sasl) enter();
    else {
      sasl.login(connection, (problem) => {
        if (!problem) return enter();
        logger.error('ZooKeeper does not accept our name and password', { server: formatServer(server), problem });
        connection.destroy();
        this.broken(connection);
      });
    }
    return true;
  }

  private opened(connection: WireConnection, server: ServerAddress): void {
    const { prefix, logger } = this.options;
    // Everything called from now on comes behind the creation of the chroot.
    for (const path of prefix === '' ? [] : [...ancestorsOf(prefix), prefix]) {
      const xid = connection.nextXid();
      const frame = putCreate(request(xid, OPERATION.create), path, new Uint8Array(), {}).frame();
      connection.send(xid, frame, this.chrootMaker(path));
    }
    this.absence.end();
    logger.info('Connected to ZooKeeper', { servers: formatServer(server), session: this.session?.id });
    this.tracker.opened();
  }

  private chrootMaker(path: string): Caller {
    const { logger } = this.options;
    return {
      answered: (code) => {
        if (code !== OK && code !== NODE_EXISTS) logger.error('The chroot cannot be created', { path, code });
      },
      cutOff: () => undefined,
    };
  }

  /** Any answer tells how far the server is. */
  private compare(connection: WireConnection, resume: () => void): void {
    const xid = connection.nextXid();
    connection.send(xid, request(xid, OPERATION.exists).text('/').bool(false).frame(), {
      answered: () => {
        this.history.compare(connection.lastZxid);
        resume();
      },
      cutOff: () => undefined,
    });
  }

  private resume(connection: WireConnection, server: ServerAddress): void {
    // What was answered so far does not count: of the changes before it nobody has been told yet.
    connection.lastZxid = 0n;
    for (const frame of this.watches.messages(this.history.lastZxid)) connection.tell(frame);
    this.absence.end();
    this.options.logger.info('Connected to ZooKeeper again', { servers: formatServer(server) });
    if (this.tracker.generation === 0) this.tracker.opened();
    else this.tracker.resumed();
    this.watches.restored();
  }

  private broken(connection: WireConnection): void {
    if (connection !== this.connection || this.closed) return;
    this.connection = undefined;
    this.history.saw(connection.lastZxid);
    this.tracker.suspended();
    this.absence.begin();
    this.reconnection.begin();
  }

  /** The server told that the session is over. */
  private ended(): void {
    this.options.logger.warn('The ZooKeeper session is lost', { servers: formatServers(this.options.servers) });
    this.session = null;
    this.watches.clear();
    this.tracker.lost();
    this.absence.begin();
  }
}

function notConnected(path: string): Error {
  return new ConnectionLostError('There is no connection to ZooKeeper', path);
}

function tooLarge(path: string, bytes: number): Error {
  return new StoreFailureError(
    `${path} is not sent: ${bytes} bytes are more than ZooKeeper takes in one message (${LARGEST_REQUEST})`,
    path,
  );
}
