import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { ApiConnection } from '../../../src/adapters/http-client/api-connection.js';
import { parseApiAddress } from '../../../src/adapters/http-client/api-address.js';
import { credentialsFrom } from '../../../src/adapters/http-client/api-credentials.js';
import { ApiProblemError, ApiUnreachableError } from '../../../src/adapters/http-client/api-errors.js';
import { makeCertificates } from '../../support/certificates.js';

const TOKEN = 'np_very-secret-text';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let folder: string;
let seen: Seen[];
let answer: (response: ServerResponse, request: Seen) => void;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodepool-api-'));
  seen = [];
  answer = (response) => json(response, 200, { fine: true });
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await rm(folder, { recursive: true, force: true });
});

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function handle(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.setEncoding('utf8').on('data', (part: string) => (body += part));
  request.on('end', () => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body });
    answer(response, { method, url, headers, body });
  });
}

async function listening(server: Server | TcpServer, where: string | number = 0): Promise<number> {
  await new Promise<void>((resolve) => {
    if (typeof where === 'string') server.listen(where, resolve);
    else server.listen(where, '127.0.0.1', resolve);
  });
  ends.push(async () => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address() as AddressInfo | string;
  return typeof address === 'string' ? 0 : address.port;
}

function open(url: string, environment: Readonly<Record<string, string>> = { NODEPOOL_TOKEN: TOKEN }): ApiConnection {
  const connection = ApiConnection.open(url, environment);
  ends.push(() => connection.close());
  return connection;
}

const failure = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as Error,
  );

describe('a call', () => {
  it('carries token, query and JSON, below the path of the URL', async () => {
    const port = await listening(createServer(handle));
    const api = open(`http://127.0.0.1:${port}/behind/proxy/`);
    const call = {
      method: 'PUT',
      path: '/api/v1/leases/x',
      query: { wait: 50, holder: undefined },
      body: { a: 'ü' },
    } as const;
    expect(await api.call(call)).toEqual({ status: 200, body: { fine: true } });
    expect(seen).toMatchObject([
      {
        method: 'PUT',
        url: '/behind/proxy/api/v1/leases/x?wait=50',
        body: '{"a":"ü"}',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      },
    ]);
  });

  it('without body has no content type, and an empty answer no body', async () => {
    const port = await listening(createServer(handle));
    answer = (response) => response.writeHead(204).end();
    expect(await open(`http://127.0.0.1:${port}`, {}).call({ method: 'DELETE', path: 'x' })).toEqual({
      status: 204,
      body: undefined,
    });
    expect(seen[0]?.headers).not.toHaveProperty('content-type');
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
  });

  it('goes over a unix socket', async () => {
    await listening(createServer(handle), join(folder, 'sock'));
    const api = open(`unix:${join(folder, 'sock')}`);
    expect(await api.call({ method: 'GET', path: 'api/v1/labels' })).toMatchObject({ status: 200 });
    expect(seen[0]?.url).toBe('/api/v1/labels');
  });

  it('goes over TLS with a CA of its own, and not without', async () => {
    const certificates = await makeCertificates();
    ends.push(() => certificates.remove());
    const pem = await readFile(certificates.server.keyStore, 'utf8');
    const port = await listening(createTlsServer({ key: pem, cert: pem }, handle));
    const url = `https://127.0.0.1:${port}`;
    const trusting = open(url, { NODEPOOL_TOKEN: TOKEN, NODEPOOL_CA: certificates.client.ca });
    expect(await trusting.call({ method: 'GET', path: 'x' })).toMatchObject({ status: 200 });
    const error = await failure(open(url).call({ method: 'GET', path: 'x' }));
    expect(error).toBeInstanceOf(ApiUnreachableError);
    expect(error.message).toMatch(/no TLS with it .*NODEPOOL_CA/);
    expect(error).toMatchObject({ sent: false });
    expect(seen).toHaveLength(1);
  });
});

