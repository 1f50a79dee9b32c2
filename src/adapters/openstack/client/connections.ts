import { readFile } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import { Agent, ProxyAgent } from 'undici';
import type { CloudTls } from '../clouds/cloud-access.js';
import type { CloudProxies } from '../clouds/cloud-proxies.js';
import { proxyFor } from './proxies.js';

/** Seconds to connect, TLS included; a host that does not answer is then tried again within the call's deadline. */
const CONNECT_TIMEOUT = 15;
/** Seconds. Shorter than what servers allow, so that we do not write on a connection that is just being closed. */
const KEEP_ALIVE = 4;
const CONNECTIONS_PER_HOST = 16;

/** A file of the cloud's TLS settings cannot be read. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
}

/** The connections to one cloud, kept open between calls. */
export class Connections {
  private readonly agents = new Map<string, Dispatcher>();
  private tlsOptions: Promise<object> | null = null;
  private closed = false;

  constructor(
    private readonly tls: CloudTls,
    private readonly proxies: CloudProxies | undefined,
  ) {}

  /** @throws TlsFileError */
  async dispatcherFor(url: URL): Promise<Dispatcher> {
    this.tlsOptions ??= readTlsFiles(this.tls).catch((error: unknown) => {
      // Somebody may put the file into place.
      this.tlsOptions = null;
      throw error;
    });
    const tls = await this.tlsOptions;
    const proxy = (this.proxies && proxyFor(url, this.proxies)) ?? '';
    const known = this.agents.get(proxy);
    if (known) return known;
    const made = proxy === '' ? directAgent(tls) : proxyAgent(proxy, tls);
    this.agents.set(proxy, made);
    // Closed while the files were read: whoever uses it now finds it closed.
    if (this.closed) await made.destroy();
    return made;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.agents.values()].map((agent) => agent.destroy()));
  }
}

// undici's own limits on headers and body are off: each call has a deadline on the Clock port, which covers name lookup, connection,
// sending and receiving as one, and cannot be fooled by a server that sends a byte now and then.
const COMMON = {
  connections: CONNECTIONS_PER_HOST,
  pipelining: 1,
  keepAliveTimeout: KEEP_ALIVE * 1000,
  headersTimeout: 0,
  bodyTimeout: 0,
} as const;

function directAgent(tls: object): Dispatcher {
  return new Agent({ ...COMMON, connect: { ...tls, timeout: CONNECT_TIMEOUT * 1000 } });
}

function proxyAgent(uri: string, tls: object): Dispatcher {
  return new ProxyAgent({ ...COMMON, uri, requestTls: { ...tls, timeout: CONNECT_TIMEOUT * 1000 } });
}

async function readTlsFiles({ verify, cacert, cert, key }: CloudTls): Promise<object> {
  const [ca, chain, privateKey] = await Promise.all([
    verify && cacert !== null ? read('cacert', cacert) : null,
    cert === null ? null : read('cert', cert),
    // A certificate and its key may be in one file.
    cert === null ? null : read('key', key ?? cert),
  ]);
  return {
    ...(verify ? {} : { rejectUnauthorized: false }),
    ...(ca === null ? {} : { ca }),
    ...(chain === null ? {} : { cert: chain, key: privateKey }),
  };
}

async function read(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new TlsFileError(`${setting} ${path} cannot be read (${typeof code === 'string' ? code : 'unknown reason'})`);
  }
}
