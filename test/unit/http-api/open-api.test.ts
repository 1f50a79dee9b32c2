import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiListener } from '../../../src/adapters/http/api/api-listener.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { openApi } from '../../../src/apps/main/open-api.js';
import type { LeaseApiConfig } from '../../../src/domain/config/lease-api.js';
import { makeCertificates } from '../../support/certificates.js';
import { rawHttp } from '../../support/raw-http.js';

/** Of a net that is for documentation (RFC 5737): no machine has it, so that nothing listens there. */
const NOWHERE = '192.0.2.1';

describe('the listeners of lease-api', () => {
  let logger: MemoryLogger;
  let api: ApiListener;
  let folder: string;

  beforeEach(() => {
    logger = new MemoryLogger();
    api = new ApiListener({ routes: [], tokens: () => [], logger });
    folder = mkdtempSync(path.join(tmpdir(), 'nodepool-open-api-'));
  });
  afterEach(async () => {
    await api.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const tcp = (change: Partial<NonNullable<LeaseApiConfig['tcp']>> = {}): NonNullable<LeaseApiConfig['tcp']> => ({
    address: '127.0.0.1',
    port: 0,
    tls: null,
    ...change,
  });
  const open = (config: Partial<LeaseApiConfig>, tokens = 1): Promise<void> =>
    openApi(api, { tcp: null, socket: null, ...config }, tokens, logger);
  const warnings = (): readonly string[] =>
    logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  const listensAt = (): number => {
    const line = logger.lines.map(({ message }) => /^The lease API listens at \S+:(\d+)$/.exec(message)).find(Boolean);
    return Number(line?.[1]);
  };

  test('at an address that others can reach, without tls, warn that tokens can be read', async () => {
    await expect(open({ tcp: tcp({ address: NOWHERE }) })).rejects.toThrow('this machine has no such address');
    expect(warnings()).toEqual([`The lease API listens at ${NOWHERE} without tls: tokens can be read on the network`]);
  });

  test.each(['127.0.0.1', '127.0.0.5', 'localhost'])('do not warn at %s', async (address) => {
    await open({ tcp: tcp({ address }) });
    expect(warnings()).toEqual([]);
    expect((await rawHttp({ port: listensAt(), host: address }, 'GET', '/api/v1/leases', {})).status).toBe(401);
  });

  test('speak https with a certificate, and then do not warn wherever they are', async () => {
    const certificates = await makeCertificates();
    const { client } = certificates;
    try {
      const tls = { cert: client.cert, key: client.key };
      await open({ tcp: tcp({ tls }) });
      const status = await new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port: listensAt(), path: '/api/v1/leases', ca: readFileSync(client.ca) };
        get(options, (reply) => resolve(reply.resume().statusCode)).once('error', reject);
      });
      expect(status).toBe(401);
      await expect(open({ tcp: tcp({ address: NOWHERE, tls }) })).rejects.toThrow('no such address');
      expect(warnings()).toEqual([]);
    } finally {
      await certificates.remove();
    }
  });

  test('name the file of the certificate that cannot be read', async () => {
    const tls = { cert: path.join(folder, 'none.pem'), key: path.join(folder, 'none.key') };
    await expect(open({ tcp: tcp({ tls }) })).rejects.toThrow(`lease-api.tls.cert ${tls.cert} cannot be read`);
  });

  test('do not begin at an address without tokens, which a socket does not need', async () => {
    await expect(open({ tcp: tcp() }, 0)).rejects.toThrow('there are no lease-tokens in the secure file (-s)');
    const socket = path.join(folder, 'a.sock');
    await open({ socket }, 0);
    expect((await rawHttp({ socketPath: socket }, 'GET', '/api/v1/none')).status).toBe(404);
  });

  test('all end when one of them cannot begin', async () => {
    const socket = path.join(folder, 'none', 'a.sock');
    await expect(open({ tcp: tcp(), socket })).rejects.toThrow('its directory does not exist');
    await expect(rawHttp({ port: listensAt() }, 'GET', '/')).rejects.toThrow('ECONNREFUSED');
  });

  test('say which setting to change when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = other.address() as AddressInfo;
      const socket = path.join(folder, 'a.sock');
      await expect(open({ tcp: tcp({ port }), socket })).rejects.toThrow(
        `The lease API cannot listen at 127.0.0.1:${port}: the port is taken by another program; set lease-api.port`,
      );
      expect(existsSync(socket)).toBe(false);
    } finally {
      other.close();
    }
  });
});
