import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiListener } from '../../../src/adapters/http/api/api-listener.js';
import type { ApiRoutes } from '../../../src/adapters/http/api/api-routes.js';
import { callerOf, requireScope } from '../../../src/adapters/http/api/caller.js';
import { readJsonBody } from '../../../src/adapters/http/api/read-json-body.js';
import { readQuery } from '../../../src/adapters/http/api/read-query.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import type { ApiScope, LeaseTokenConfig } from '../../../src/domain/config/lease-api.js';
import { rawHttp, type RawReply } from '../../support/raw-http.js';

const TOKEN = 'np_right';

function token(text: string, name: string, scopes: readonly ApiScope[]): LeaseTokenConfig {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { name, sha256, scopes, tenant: name, labels: null, maxLeases: 3, maxDuration: 86400, maxPriority: 200 };
}

const routes: ApiRoutes = {
  addTo(router) {
    router.get('/api/v1/who', (ctx) => {
      readQuery(ctx, 'x');
      ctx.body = { name: callerOf(ctx).name };
    });
    router.post('/api/v1/things', async (ctx) => {
      const body = await readJsonBody(ctx);
      requireScope(ctx, 'lease');
      ctx.body = { body: body ?? null };
    });
    router.get('/api/v1/broken', () => {
      throw new Error('secret detail');
    });
  },
};

let tokens: readonly LeaseTokenConfig[];
let logger: MemoryLogger;
let listener: ApiListener;
let port: number;
let folder: string;

beforeEach(async () => {
  tokens = [token(TOKEN, 'team-a', ['lease']), token('np_reader', 'watcher', ['read'])];
  logger = new MemoryLogger();
  listener = new ApiListener({ routes: [routes], tokens: () => tokens, logger });
  port = await listener.listenOnTcp({ address: '127.0.0.1', port: 0 });
  folder = mkdtempSync(path.join(tmpdir(), 'nodepool-api-'));
});

afterEach(async () => {
  await listener.close();
  rmSync(folder, { recursive: true, force: true });
});

function call(
  method: string,
  where: string,
  headers: Record<string, string> = {},
  body: string | Buffer | readonly (string | Buffer)[] = '',
): Promise<RawReply> {
  return rawHttp({ port }, method, where, { Authorization: `Bearer ${TOKEN}`, ...headers }, body);
}

function codeOf(reply: RawReply): string {
  expect(reply.headers['content-type']).toBe('application/problem+json');
  const problem = JSON.parse(reply.body) as Record<string, unknown>;
  expect(Object.keys(problem)).toEqual(
    expect.arrayContaining(['type', 'title', 'status', 'detail', 'code', 'retryable']),
  );
  expect(problem['status']).toBe(reply.status);
  return `${reply.status} ${String(problem['code'])}`;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('who may', () => {
  test.each([
    ['no header', {}],
    ['an empty one', { Authorization: '' }],
    ['another scheme', { Authorization: `Basic ${TOKEN}` }],
    ['no token', { Authorization: 'Bearer ' }],
    ['an unknown token', { Authorization: 'Bearer np_wrong' }],
    ['more than a token', { Authorization: `Bearer ${TOKEN} x` }],
  ])('%s is 401, also for paths that are not there', async (_case, headers) => {
    const reply = await rawHttp({ port }, 'GET', '/nowhere', headers);
    expect(codeOf(reply)).toBe('401 unauthenticated');
    expect(reply.headers['www-authenticate']).toBe('Bearer');
  });

  test('a known token says who it is, whatever the case of the scheme', async () => {
    const reply = await call('GET', '/api/v1/who', { Authorization: `bearer ${TOKEN}` });
    expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { name: 'team-a' }]);
  });

  test('[L8] tokens are never logged nor answered', async () => {
    const replies = [
      await call('GET', '/api/v1/broken'),
      await call('GET', '/nowhere'),
      await call('GET', '/api/v1/who'),
    ];
    for (const reply of replies) expect(JSON.stringify([reply.body, reply.headers])).not.toContain(TOKEN);
    expect(JSON.stringify(logger.lines)).not.toContain(TOKEN);
  });

  test('a token that is taken away is refused from then on', async () => {
    tokens = tokens.slice(1);
    expect(codeOf(await call('GET', '/api/v1/who'))).toBe('401 unauthenticated');
  });

  test('the scope is looked at after the body', async () => {
    const reader = { Authorization: 'Bearer np_reader' };
    expect(codeOf(await call('POST', '/api/v1/things', { ...reader, ...JSON_TYPE }, '{'))).toBe('400 malformed');
    expect(codeOf(await call('POST', '/api/v1/things', { ...reader, ...JSON_TYPE }, '{}'))).toBe('403 scope');
  });
});