describe('a refusal', () => {
  it('is told with code, status, detail, time to wait and further members', async () => {
    const port = await listening(createServer(handle));
    const problem = {
      type: 'about:blank',
      title: 'Gone',
      status: 410,
      detail: 'it has ended',
      code: 'lease-ended',
      retryable: false,
      outcome: 'limit',
    };
    answer = (response) => json(response, 410, problem, { 'retry-after': '7' });
    const error = await failure(open(`http://127.0.0.1:${port}`).call({ method: 'POST', path: 'x' }));
    expect(error).toBeInstanceOf(ApiProblemError);
    expect(error).toMatchObject({
      message: 'it has ended',
      status: 410,
      problem: 'lease-ended',
      retryable: false,
      retryAfter: 7,
      members: { outcome: 'limit' },
    });
  });

  test.each([
    [500, false],
    [502, true],
    [503, true],
    [429, true],
    [404, false],
  ])('%i of somebody who knows no problem details: no code, worth another try: %s', async (status, retryable) => {
    const port = await listening(createServer(handle));
    answer = (response) => response.writeHead(status, { 'content-type': 'text/html' }).end('<html>');
    const error = await failure(open(`http://127.0.0.1:${port}`).call({ method: 'GET', path: 'x' }));
    expect(error).toMatchObject({ name: 'ApiProblemError', problem: null, status, retryable });
  });

  it('is what a redirect comes to: the token is not carried elsewhere', async () => {
    const port = await listening(createServer(handle));
    answer = (response) => response.writeHead(302, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    const error = await failure(open(`http://127.0.0.1:${port}`).call({ method: 'GET', path: 'x' }));
    expect(error).toMatchObject({ status: 302, problem: null });
    expect(error.message).toMatch(/redirect \(302\), which is not followed/);
    expect(seen).toHaveLength(1);
  });
});

describe('no answer', () => {
  const unreachable = async (url: string, timeout = 5): Promise<Error> => {
    const error = await failure(open(url).call({ method: 'GET', path: 'x', timeout }));
    expect(error).toBeInstanceOf(ApiUnreachableError);
    expect(`${error.message} ${error.stack ?? ''}`).not.toContain(TOKEN);
    return error;
  };

  it('names who was asked and why there is none', async () => {
    const server = createServer();
    const port = await listening(server);
    await ends.pop()?.();
    const refused = await unreachable(`http://127.0.0.1:${port}`);
    expect(refused.message).toBe(`http://127.0.0.1:${port} cannot be reached: nothing listens there (ECONNREFUSED)`);
    expect(refused).toMatchObject({ sent: false });
    expect((await unreachable(`unix:${folder}/none`)).message).toMatch(/there is no such socket \(ENOENT\)$/);
  });

  it('within its time is an end of the call', async () => {
    const port = await listening(createServer(() => undefined));
    const error = await unreachable(`http://127.0.0.1:${port}`, 0.1);
    expect(error.message).toMatch(/no answer within 0.1 s$/);
    expect(error).toMatchObject({ sent: true });
  });

  it('because the connection is cut leaves open whether it was carried out', async () => {
    const port = await listening(createTcpServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await unreachable(`http://127.0.0.1:${port}`)).toMatchObject({ sent: true });
  });

  it('that is HTTP or JSON', async () => {
    const garbage = await listening(
      createTcpServer((socket) =>
        socket
          .on('error', () => undefined)
          .resume()
          .end('SSH-2.0-x\r\n'),
      ),
    );
    expect((await unreachable(`http://127.0.0.1:${garbage}`)).message).toMatch(/does not speak HTTP/);
    const port = await listening(createServer(handle));
    answer = (response) => response.writeHead(200).end('<html>');
    expect((await unreachable(`http://127.0.0.1:${port}`)).message).toMatch(/no API of Nodepool/);
  });

  it('is wanted by somebody who aborts', async () => {
    const port = await listening(createServer(() => undefined));
    const stop = new AbortController();
    const call = failure(open(`http://127.0.0.1:${port}`).call({ method: 'GET', path: 'x', signal: stop.signal }));
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await call).toBe(reason);
  });
});

describe('an address', () => {
  test.each([
    ['http://host:8006', { base: 'http://host:8006/', name: 'http://host:8006', socketPath: null }],
    ['https://[::1]:8006/', { base: 'https://[::1]:8006/', name: 'https://[::1]:8006', socketPath: null }],
    [' https://host/pool ', { base: 'https://host/pool/', name: 'https://host/pool', socketPath: null }],
    ['unix:/run/a b.sock', { base: 'http://localhost/', name: 'unix:/run/a b.sock', socketPath: '/run/a b.sock' }],
    ['unix:///run/x', { base: 'http://localhost/', name: 'unix:/run/x', socketPath: '/run/x' }],
  ])('%s', (text, address) => {
    expect(parseApiAddress(text)).toEqual(address);
  });

  test.each([
    '',
    'host:8006',
    'localhost:8006',
    'ftp://host',
    'http://',
    'unix:relative',
    'http://host/?a=b',
    '/run/x',
  ])('%j is none', (text) => {
    expect(() => parseApiAddress(text)).toThrow(/cannot be used|must not have/);
  });

  it('never shows a password that somebody wrote into it', () => {
    for (const text of ['https://me:geheim@host', 'me:geheim@host', 'http://me:geheim@ho st']) {
      expect(() => parseApiAddress(text)).toThrow(/^(?!.*geheim)/);
    }
  });
});

describe('credentials', () => {
  it('are the token of the variable before that of the file, without the line feed', async () => {
    const file = join(folder, 'token');
    await writeFile(file, 'np_from-file\n');
    expect(credentialsFrom({ NODEPOOL_TOKEN_FILE: file }).token).toBe('np_from-file');
    expect(credentialsFrom({ NODEPOOL_TOKEN: 'np_x', NODEPOOL_TOKEN_FILE: '/nowhere' }).token).toBe('np_x');
    expect(credentialsFrom({ NODEPOOL_TOKEN: '', NODEPOOL_TOKEN_FILE: '', NODEPOOL_CA: '' })).toEqual({
      token: null,
      ca: null,
    });
  });

  it('that cannot be used are named, never shown', async () => {
    const file = join(folder, 'token');
    await writeFile(file, 'np_secret\nsecond line');
    await chmod(file, 0o600);
    expect(() => credentialsFrom({ NODEPOOL_TOKEN_FILE: file })).toThrow(
      `NODEPOOL_TOKEN_FILE: ${file} does not hold a token`,
    );
    expect(() => credentialsFrom({ NODEPOOL_TOKEN: 'np_sé cret' })).toThrow(
      /^NODEPOOL_TOKEN does not hold a token(?!.*cret)/,
    );
    expect(() => credentialsFrom({ NODEPOOL_TOKEN_FILE: join(folder, 'none') })).toThrow(
      /none cannot be read \(ENOENT\)$/,
    );
    expect(() => credentialsFrom({ NODEPOOL_CA: join(folder, 'none') })).toThrow(/^NODEPOOL_CA: .*ENOENT/);
  });
});
