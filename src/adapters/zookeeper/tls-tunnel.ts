import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { formatServer } from './servers.js';
import type { ServerAddress } from './servers.js';
import { TlsTrust } from './tls-trust.js';
import type { TlsFiles } from './tls-trust.js';

interface Pipe {
  readonly near: Socket;
  readonly far: TLSSocket;
}

/** A request to end the session: length 8, request number 1, operation -11. */
const CLOSE_SESSION = Buffer.from([0, 0, 0, 8, 0, 0, 0, 1, 255, 255, 255, 245]);
/** Seconds the server has to end the session. */
const CLOSE_PATIENCE = 2;

/**
 * Mutual TLS for a client that has none: one listener per server on the loopback interface, each connection piped to the server
 * through TLS. Only processes of this machine can reach the listeners, and ZooKeeper itself has no other protection here.
 */
export class TlsTunnel {
  private readonly listeners: Server[] = [];
  private readonly pipes = new Set<Pipe>();

  private constructor(
    private readonly trust: TlsTrust,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** @throws ConfigError naming every file that cannot be read or used */
  static async open(
    servers: readonly ServerAddress[],
    files: TlsFiles,
    clock: Clock,
    logger: Logger,
  ): Promise<{ readonly tunnel: TlsTunnel; readonly entrances: readonly ServerAddress[] }> {
    const tunnel = new TlsTunnel(await TlsTrust.read(files, logger), clock, logger);
    try {
      const entrances = await Promise.all(servers.map((server) => tunnel.listen(server)));
      return { tunnel, entrances };
    } catch (error) {
      await tunnel.close();
      throw error;
    }
  }

  /**
   * Asks the server to end the session of each connection and waits until it has hung up. The C client cannot be left to do
   * that: it would block the event loop, and with it this tunnel. Only when no call is under way.
   */
  async endSessions(): Promise<void> {
    await Promise.all(
      [...this.pipes].map(
        ({ near, far }) =>
          new Promise<void>((resolve) => {
            const cancel = this.clock.schedule(CLOSE_PATIENCE, resolve);
            near.once('close', () => {
              cancel();
              resolve();
            });
            // The C client would abort the process over an answer to a request it never made.
            far.unpipe(near).resume();
            far.write(CLOSE_SESSION);
          }),
      ),
    );
  }

  async close(): Promise<void> {
    for (const { near, far } of this.pipes) {
      near.destroy();
      far.destroy();
    }
    await Promise.all(this.listeners.map((listener) => new Promise((resolve) => listener.close(resolve))));
  }

  private async listen(server: ServerAddress): Promise<ServerAddress> {
    const listener = createServer({ noDelay: true }, (near) => this.pipe(near, server));
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(0, '127.0.0.1', resolve);
    });
    this.listeners.push(listener);
    const address = listener.address();
    if (address === null || typeof address === 'string') throw new Error('The loopback listener has no port');
    return { host: address.address, port: address.port };
  }

  private pipe(near: Socket, server: ServerAddress): void {
    const far = connect(this.trust.options(server));
    far.setNoDelay(true);
    const pipe = { near, far };
    this.pipes.add(pipe);
    const end = (error?: Error): void => {
      if (!this.pipes.delete(pipe)) return;
      if (error) this.trust.failed(server, error);
      if (error) this.logger.debug('TLS connection to ZooKeeper ended', { server: formatServer(server), err: error });
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.on('error', end);
      socket.on('close', () => end());
    }
    near.pipe(far).pipe(near);
  }
}
