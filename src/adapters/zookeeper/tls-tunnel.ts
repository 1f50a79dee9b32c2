import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { checkServerIdentity, connect, createSecureContext } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { ConfigError } from '../../domain/config/config-problem.js';
import type { ConfigProblem } from '../../domain/config/config-problem.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { formatServer } from './servers.js';
import type { ServerAddress } from './servers.js';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

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
  private readonly misnamed = new Set<string>();

  private constructor(
    private readonly context: SecureContext,
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
    const tunnel = new TlsTunnel(await readContext(files), clock, logger);
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
    const host = server.host.replace(/^\[(.*)\]$/, '$1');
    const far = connect({
      host,
      port: server.port,
      secureContext: this.context,
      ...serverName(host),
      // The authority alone is decisive, as for kazoo: certificates of existing installations often name another host.
      checkServerIdentity: (name, certificate) => {
        const mismatch = checkServerIdentity(name, certificate);
        if (mismatch) this.warnOnce(formatServer(server), mismatch.message);
        return undefined;
      },
    });
    far.setNoDelay(true);
    let secured = false;
    far.once('secureConnect', () => (secured = true));
    const pipe = { near, far };
    this.pipes.add(pipe);
    const end = (error?: Error): void => {
      if (!this.pipes.delete(pipe)) return;
      if (error && !secured && isDistrust(error)) this.distrust(formatServer(server), error);
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

  /** Trying again does not help; the client below knows only that there is no connection. */
  private distrust(server: string, error: Error): void {
    const key = `${server} ${error.message}`;
    if (this.misnamed.has(key)) return;
    this.misnamed.add(key);
    this.logger.warn(
      'The TLS connection to ZooKeeper cannot be made: check the files named by zookeeper-tls, ca first',
      {
        server,
        problem: error.message,
      },
    );
  }

  private warnOnce(server: string, problem: string): void {
    if (this.misnamed.has(server)) return;
    this.misnamed.add(server);
    this.logger.warn('The TLS certificate of ZooKeeper was issued for another name', { server, problem });
  }
}

/** The server's certificate is not accepted, or ours is not, or it speaks no TLS. */
function isDistrust(error: Error): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return /CERT|SIGNATURE|^ERR_SSL|^ERR_TLS|^EPROTO$/.test(code);
}

/** Certificates of servers named by address carry the address; a server name would be refused. */
function serverName(host: string): { readonly servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host };
}

async function readContext(files: TlsFiles): Promise<SecureContext> {
  const problems: ConfigProblem[] = [];
  const read = async (key: keyof TlsFiles): Promise<Buffer | undefined> => {
    try {
      return await readFile(files[key]);
    } catch (error) {
      problems.push(problem(files[key], key, `the file cannot be read (${codeOf(error)})`));
      return undefined;
    }
  };
  const [cert, key, ca] = [await read('cert'), await read('key'), await read('ca')];
  if (!cert || !key || !ca) throw new ConfigError(problems);
  const usable = (name: keyof TlsFiles, options: Parameters<typeof createSecureContext>[0]): void => {
    try {
      createSecureContext(options);
    } catch (error) {
      problems.push(problem(files[name], name, `the file is no usable PEM file (${codeOf(error)})`));
    }
  };
  usable('ca', { ca });
  usable('cert', { cert });
  if (problems.length === 0) usable('key', { cert, key });
  if (problems.length > 0) throw new ConfigError(problems);
  return createSecureContext({ cert, key, ca });
}

function problem(file: string, key: keyof TlsFiles, message: string): ConfigProblem {
  const mend = `check the file named by zookeeper-tls.${key}`;
  return { file, line: null, column: null, keyPath: `zookeeper-tls.${key}`, message, mend, severity: 'error' };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
