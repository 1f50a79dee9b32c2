import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toProviderError } from '../../../src/adapters/openstack/client/classify-error.js';
import type { OpenStackClient } from '../../../src/adapters/openstack/client/openstack-client.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';
import type { Clock } from '../../../src/ports/runtime/clock.js';
import { clientOf, cloudAt, failureOf, GET_SERVERS, never } from './client-harness.js';
import type { TestClient } from './client-harness.js';
import { CloudServer } from './cloud-server.js';

const clients: OpenStackClient[] = [];
let server: CloudServer;

beforeEach(async () => {
  server = await CloudServer.start();
  server.on('GET', '/compute/v2.1/servers', { json: { servers: [] } });
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.stop();
});

function connect(entry: Readonly<Record<string, unknown>> = {}, clock: Clock = new SystemClock()): TestClient {
  const made = clientOf(cloudAt(server.base, entry), { clock });
  clients.push(made.client);
  return made;
}

async function* bytes(): AsyncIterable<Uint8Array> {
  yield Buffer.from('image');
}

const tokenRequests = (): readonly unknown[] =>
  server.requests(/POST .*tokens/).map(({ body }) => (JSON.parse(body) as { auth: unknown }).auth);
const auth = (more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  auth: { auth_url: `${server.base}/identity/v3`, ...more },
});

describe('signing in', () => {
  it('with a password, once for calls that begin together', async () => {
    const { client } = connect(auth({ username: 'u', password: 'hunter2', project_name: 'p', domain_name: 'D' }));
    await Promise.all([1, 2, 3].map(() => client.call(GET_SERVERS, never())));
    expect(tokenRequests()).toEqual([
      {
        identity: {
          methods: ['password'],
          password: { user: { name: 'u', domain: { name: 'D' }, password: 'hunter2' } },
        },
        scope: { project: { name: 'p', domain: { name: 'D' } } },
      },
    ]);
    expect(server.requests(/GET \/compute/)[0]?.headers).toMatchObject({ 'x-auth-token': 'token-1' });
  });

  it('with ids', async () => {
    const { client } = connect(auth({ user_id: 'u1', password: 'hunter2', project_id: 'p1' }));
    await client.call(GET_SERVERS, never());
    expect(tokenRequests()).toEqual([
      {
        identity: { methods: ['password'], password: { user: { id: 'u1', password: 'hunter2' } } },
        scope: { project: { id: 'p1' } },
      },
    ]);
  });

  it('with a token', async () => {
    const { client } = connect(auth({ token: 'hunter2', project_id: 'p1' }));
    await client.call(GET_SERVERS, never());
    expect(tokenRequests()).toEqual([
      { identity: { methods: ['token'], token: { id: 'hunter2' } }, scope: { project: { id: 'p1' } } },
    ]);
  });

  it.each([
    [{ application_credential_id: 'a' }, { id: 'a' }],
    [
      { application_credential_name: 'n', username: 'u', user_domain_id: 'd' },
      { name: 'n', user: { name: 'u', domain: { id: 'd' } } },
    ],
  ])('with an application credential %j', async (given, sent) => {
    const { client } = connect({
      ...auth({ ...given, application_credential_secret: 'hunter2' }),
      auth_type: 'v3applicationcredential',
    });
    await client.call(GET_SERVERS, never());
    expect(tokenRequests()).toEqual([
      { identity: { methods: ['application_credential'], application_credential: { ...sent, secret: 'hunter2' } } },
    ]);
  });

  it.each([
    [{ domain_id: 'd' }, { domain: { id: 'd' } }],
    [{ system_scope: 'all' }, { system: { all: true } }],
  ])('for %j', async (given, scope) => {
    const { client } = connect(auth({ user_id: 'u1', password: 'hunter2', ...given }));
    await client.call(GET_SERVERS, never());
    expect(tokenRequests()).toMatchObject([{ scope }]);
  });

  it.each(['/identity', '/identity/', '/identity/v3', '/identity/v3/'])('at %s', async (path) => {
    const { client } = connect({
      auth: { auth_url: server.base + path, username: 'u', password: 'hunter2', project_name: 'p' },
    });
    await client.call(GET_SERVERS, never());
    expect(server.requests(/POST/).map((request) => request.path)).toEqual(['/identity/v3/auth/tokens']);
  });

  it('where the root shows nothing', async () => {
    server.on('GET', '/identity/', { status: 404, text: '<html><h1>nothing here</h1></html>' });
    await connect().client.call(GET_SERVERS, never());
    expect(server.requests(/POST/).map(({ path }) => path)).toEqual(['/identity/v3/auth/tokens']);
  });

  it('with version 2.0, when the address says so', async () => {
    server.on('GET', '/compute/v2/1/servers', { json: { servers: [] } });
    const { client } = connect({
      auth: { auth_url: `${server.base}/identity/v2.0`, username: 'u', password: 'hunter2', tenant_name: 'p' },
    });
    await client.call(GET_SERVERS, never());
    expect(tokenRequests()).toEqual([{ passwordCredentials: { username: 'u', password: 'hunter2' }, tenantName: 'p' }]);
    expect(await client.projectId(never())).toBe('project-1');
  });

  it('not at all, with auth_type none', async () => {
    server.validTokens.add('given');
    const { client } = connect({
      auth_type: 'admin_token',
      auth: { endpoint: `${server.base}/compute/v2.1`, token: 'given' },
    });
    await client.call(GET_SERVERS, never());
    expect(server.seen).toHaveLength(1);
  });
});

