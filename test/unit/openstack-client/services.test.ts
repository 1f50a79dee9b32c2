import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect as connectSocket } from 'node:net';
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { ApiCall, JsonObject } from '../../../src/adapters/openstack/client/api-call.js';
import type { ApiError } from '../../../src/adapters/openstack/client/api-error.js';
import { classifyApiError } from '../../../src/adapters/openstack/client/classify-error.js';
import type {
  OpenStackClient,
  OpenStackClientOptions,
} from '../../../src/adapters/openstack/client/openstack-client.js';
import { Secret } from '../../../src/domain/config/secret.js';
import type { Certificates } from '../../support/certificates.js';
import { makeCertificates } from '../../support/certificates.js';
import { eventually } from '../../support/eventually.js';
import { clientOf, cloudAt, failureOf, GET_SERVERS, hastened, never } from './client-harness.js';
import type { TestClient } from './client-harness.js';
import { CloudServer } from './cloud-server.js';

const clients: OpenStackClient[] = [];
let server: CloudServer;

beforeEach(async () => {
  server = await CloudServer.start();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.stop();
});

function connect(
  entry: Readonly<Record<string, unknown>> = {},
  options: Partial<OpenStackClientOptions> = {},
  base = server.base,
): TestClient {
  const made = clientOf(cloudAt(base, entry), options);
  clients.push(made.client);
  return made;
}

const to = (service: ApiCall['service'], path = '/x'): ApiCall => ({ ...GET_SERVERS, service, path });

