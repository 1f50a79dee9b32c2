import { readFile } from 'node:fs/promises';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import type { ConnectionOptions, SecureContext } from 'node:tls';
import { ConfigError } from '../../domain/config/config-problem.js';
import type { ConfigProblem } from '../../domain/config/config-problem.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import { formatServer } from './servers.js';
import type { ServerAddress } from './servers.js';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Our certificate, and whose certificates we believe. */
export class TlsTrust {
  private readonly misnamed = new Set<string>();

  private constructor(
    private readonly context: SecureContext,
    private readonly logger: Logger,
  ) {}

  /** @throws ConfigError naming every file that cannot be read or used */
  static async read(files: TlsFiles, logger: Logger): Promise<TlsTrust> {
    return new TlsTrust(await readContext(files), logger);
  }

  options(server: ServerAddress): ConnectionOptions {
    const host = server.host.replace(/^\[(.*)\]$/, '$1');
    return {
      host,
      port: server.port,
      secureContext: this.context,
      ...serverName(server.name ?? host),
      // The authority alone is decisive, as for kazoo: certificates of existing installations often name another host.
      checkServerIdentity: (name, certificate) => {
        const mismatch = checkServerIdentity(name, certificate);
        if (mismatch) this.warnOnce(formatServer(server), mismatch.message);
        return undefined;
      },
    };
  }

  /**
   * A connection failed. If that is for want of trust, trying again does not help: it is told once. By TLS 1.3 a server refuses our
   * certificate when the connection counts as secured on our side.
   */
  failed(server: ServerAddress, error: Error): void {
    const { code = '' } = error as NodeJS.ErrnoException;
    const name = formatServer(server);
    const key = `${name} ${error.message}`;
    if (!/CERT|SIGNATURE|^ERR_SSL|^ERR_TLS|^EPROTO$/.test(code) || this.misnamed.has(key)) return;
    this.misnamed.add(key);
    this.logger.warn(
      'The TLS connection to ZooKeeper cannot be made: check the files named by zookeeper-tls, ca first',
      {
        server: name,
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
  const hint = `check the file named by zookeeper-tls.${key}`;
  return { file, line: null, column: null, keyPath: `zookeeper-tls.${key}`, message, hint, severity: 'error' };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