describe('what is asked', () => {
  test.each([
    ['GET', '/api/v1/nowhere', '404 not-found'],
    ['GET', '/api/v1/who/', '404 not-found'],
    ['GET', '/API/V1/who', '404 not-found'],
    ['POST', '/api/v1/who', '405 method-not-allowed'],
    ['OPTIONS', '/api/v1/who', '405 method-not-allowed'],
    ['GET', '/api/v1/who?y=1', '400 malformed'],
    ['GET', '/api/v1/who?x=1&x=2', '400 malformed'],
    ['GET', '/api/v1/broken', '500 internal'],
  ])('%s %s is %s', async (method, where, code) => {
    const reply = await call(method, where);
    expect(codeOf(reply)).toBe(code);
    expect(reply.body).not.toContain('secret');
    if (reply.status === 405) expect(reply.headers['allow']).toBe('GET, HEAD');
  });

  test('HEAD answers as GET does, without a body', async () => {
    const reply = await call('HEAD', '/api/v1/who');
    expect([reply.status, reply.body]).toEqual([200, '']);
  });

  test.each([
    ['text/html', 406],
    ['application/json;q=0', 406],
    ['text/html, */*;q=0.1', 200],
    ['application/*', 200],
    ['nonsense', 200],
    ['', 200],
  ])('Accept: %s is %i', async (accept, status) => {
    expect((await call('GET', '/api/v1/who', { Accept: accept })).status).toBe(status);
  });
});

describe('bodies', () => {
  const large = `"${'x'.repeat(64 * 1024)}"`;

  test.each([
    ['text', { 'Content-Type': 'text/plain' }, '{}', '415 unsupported-media-type'],
    ['no type', {}, '{}', '415 unsupported-media-type'],
    ['another charset', { 'Content-Type': 'application/json; charset=latin1' }, '{}', '415 unsupported-media-type'],
    ['compressed', { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, '{}', '415 unsupported-media-type'],
    ['text in chunks', { 'Content-Type': 'text/plain' }, ['{', '}'], '415 unsupported-media-type'],
    ['a large text', { 'Content-Type': 'text/plain' }, large, '415 unsupported-media-type'],
    ['too large', JSON_TYPE, large, '413 too-large'],
    ['too large in chunks', JSON_TYPE, [large.slice(0, 40_000), large.slice(40_000)], '413 too-large'],
    ['no JSON', JSON_TYPE, '{"a":', '400 malformed'],
    ['two values', JSON_TYPE, '{} {}', '400 malformed'],
    ['NaN', JSON_TYPE, '{"a": NaN}', '400 malformed'],
    ['no UTF-8', JSON_TYPE, Buffer.from([0x22, 0xff, 0xfe, 0x22]), '400 malformed'],
    ['deep', JSON_TYPE, '['.repeat(30_000) + ']'.repeat(30_000), '400 malformed'],
  ])('%s', async (_case, headers, body, code) => {
    expect(codeOf(await call('POST', '/api/v1/things', headers, body))).toBe(code);
  });

  test.each([
    ['none', {}, '', null],
    ['none, of a type that would not do', { 'Content-Type': 'text/plain' }, '', null],
    ['none in no chunks', { 'Transfer-Encoding': 'chunked' }, [], null],
    ['an object', JSON_TYPE, '{"a": "]["}', { a: '][' }],
    ['with charset', { 'Content-Type': 'application/json;charset="UTF-8"' }, '[1]', [1]],
    ['in chunks', JSON_TYPE, ['{"a', '":1}'], { a: 1 }],
  ])('%s', async (_case, headers, body, expected) => {
    const reply = await call('POST', '/api/v1/things', headers, body);
    expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { body: expected }]);
  });

  test('the connection serves the next request after a body that was refused', async () => {
    await call('POST', '/api/v1/things', { 'Content-Type': 'text/plain' }, large);
    expect((await call('GET', '/api/v1/who')).status).toBe(200);
  });
});

describe('the unix socket', () => {
  const socketPath = (): string => path.join(folder, 'nodepool.sock');

  test('needs no token, is for owner and group, and goes with the listener', async () => {
    await listener.listenOnUnixSocket(socketPath());
    expect(statSync(socketPath()).mode & 0o777).toBe(0o660);
    const reply = await rawHttp({ socketPath: socketPath() }, 'GET', '/api/v1/who');
    expect(JSON.parse(reply.body)).toEqual({ name: 'local' });
    await listener.close();
    expect(existsSync(socketPath())).toBe(false);
  });

  test('replaces what a dead process left', async () => {
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(socketPath(), resolve));
    const { linkSync, unlinkSync } = await import('node:fs');
    // Closing removes the file, which a process that is killed cannot do.
    linkSync(socketPath(), `${socketPath()}.kept`);
    await new Promise((resolve) => dead.close(resolve));
    linkSync(`${socketPath()}.kept`, socketPath());
    unlinkSync(`${socketPath()}.kept`);
    await listener.listenOnUnixSocket(socketPath());
    expect((await rawHttp({ socketPath: socketPath() }, 'GET', '/api/v1/who')).status).toBe(200);
  });

  test('is refused where another process listens, and that one goes on', async () => {
    await listener.listenOnUnixSocket(socketPath());
    const other = new ApiListener({ routes: [], tokens: () => [], logger });
    await expect(other.listenOnUnixSocket(socketPath())).rejects.toThrow('another process listens there');
    expect((await rawHttp({ socketPath: socketPath() }, 'GET', '/api/v1/who')).status).toBe(200);
  });

  test.each([
    ['too long', () => path.join(folder, 'x'.repeat(108)), 'too long'],
    ['no directory', () => path.join(folder, 'none', 'a.sock'), 'its directory does not exist'],
    ['a file', () => path.join(folder, 'file'), 'something else of that name'],
  ])('%s is one clear error', async (_case, where, message) => {
    writeFileSync(path.join(folder, 'file'), '');
    await expect(listener.listenOnUnixSocket(where())).rejects.toThrow(message);
  });
});