describe('a token that ends', () => {
  it('is renewed before, whatever the clock of the server shows', async () => {
    const clock = new VirtualClock();
    const { client } = connect({}, clock);
    await client.call(GET_SERVERS, never());
    await clock.advance(3600 - 121);
    await client.call(GET_SERVERS, never());
    expect(tokenRequests()).toHaveLength(1);
    await clock.advance(2);
    await client.call(GET_SERVERS, never());
    expect(tokenRequests()).toHaveLength(2);
    expect(server.seen.filter(({ headers }) => headers['x-auth-token'] === 'token-2')).toHaveLength(1);
  });

  it('is renewed before an upload that would outlive it', async () => {
    const clock = new VirtualClock();
    const { client } = connect({}, clock);
    await client.call(GET_SERVERS, never());
    await clock.advance(2000);
    server.on('PUT', '/image/v2/images/1/file', { status: 204 });
    const stream = { open: () => bytes(), length: null, contentType: 'application/octet-stream' };
    const call = {
      service: 'image',
      method: 'PUT',
      path: '/images/1/file',
      expected: [204],
      idempotent: false,
    } as const;
    await client.call({ ...call, stream, deadline: 3600 }, never());
    expect(tokenRequests()).toHaveLength(2);
  });

  it('without notice is renewed once for all who used it', async () => {
    const { client } = connect();
    await client.call(GET_SERVERS, never());
    server.validTokens.clear();
    await Promise.all([1, 2, 3].map(() => client.call(GET_SERVERS, never())));
    expect(tokenRequests()).toHaveLength(2);
  });

  it('and is refused again is an error, not a loop', async () => {
    server.on('GET', '/compute/v2.1/servers', { status: 401, json: { error: { message: 'no' } } });
    const { client } = connect();
    const error = await failureOf(client.call(GET_SERVERS, never()));
    expect(error).toMatchObject({ kind: 'status', status: 401 });
    expect(server.requests(/GET \/compute/)).toHaveLength(2);
  });
});

describe('refused credentials', () => {
  it('are reported without the password, though the server repeats it', async () => {
    server.password = 'another';
    const { client, logger } = connect();
    const error = await failureOf(client.call(GET_SERVERS, never()));
    expect(error).toMatchObject({ kind: 'status', status: 401, requestId: 'req-1', method: 'POST' });
    expect(error.message).toContain('the credentials of cloud lab were refused: Could not find user');
    expect(toProviderError(error)).toMatchObject({ kind: 'authentication' });
    const everything = JSON.stringify([error, error.message, error.body, error.stack, logger.lines]);
    expect(everything).not.toContain('hunter2');
  });

  it('are not tried again at once: accounts are locked for that', async () => {
    server.password = 'another';
    const { client } = connect();
    await failureOf(client.call(GET_SERVERS, never()));
    await failureOf(client.call(GET_SERVERS, never()));
    expect(tokenRequests()).toHaveLength(1);
  });

  it('nobody who waits for a token takes it with him when he goes', async () => {
    server.on('POST', '/identity/v3/auth/tokens', () => 'hang', 1);
    const { client } = connect({ api_timeout: 1 });
    const impatient = new AbortController();
    const first = client.call(GET_SERVERS, impatient.signal);
    const second = client.call({ ...GET_SERVERS, deadline: 5 }, never());
    impatient.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    // The sign-in itself has a deadline of its own.
    expect(await failureOf(second)).toMatchObject({ kind: 'timeout' });
    expect((await client.call(GET_SERVERS, never())).status).toBe(200);
  });
});

describe('an identity service that cannot be reached', () => {
  it('is not tried again for each time that the call is which needs it', async () => {
    server.on('GET', '/identity/', { status: 503, headers: { 'Retry-After': '0' } });
    const error = await failureOf(connect().client.call(GET_SERVERS, never()));
    expect(error).toMatchObject({ status: 503, url: `${server.base}/identity/` });
    expect(server.seen).toHaveLength(4);
  });
});

describe('something that is not the identity service', () => {
  it('answers without a token', async () => {
    server.on('POST', '/identity/v3/auth/tokens', { status: 200, json: { hello: 'there' } });
    const error = await failureOf(connect().client.call(GET_SERVERS, never()));
    expect(error).toMatchObject({ kind: 'answer', reason: 'the answer holds no token; is this the identity service?' });
  });

  it('sends us elsewhere', async () => {
    server.on('POST', '/identity/v3/auth/tokens', {
      status: 302,
      headers: { Location: 'https://id.example.org/v3/auth/tokens' },
    });
    const error = await failureOf(connect().client.call(GET_SERVERS, never()));
    expect(error.message).toContain('it redirects to https://id.example.org/v3/auth/tokens');
  });
});
