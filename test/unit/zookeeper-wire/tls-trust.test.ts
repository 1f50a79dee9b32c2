import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { createServer } from 'node:tls';
import type { Server } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { resolveServers } from '../../../src/adapters/zookeeper/servers.js';
import { TlsTrust } from '../../../src/adapters/zookeeper/tls-trust.js';
import type { TlsFiles } from '../../../src/adapters/zookeeper/tls-trust.js';
import { dialSockets } from '../../../src/adapters/zookeeper/wire/socket-transport.js';
import { Authority } from '../../support/certificates.js';
import type { KeyPair } from '../../support/certificates.js';
import { freePort } from '../../support/zookeeper-server.js';

const folder = mkdtempSync(path.join(tmpdir(), 'nodepool-trust-'));
let authority: Authority;
let elsewhere: Authority;
let ours: TlsFiles;
let stranger: TlsFiles;
let good: KeyPair;
let expired: KeyPair;
let server: Server | undefined;
let strict: ChildProcess | undefined;
let logger: MemoryLogger;

beforeAll(async () => {
  [authority, elsewhere] = await Promise.all([
    Authority.make(folder, 'authority'),
    Authority.make(folder, 'elsewhere'),
  ]);
  good = await authority.issue('good', 'DNS:localhost');
  expired = await authority.issue('expired', 'DNS:localhost', -1);
  ours = { ...(await authority.issue('ours')), ca: authority.cert };
  stranger = { ...(await elsewhere.issue('stranger')), ca: authority.cert };
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => (logger = new MemoryLogger()));
afterEach(() => {
  server?.close();
  strict?.kill();
});

/** A server that demands certificates of our authority. Answers its port. */
async function serve({ key, cert }: KeyPair): Promise<number> {
  const options = { key: readFileSync(key), cert: readFileSync(cert), ca: readFileSync(authority.cert) };
  server = createServer({ ...options, requestCert: true, rejectUnauthorized: true }, (socket) => socket.write('hello'));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** As ZooKeeper does it: whoever shows no good certificate gets an alert. Node would just hang up. */
async function serveStrictly({ key, cert }: KeyPair): Promise<number> {
  const port = await freePort();
  const trust = ['-Verify', '1', '-verify_return_error', '-CAfile', authority.cert];
  const args = ['s_server', '-accept', `127.0.0.1:${port}`, '-key', key, '-cert', cert, '-tls1_3', ...trust];
  strict = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: strict.stdout! })) if (line.startsWith('ACCEPT')) break;
  return port;
}

/** Dials as the client does, names looked up first; answers whether the server spoke to us, and what was told as a warning. */
async function dial(host: string, port: number, files: TlsFiles): Promise<{ heard: boolean; told: readonly string[] }> {
  const trust = await TlsTrust.read(files, logger);
  const [address] = (await resolveServers([{ host, port }])).filter((each) => each.host === '127.0.0.1');
  if (!address) throw new Error(`${host} is nowhere`);
  const heard = await new Promise<boolean>((resolve) => {
    const transport = dialSockets(trust)(address, {
      onOpen: () => undefined,
      onData: () => {
        transport.destroy();
        resolve(true);
      },
      onClosed: () => resolve(false),
    });
  });
  const told = logger.lines.filter(({ level }) => level === 'warn');
  return { heard, told: told.map(({ message, fields }) => `${message}: ${String(fields['problem'])}`) };
}

describe('a TLS connection to ZooKeeper', () => {
  it('is made without a word where the certificate is what it should be, by the name that is configured', async () => {
    expect(await dial('localhost', await serve(good), ours)).toEqual({ heard: true, told: [] });
  });

  it('to a server of another name is made, and that is told', async () => {
    const { heard, told } = await dial('127.0.0.1', await serve(good), ours);
    expect(heard).toBe(true);
    expect(told).toEqual([expect.stringMatching(/issued for another name: .*127\.0\.0\.1/)]);
  });

  it.each([
    ['has expired', (): KeyPair => expired, (): TlsFiles => ours, /expired/],
    ['is of another authority', () => good, () => ({ ...ours, ca: elsewhere.cert }), /cannot be made.*self-signed/],
  ])('to a server whose certificate %s is not made, and why is told', async (_what, key, files, why) => {
    const { heard, told } = await dial('localhost', await serve(key()), files());
    expect(heard).toBe(false);
    expect(told).toEqual([expect.stringMatching(why)]);
  });

  it('of ours, whose certificate the server does not believe, is not made, and that is told', async () => {
    const { heard, told } = await dial('localhost', await serveStrictly(good), stranger);
    expect(heard).toBe(false);
    expect(told).toEqual([expect.stringMatching(/cannot be made.*alert/)]);
  });
});