describe('where services are', () => {
  it.each([
    ['compute', '/compute/v2.1', '/compute/v2.1/x'],
    ['compute', '/compute/v2.1/project-1', '/compute/v2.1/project-1/x'],
    ['compute', '/compute/', '/compute/v2.1/x'],
    ['image', '/image', '/image/v2/x'],
    ['image', '/image/v2/', '/image/v2/x'],
    ['image', '/image/v1', '/image/v2/x'],
    ['network', '/network', '/network/v2.0/x'],
    ['network', '/network/v2.0', '/network/v2.0/x'],
    ['volumev3', '/volume/v3/project-1', '/volume/v3/project-1/x'],
    ['volumev2', '/volume/v2/project-1', '/volume/v2/project-1/x'],
    ['block-storage', '/volume', '/volume/v3/project-1/x'],
    ['object-store', '/swift/v1/AUTH_1', '/swift/v1/AUTH_1/x'],
  ])('%s listed as %s is called at %s', async (type, listed, called) => {
    server.catalogue = [{ type, path: listed }];
    server.on('GET', called, { json: {} });
    const service = /^(volume|block)/.test(type) ? 'volume' : (type as ApiCall['service']);
    await connect().client.call(to(service), never());
    expect(server.requests(/GET .*\/x$/).map(({ path }) => path)).toEqual([called]);
  });

  it('documents of discovery are asked once and need not be true', async () => {
    server.catalogue = [{ type: 'compute', path: '/compute' }];
    server.on('GET', '/compute/', {
      json: {
        versions: [
          {
            id: 'v2.1',
            status: 'CURRENT',
            version: '2.93',
            min_version: '2.1',
            links: [{ rel: 'self', href: 'http://10.0.0.1:8774/v2.1/' }],
          },
        ],
      },
    });
    server.on('GET', '/compute/v2.1/x', { json: {} });
    const { client, metrics } = connect();
    await Promise.all([1, 2, 3].map(() => client.call(to('compute'), never())));
    expect(server.requests(/GET \/compute\/$/)).toHaveLength(1);
    expect(server.requests(/GET \/compute\/v2.1\/x/)).toHaveLength(3);
    expect([...metrics.counters]).toEqual(
      expect.arrayContaining([
        ['nodepool.task.lab.IdentityGetDiscovery', 1],
        ['nodepool.task.lab.IdentityPostTokens', 1],
        ['nodepool.task.lab.ComputeGetDiscovery', 1],
        ['nodepool.task.lab.ComputeGetX', 3],
      ]),
    );
    expect(metrics.timings.get('nodepool.task.lab.ComputeGetX')).toHaveLength(3);
  });

  it('a look that failed is taken again, and who gives up harms nobody', async () => {
    server.catalogue = [{ type: 'compute', path: '/compute' }];
    server.on('GET', '/compute/v2.1/x', { json: {} });
    server.on('GET', '/compute/', () => 'hang', 1);
    server.on('GET', '/compute/', { status: 500 }, 1);
    const { client } = connect();
    expect(await failureOf(client.call(to('compute'), never()))).toMatchObject({ status: 500 });
    const giveUp = new AbortController();
    const impatient = client.call(to('compute'), giveUp.signal);
    await eventually('the second look is under way', () => server.requests(/GET \/compute\/$/).length === 2);
    const patient = client.call(to('compute'), never());
    giveUp.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    expect((await patient).status).toBe(200);
  });

  it('microversions are looked up when somebody wants to know', async () => {
    server.on('GET', '/compute/v2.1/', {
      json: { version: { id: 'v2.1', status: 'CURRENT', version: '2.90', min_version: '2.1', links: [] } },
    });
    server.on('GET', '/compute/v2.1/x', { json: {} });
    const { client } = connect({ compute_default_microversion: '2.30' });
    expect(await client.endpoint('compute', never())).toEqual({
      url: `${server.base}/compute/v2.1`,
      maxMicroversion: '2.90',
      minMicroversion: '2.1',
    });
    await client.call(to('compute'), never());
    await client.call({ ...to('compute'), microversion: '2.53' }, never());
    expect(server.requests(/\/x$/).map(({ headers }) => headers['openstack-api-version'])).toEqual([
      'compute 2.30',
      'compute 2.53',
    ]);
  });

  it('region and interface choose', async () => {
    server.catalogue = [
      { type: 'compute', path: '/south/v2.1', region: 'south' },
      { type: 'compute', path: '/north/v2.1', region: 'north' },
      { type: 'compute', path: '/inner/v2.1', region: 'north', interface: 'internal' },
    ];
    for (const place of ['south', 'north', 'inner']) server.on('GET', `/${place}/v2.1/x`, { json: { place } });
    const placeOf = async (entry: Readonly<Record<string, unknown>>): Promise<unknown> =>
      (await connect(entry).client.call(to('compute'), never())).json['place'];
    expect(await placeOf({ region_name: 'north' })).toBe('north');
    expect(await placeOf({ region_name: 'north', interface: 'internal' })).toBe('inner');
    expect(await placeOf({ region_name: 'north', compute_interface: ['admin', 'internal'] })).toBe('inner');
    expect(await placeOf({ region_name: 'north', compute_region_name: 'south' })).toBe('south');
    expect(await placeOf({ compute_endpoint_override: `${server.base}/inner/v2.1` })).toBe('inner');
  });

  it('what is not there is said with what is', async () => {
    server.catalogue = [{ type: 'compute', path: '/compute/v2.1', region: 'north' }];
    const { client } = connect({ region_name: 'west' });
    const error = await failureOf(client.call(to('compute'), never()));
    expect(error).toMatchObject({
      kind: 'catalogue',
      reason: "the cloud's catalogue has no public endpoint of compute in region west; it has: public in north",
    });
    expect(classifyApiError(error)).toBe('configuration');
    expect(await client.offers('compute', never())).toBe(false);
    expect(await client.offers('volume', never())).toBe(false);
    const { client: north } = connect({ region_name: 'north', has_compute: 'false' });
    expect(await north.offers('compute', never())).toBe(false);
  });

  it('the project can be part of an override', async () => {
    server.on('GET', '/volume/v3/project-1/x', { json: {} });
    const { client } = connect({ volume_endpoint_override: `${server.base}/volume/v3/%(project_id)s` });
    await client.call(to('volume'), never());
    expect(await client.projectId(never())).toBe('project-1');
  });
});

