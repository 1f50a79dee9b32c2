import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { ApiCall } from '../../../src/adapters/openstack/client/api-call.js';
import { classifyApiError } from '../../../src/adapters/openstack/client/classify-error.js';
import type { OpenStackClient } from '../../../src/adapters/openstack/client/openstack-client.js';
import { eventually } from '../../support/eventually.js';
import { clientOf, cloudAt, failureOf, GET_SERVERS, hastened, never } from './client-harness.js';
import type { TestClient } from './client-harness.js';
import { CloudServer } from './cloud-server.js';

const CREATE: ApiCall = {
  service: 'compute',
  method: 'POST',
  path: '/servers',
  json: { server: {} },
  expected: [202],
  idempotent: false,
  deadline: 60,
};
const UPLOAD = {
  service: 'image',
  method: 'PUT',
  path: '/images/1/file',
  expected: [204],
  idempotent: false,
  deadline: 60,
} as const satisfies ApiCall;

const clients: OpenStackClient[] = [];
let server: CloudServer;
let clock: VirtualClock;

beforeEach(async () => {
  server = await CloudServer.start();
  clock = new VirtualClock();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.stop();
});

function connect(entry: Readonly<Record<string, unknown>> = {}): TestClient {
  const made = clientOf(cloudAt(server.base, entry), { clock });
  clients.push(made.client);
  return made;
}

/** In real time: sockets are real. */
function until(condition: () => boolean): Promise<void> {
  return eventually('client and server are where the test wants them', condition, 4);
}

/** Waits, in real time, until the client has had an answer and waits to try again; then lets that time pass. */
async function passRetry(requests: number, pattern: RegExp): Promise<number> {
  await until(() => server.requests(pattern).length >= requests && clock.pending >= 2);
  const wait = clock.untilNext ?? NaN;
  await clock.advance(wait);
  return wait;
}

describe('a busy service', () => {
  it('that says how long is left alone that long, even by a call that creates something', async () => {
    server.on('POST', '/compute/v2.1/servers', { status: 202, json: { server: { id: 's' } } });
    server.on('POST', '/compute/v2.1/servers', { status: 429, headers: { 'Retry-After': '7' }, json: {} }, 1);
    const { client } = connect();
    const call = client.call(CREATE, never());
    const wait = await passRetry(1, /POST \/compute/);
    expect(wait).toBeGreaterThanOrEqual(7);
    expect(wait).toBeLessThan(8);
    expect((await call).json).toEqual({ server: { id: 's' } });
  });

  it('is left alone by other calls, too', async () => {
    server.on('GET', '/compute/v2.1/servers', { json: { servers: [] } });
    server.on('GET', '/compute/v2.1/servers', { status: 429, headers: { 'Retry-After': '7' } }, 1);
    server.on('GET', '/network/v2.0/ports', { json: { ports: [] } });
    const { client } = connect();
    const call = client.call(GET_SERVERS, never());
    await until(() => server.requests(/GET \/compute/).length === 1 && clock.pending === 2);
    const other = client.call({ ...GET_SERVERS, path: '/flavors' }, never()).catch(() => undefined);
    await until(() => clock.pending === 3);
    await client.call({ ...GET_SERVERS, service: 'network', path: '/ports' }, never());
    expect(server.requests(/GET \/compute/)).toHaveLength(1);
    await clock.advance(8);
    await Promise.all([call, other]);
    expect(server.requests(/GET \/compute/)).toHaveLength(3);
  });

  it('that would have us wait longer than the call may take is reported at once', async () => {
    const later = new Date((clock.now() + 600) * 1000).toUTCString();
    server.on('GET', '/compute/v2.1/servers', { status: 503, headers: { 'Retry-After': later } });
    const error = await failureOf(connect().client.call(GET_SERVERS, never()));
    expect(error.status).toBe(503);
    expect(error.retryAfter).toBeCloseTo(600, 0);
    expect(classifyApiError(error)).toBe('transient');
  });

  it('with 503 is asked again, except to create something', async () => {
    server.on('GET', '/compute/v2.1/servers', { json: { servers: [] } });
    server.on('GET', '/compute/v2.1/servers', { status: 503, text: 'busy' }, 2);
    server.on('POST', '/compute/v2.1/servers', { status: 503, headers: { 'Retry-After': '1' } });
    const { client } = connect();
    const call = client.call(GET_SERVERS, never());
    expect(await passRetry(1, /GET \/compute/)).toBeLessThan(2);
    expect(await passRetry(2, /GET \/compute/)).toBeLessThan(3);
    expect((await call).status).toBe(200);
    expect(await failureOf(client.call(CREATE, never()))).toMatchObject({ status: 503, retryAfter: 1 });
    expect(server.requests(/POST \/compute/)).toHaveLength(1);
  });

  it('of images is asked six times', async () => {
    server.on('GET', '/image/v2/images', { status: 503, headers: { 'Retry-After': '1' } });
    const call = failureOf(connect().client.call({ ...GET_SERVERS, service: 'image', path: '/images' }, never()));
    for (let requests = 1; requests <= 5; requests += 1) await passRetry(requests, /GET \/image\/v2\/images/);
    expect(await call).toMatchObject({ status: 503 });
    expect(server.requests(/GET \/image\/v2\/images/)).toHaveLength(6);
  });

  it('quota is no reason to try again, though it may look like being busy', async () => {
    const json = {
      overLimit: { code: 413, message: "VolumeLimitExceeded: … exceeded for quota 'volumes'.", retryAfter: '0' },
    };
    server.on('POST', '/volume/v3/project-1/volumes', { status: 413, headers: { 'Retry-After': '0' }, json });
    const error = await failureOf(connect().client.call({ ...CREATE, service: 'volume', path: '/volumes' }, never()));
    expect(classifyApiError(error)).toBe('quota');
    expect(server.requests(/POST \/volume/)).toHaveLength(1);
  });
});