describe('redirects', () => {
  const create: ApiCall = { ...to('compute'), method: 'POST', json: { a: 1 }, expected: [202], idempotent: false };

  it('on the same host are followed with all that was sent', async () => {
    server.on('POST', '/compute/v2.1/x', { status: 301, headers: { Location: '/compute/v2.1/x/' } });
    server.on('POST', /x\/$/, { status: 202, json: { done: true } });
    expect((await connect().client.call(create, never())).json).toEqual({ done: true });
    const [, second] = server.requests(/POST \/compute/);
    expect(second).toMatchObject({ body: '{"a":1}', headers: { 'x-auth-token': 'token-1' } });
  });

  it.each(['http://127.0.0.1:1/x', '//localhost:9/x', 'https://127.0.0.1/x'])(
    'to another port or host are an error: nothing is sent to %s [B15]',
    async (location) => {
      server.on('POST', '/compute/v2.1/x', { status: 307, headers: { Location: location } });
      const error = await failureOf(connect().client.call(create, never()));
      expect(error).toMatchObject({ status: 307, kind: 'status' });
    },
  );

  it('to another host are an error: the token is for one cloud only', async () => {
    server.on('POST', '/compute/v2.1/x', { status: 307, headers: { Location: 'http://thief.example.org/x' } });
    const error = await failureOf(connect().client.call(create, never()));
    expect(error).toMatchObject({ status: 307, reason: expect.stringContaining('thief.example.org') as string });
  });

  it('end', async () => {
    server.on('POST', '/compute/v2.1/x', { status: 302, headers: { Location: '/compute/v2.1/x' } });
    expect(await failureOf(connect().client.call(create, never()))).toMatchObject({ status: 302 });
    expect(server.requests(/POST \/compute/)).toHaveLength(4);
  });
});

describe('lists of many pages', () => {
  async function names(client: OpenStackClient, query?: ApiCall['query']): Promise<readonly unknown[]> {
    const found: unknown[] = [];
    const call = { ...GET_SERVERS, ...(query ? { query } : {}) };
    for await (const page of client.pages(call, 'servers', never())) found.push(page.map(({ name }) => name));
    return found;
  }
  const page = (name: string, next?: string): { json: JsonObject } => ({
    json: { servers: [{ name }], servers_links: next === undefined ? [] : [{ rel: 'next', href: next }] },
  });

  it('are followed by their query, wherever the link leads', async () => {
    server.on('GET', /^\/compute\/v2.1\/servers\?limit=1$/, page('a', 'http://10.0.0.1/else?limit=1&marker=a'));
    server.on('GET', /^\/compute\/v2.1\/servers\?limit=1&marker=a$/, page('b'));
    expect(await names(connect().client, { limit: '1' })).toEqual([['a'], ['b']]);
  });

  it('end though the service goes round in a circle', async () => {
    server.on('GET', '/compute/v2.1/servers', page('a', '?marker=a'));
    expect(await names(connect().client)).toEqual([['a'], ['a']]);
  });

  it('end though the service goes on and on [B15]', async () => {
    let number = 0;
    server.on('GET', /servers/, () => page(`s${number}`, `?marker=${(number += 1)}`));
    const error = await failureOf(names(connect().client));
    expect(error).toMatchObject({ kind: 'answer', reason: 'the list of servers does not end after 1000 pages' });
  });

  it('are not asked for when nobody reads on', async () => {
    server.on('GET', '/compute/v2.1/servers', page('a', '?marker=a'));
    for await (const _page of connect().client.pages(GET_SERVERS, 'servers', never())) break;
    expect(server.requests(/GET \/compute/)).toHaveLength(1);
  });

  it('must be lists', async () => {
    server.on('GET', '/compute/v2.1/servers', { json: { servers: 'many' } });
    const error = await failureOf(names(connect().client));
    expect(error).toMatchObject({ kind: 'answer', reason: 'the answer holds no list of servers' });
  });
});