describe('no connection', () => {
  it('refused: nothing was sent, so that even creating is tried again', async () => {
    const { client } = connect({ compute_endpoint_override: 'http://127.0.0.1:1/v2.1' });
    const { result: error, waits } = await hastened(clock, failureOf(client.call(CREATE, never())));
    expect(error).toMatchObject({ kind: 'refused', status: null, url: 'http://127.0.0.1:1/v2.1/servers' });
    expect(error.message).toBe('POST http://127.0.0.1:1/v2.1/servers: the connection was refused (ECONNREFUSED)');
    expect(classifyApiError(error)).toBe('transient');
    expect(waits).toHaveLength(3);
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(0.75 * 2 ** index);
      expect(wait).toBeLessThan(1.25 * 2 ** index);
    }
  });

  it('the name cannot be resolved', async () => {
    const { client } = connect({ compute_endpoint_override: 'http://cloud.invalid/v2.1' });
    const error = await failureOf(client.call({ ...GET_SERVERS, deadline: 0.5 }, never()));
    expect(error).toMatchObject({ kind: 'dns', url: 'http://cloud.invalid/v2.1/servers' });
    expect(error.message).toContain('the host name cannot be resolved');
  });

  it('the address is none', async () => {
    const { client } = connect({ compute_endpoint_override: 'http://cloud example:x/' });
    const error = await failureOf(client.call(GET_SERVERS, never()));
    expect(error).toMatchObject({ kind: 'settings' });
    expect(classifyApiError(error)).toBe('configuration');
  });

  it('speaks something else than HTTP', async () => {
    const stranger = createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => stranger.once('listening', resolve));
    const { port } = stranger.address() as AddressInfo;
    const { client } = connect({ compute_endpoint_override: `http://127.0.0.1:${port}/v2.1` });
    expect(await failureOf(client.call(CREATE, never()))).toMatchObject({ kind: 'answer' });
    await new Promise((resolve) => stranger.close(resolve));
  });
});

describe('an endpoint that hangs', () => {
  it('costs the call its deadline and no more', async () => {
    let connections = 0;
    server.on('GET', '/compute/v2.1/servers', (_request, _response, raw) => {
      connections += 1;
      raw.socket.once('close', () => (connections -= 1));
      return 'hang';
    });
    const { client } = connect();
    const call = failureOf(client.call(GET_SERVERS, never()));
    await until(() => connections === 1);
    await clock.advance(10);
    expect(await call).toMatchObject({ kind: 'timeout', reason: 'no answer within 10 s' });
    await until(() => connections === 0);
  });

  it('after its headers, byte by byte, too', async () => {
    server.on('GET', '/compute/v2.1/servers', (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"servers"');
      return 'done';
    });
    const { client } = connect({ api_timeout: 3 });
    const { deadline: _deadline, ...call } = GET_SERVERS;
    const failure = failureOf(client.call(call, never()));
    await until(() => server.requests(/GET \/compute/).length === 1);
    await clock.advance(3);
    expect(await failure).toMatchObject({ kind: 'timeout', reason: 'no answer within 3 s' });
  });

  it('is left when the caller gives up', async () => {
    server.on('GET', '/compute/v2.1/servers', () => 'hang');
    const giveUp = new AbortController();
    const call = connect().client.call(GET_SERVERS, giveUp.signal);
    await until(() => server.requests(/GET \/compute/).length === 1);
    giveUp.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });

  it('is left when the client is closed, and closed it stays', async () => {
    server.on('GET', '/compute/v2.1/servers', () => 'hang');
    const { client } = connect();
    const call = failureOf(client.call(GET_SERVERS, never()));
    await until(() => server.requests(/GET \/compute/).length === 1);
    await client.close();
    expect(await call).toMatchObject({ kind: 'closed' });
    expect(await failureOf(client.call(GET_SERVERS, never()))).toMatchObject({ kind: 'closed' });
    await until(() => server.open === 0);
    expect(clock.pending).toBe(0);
  });
});