describe('the rate', () => {
  it('[BUILDER 188] counts calls of all services, and signing in', async () => {
    const clock = new VirtualClock();
    server.on('GET', '/compute/v2.1/x', { json: {} });
    server.on('GET', '/network/v2.0/x', { json: {} });
    const { client } = connect({}, { clock, rate: 2 });
    const calls = Promise.all([client.call(to('compute'), never()), client.call(to('network'), never())]);
    await eventually('the first call is answered', () => server.requests(/\/x$/).length === 1);
    // The look for the version of the identity service and the sign-in have moved the second call.
    await clock.advance(5.9);
    expect(server.requests(/\/x$/)).toHaveLength(1);
    await clock.advance(0.2);
    await calls;
    expect(server.requests(/\/x$/)).toHaveLength(2);
  });
});

describe('metrics', () => {
  it('are also sent under the names of the SDK, if wanted', async () => {
    server.on('GET', '/compute/v2.1/servers', { json: { servers: [] } });
    const { client, metrics } = connect({ metrics: { statsd: { prefix: 'openstack.api' } } });
    await client.call(GET_SERVERS, never());
    expect(metrics.counters.get('openstack.api.compute.GET.servers')).toBe(1);
  });

  it('count failed calls, too', async () => {
    server.on('GET', '/compute/v2.1/servers', { status: 500 });
    const { client, metrics } = connect();
    await failureOf(client.call(GET_SERVERS, never()));
    expect(metrics.counters.get('nodepool.task.lab.ComputeGetServers')).toBe(1);
  });

  it('[C17] the log has each call with the id that the cloud gave it, without its token', async () => {
    server.on('GET', '/compute/v2.1/servers', {
      headers: { 'x-openstack-request-id': 'req-7' },
      json: { servers: [] },
    });
    const { client, logger } = connect();
    await client.call(GET_SERVERS, never());
    const lines = logger.lines.filter(({ message }) => message === 'Called the cloud');
    expect(lines.at(-1)?.fields).toMatchObject({
      method: 'GET',
      url: `${server.base}/compute/v2.1/servers`,
      status: 200,
      requestId: 'req-7',
      seconds: expect.any(Number) as number,
    });
    expect(JSON.stringify(logger.lines)).not.toMatch(/token-1|hunter2/);
  });
});