describe('an answer that is cut', () => {
  const cut = (): void => {
    server.on('GET', '/compute/v2.1/servers', { json: { servers: [] } });
    server.on(
      'GET',
      '/compute/v2.1/servers',
      (_request, response, raw) => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
        response.write('{"servers": [', () => raw.socket.destroy());
        return 'done';
      },
      1,
    );
  };

  it('is asked for again if that is safe', async () => {
    cut();
    const call = connect().client.call(GET_SERVERS, never());
    await passRetry(1, /GET \/compute/);
    expect((await call).json).toEqual({ servers: [] });
  });

  it('and is not if it is not', async () => {
    cut();
    const error = await failureOf(connect().client.call({ ...GET_SERVERS, idempotent: false }, never()));
    expect(error).toMatchObject({ kind: 'cut', status: null });
    expect(server.requests(/GET \/compute/)).toHaveLength(1);
  });

  it('or is no JSON at all', async () => {
    server.on('GET', '/compute/v2.1/servers', { text: '<html><title>Log in</title>Please pay for the hotel</html>' });
    const error = await failureOf(connect().client.call(GET_SERVERS, never()));
    expect(error).toMatchObject({ kind: 'answer', status: 200 });
    expect(error.message).toContain('the answer is no JSON: Log in Please pay for the hotel');
  });
});

describe('an upload', () => {
  const chunk = Buffer.alloc(64 * 1024, 7);
  /** Counts how often it was opened, and what was let go of. */
  function image(chunks: number): { opened: number; closed: number; open: () => AsyncIterable<Uint8Array> } {
    const counts = {
      opened: 0,
      closed: 0,
      open: () => {
        counts.opened += 1;
        return read();
      },
    };
    async function* read(): AsyncGenerator<Uint8Array> {
      try {
        for (let index = 0; index < chunks; index += 1) yield chunk;
      } finally {
        counts.closed += 1;
      }
    }
    return counts;
  }
  const source = (open: () => AsyncIterable<Uint8Array>, length: number | null = null): ApiCall => ({
    ...UPLOAD,
    stream: { open, length, contentType: 'application/octet-stream' },
  });

  it('is streamed with its type and length', async () => {
    server.on('PUT', '/image/v2/images/1/file', { status: 204 });
    const { client } = connect();
    const body = image(20);
    expect((await client.call(source(body.open, 20 * chunk.length), never())).json).toEqual({});
    const [request] = server.requests(/PUT/);
    expect(request?.body).toHaveLength(20 * chunk.length);
    expect(request?.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(20 * chunk.length),
    });
  });

  it('whose token ends in the middle begins anew with a new one', async () => {
    server.on('PUT', '/image/v2/images/1/file', { status: 204 });
    server.on(
      'PUT',
      '/image/v2/images/1/file',
      (_request, response) => {
        // The service looks at the token while the body is still coming.
        server.validTokens.clear();
        response.writeHead(401, { 'Content-Type': 'application/json' });
        response.end('{"error": {"message": "expired"}}');
        return 'done';
      },
      1,
      false,
    );
    const { client } = connect();
    const body = image(200);
    expect((await client.call(source(body.open), never())).status).toBe(204);
    expect(body).toMatchObject({ opened: 2, closed: 2 });
    const [, second] = server.requests(/PUT/);
    expect(second?.body).toHaveLength(200 * chunk.length);
    expect(second?.headers['x-auth-token']).toBe('token-2');
  });

  it('that is cut is not repeated: who knows what has arrived', async () => {
    server.on(
      'PUT',
      '/image/v2/images/1/file',
      (_request, _response, raw) => {
        raw.once('data', () => raw.socket.destroy());
        return 'done';
      },
      Infinity,
      false,
    );
    const body = image(2000);
    const error = await failureOf(connect().client.call(source(body.open), never()));
    expect(error).toMatchObject({ kind: 'cut' });
    await until(() => body.closed === 1);
    expect(body.opened).toBe(1);
  });

  it('of a file that cannot be read says so', async () => {
    server.on('PUT', '/image/v2/images/1/file', { status: 204 });
    const { client } = connect();
    const broken = (): AsyncIterable<Uint8Array> =>
      Readable.from(
        (async function* () {
          yield chunk;
          throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
        })(),
      );
    const error = await failureOf(client.call(source(broken), never()));
    expect(error).toMatchObject({ kind: 'body', reason: 'what is to be sent cannot be read: EIO: i/o error, read' });
  });

  it('of a file that became shorter says so', async () => {
    server.on('PUT', '/image/v2/images/1/file', { status: 204 });
    const error = await failureOf(connect().client.call(source(image(3).open, 4 * chunk.length), never()));
    expect(error).toMatchObject({ kind: 'body' });
  });

  it('is read no faster than it is sent', async () => {
    server.on(
      'PUT',
      '/image/v2/images/1/file',
      (_request, _response, raw) => {
        raw.pause();
        return 'hang';
      },
      1,
      false,
    );
    const { client } = connect();
    let read = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        read += 1;
        yield chunk;
      }
    };
    const giveUp = new AbortController();
    const call = client.call(source(endless), giveUp.signal);
    await until(() => server.requests(/PUT/).length === 1);
    let before = -1;
    await until(() => {
      const stands = read === before;
      before = read;
      return stands;
    });
    // What fits into the buffers of two sockets.
    expect(read * chunk.length).toBeLessThan(32 * 1024 * 1024);
    giveUp.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });
});