describe('connections', () => {
  it('are used again', async () => {
    server.on('GET', '/compute/v2.1/servers', { json: { servers: [] } });
    const { client } = connect();
    for (let call = 0; call < 20; call += 1) await client.call(GET_SERVERS, never());
    expect(server.open).toBeLessThanOrEqual(3);
  });

  it('are bounded in number', async () => {
    server.on('GET', '/compute/v2.1/servers', () => 'hang');
    const { client } = connect();
    await client.projectId(never());
    const calls = Array.from({ length: 60 }, () => client.call(GET_SERVERS, never()).catch(() => undefined));
    await eventually('as many calls are under way as may be', () => server.requests(/GET \/compute/).length === 16);
    expect(server.open).toBeLessThanOrEqual(17);
    await client.close();
    await Promise.all(calls);
  });

  it('go through a proxy, except where they should not', async () => {
    server.on('GET', '/compute/v2.1/servers', { json: { servers: [] } });
    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on('connect', ({ url = '' }, socket) => {
      tunnels.push(url);
      const [host = '', port = ''] = url.split(':');
      const upstream = connectSocket(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      upstream.pipe(socket).pipe(upstream);
      for (const each of [socket, upstream]) each.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const through = (except: readonly string[]): TestClient => {
      const proxies = { http: new Secret(address), https: null, except };
      const made = clientOf({ ...cloudAt(server.base), proxies });
      clients.push(made.client);
      return made;
    };
    const proxied = through([]);
    await proxied.client.call(GET_SERVERS, never());
    const used = tunnels.length;
    expect(used).toBeGreaterThan(0);
    const direct = through(['127.0.0.1']);
    await direct.client.call(GET_SERVERS, never());
    expect(tunnels).toHaveLength(used);
    await proxied.client.close();
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.warn('openssl is not installed: TLS to clouds is not tried');

describe.skipIf(!hasOpenssl && !process.env['CI'])('TLS', () => {
  let certificates: Certificates;
  let secure: CloudServer;
  beforeAll(async () => {
    certificates = await makeCertificates();
    const keyStore = await readFile(certificates.server.keyStore, 'utf8');
    const ca = await readFile(certificates.client.ca, 'utf8');
    secure = await CloudServer.start({ key: keyStore, cert: keyStore, ca });
    secure.on('GET', '/compute/v2.1/servers', { json: { servers: [] } });
  });
  afterAll(async () => {
    await secure.stop();
    await certificates.remove();
  });

  const call = (entry: Readonly<Record<string, unknown>>, base = secure.base): Promise<unknown> =>
    connect(entry, {}, base).client.call(GET_SERVERS, never());

  it('with an authority that is not known is refused, and the password not sent', async () => {
    const error = await failureOf(call({}));
    expect(error).toMatchObject({ kind: 'tls', status: null });
    expect(error.message).toContain('there is no TLS with this server (');
    expect(secure.seen).toEqual([]);
  });

  it.each([{ verify: false }, { insecure: true }])('with %j everybody is believed', async (entry) => {
    await expect(call(entry)).resolves.toMatchObject({ status: 200 });
  });

  it('with an authority of its own', async () => {
    await expect(call({ cacert: certificates.client.ca })).resolves.toMatchObject({ status: 200 });
  });

  it('for another host name is refused', async () => {
    const base = secure.base.replace('127.0.0.1', 'localhost');
    expect(await failureOf(call({ cacert: certificates.client.ca }, base))).toMatchObject({ kind: 'tls' });
  });

  it('that is none', async () => {
    const base = server.base.replace('http:', 'https:');
    expect(await failureOf(call({ cacert: certificates.client.ca }, base))).toMatchObject({ kind: 'tls' });
  });

  it('with files that are not there says which', async () => {
    const error = await failureOf(call({ cacert: '/nowhere/ca.pem' }));
    expect(error).toMatchObject({ kind: 'settings', reason: 'cacert /nowhere/ca.pem cannot be read (ENOENT)' });
    expect(classifyApiError(error)).toBe('configuration');
  });

  it('with a certificate of the client, where the server wants one', async () => {
    const keyStore = await readFile(certificates.server.keyStore, 'utf8');
    const ca = await readFile(certificates.client.ca, 'utf8');
    const strict = await CloudServer.start({ key: keyStore, cert: keyStore, ca, requestCert: true });
    strict.on('GET', '/compute/v2.1/servers', { json: { servers: [] } });
    const { cert, key, ca: cacert } = certificates.client;
    await expect(call({ cacert, cert, key }, strict.base)).resolves.toMatchObject({ status: 200 });
    const refusal = async (entry: Readonly<Record<string, unknown>>): Promise<ApiError> => {
      const clock = new VirtualClock();
      const refused = failureOf(connect(entry, { clock }, strict.base).client.call(GET_SERVERS, never()));
      return (await hastened(clock, refused)).result;
    };
    const { cert: strangeCert, key: strangeKey } = certificates.stranger;
    const strange = await refusal({ cacert, cert: strangeCert, key: strangeKey });
    const none = await refusal({ cacert });
    for (const { kind } of [strange, none]) expect(['tls', 'cut']).toContain(kind);
    expect(strict.requests(/tokens/)).toHaveLength(1);
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await strict.stop();
  });
});
