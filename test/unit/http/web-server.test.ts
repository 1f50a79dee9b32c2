import { connect } from 'node:net';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebServer } from '../../../src/adapters/http/web-server.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { FixedQueries } from './fixed-queries.js';
import { goldenAnswer, RECORDED_AT, recordedRows } from './golden-answer.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

let clock: VirtualClock;
let queries: FixedQueries;
let logger: MemoryLogger;
let ready: boolean;
let server: WebServer;
let port: number;

beforeEach(async () => {
  clock = new VirtualClock(RECORDED_AT);
  queries = new FixedQueries(recordedRows());
  logger = new MemoryLogger();
  ready = true;
  server = new WebServer({ queries, ready: () => ready, clock, logger });
  port = await server.listen(0, '127.0.0.1');
});

afterEach(async () => {
  await server.close();
});

/** Without any header of our own, unlike `fetch`. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const JSON_ONLY = { Accept: 'application/json' };

describe('lists as recorded from the original', () => {
  test.each([
    ['node-list', '/node-list'],
    ['image-list', '/image-list'],
    ['dib-image-list', '/dib-image-list'],
    ['request-list', '/request-list'],
    ['label-list', '/label-list'],
    ['image-status', '/image-status'],
  ])('%s, as text and as JSON [BUILDER 142, 147, 148]', async (name, path) => {
    expect((await get(path)).body).toBe(goldenAnswer(`${name}.none`).body);
    expect((await get(path, JSON_ONLY)).body).toBe(goldenAnswer(`${name}.json`).body);
  });

  test.each([
    ['node-list.fields.text', '/node-list?fields=id,state,label,provider'],
    ['node-list.fields-unknown.text', '/node-list?fields=id,nosuch'],
    ['node-list.missing.text', '/node-list?node_id=999'],
    ['node-list.none', '/node-list?fields='],
    ['image-list.fields.text', '/image-list?fields=state,image,id'],
  ])('%s [BUILDER 145, 146]', async (name, path) => {
    expect((await get(path)).body).toBe(goldenAnswer(name).body);
  });

  test.each([
    ['node-list.missing.json', '/node-list?node_id=999'],
    ['node-list.json', '/node-list?fields=id'],
  ])('%s: fields do not filter JSON [BUILDER 145, 146]', async (name, path) => {
    expect(await get(path, JSON_ONLY)).toMatchObject({ status: 200, body: goldenAnswer(name).body });
  });

  test('one node by id [BUILDER 146]', async () => {
    const ids = JSON.parse((await get('/node-list?node_id=0000000003', JSON_ONLY)).body) as { id: string }[];
    expect(ids.map(({ id }) => id)).toEqual(['0000000003']);
  });

  test('the headers [BUILDER 150]', async () => {
    for (const [name, accept] of [
      ['label-list.none', {}],
      ['label-list.json', JSON_ONLY],
    ] as const) {
      const { headers } = await get('/label-list', accept);
      for (const [header, value] of goldenAnswer(name).headers) {
        if (header !== 'server' && header !== 'date') expect([header, headers[header]]).toEqual([header, value]);
      }
    }
  });
});

describe('contents', () => {
  test('whatever is no port number is withheld, texts are UTF-8, JSON is ASCII [BUILDER 156]', async () => {
    const [node] = queries.rows.nodes;
    queries.rows.nodes = [{ ...node!, connectionPort: 'redacted', comment: 'grüß dich 😀' }];
    const text = await get('/node-list');
    expect(text.headers['content-type']).toBe('text/plain; charset=UTF-8');
    expect(text.body).toContain('| redacted |');
    expect(text.body).toContain('grüß dich 😀');
    const json = await get('/node-list', { Accept: 'application/json', 'x-fresh': '1' });
    expect(json.body).toContain('"connection_port": "redacted"');
    expect(json.body).toContain('gr\\u00fc\\u00df dich \\ud83d\\ude00');
  });

  test('image status with a build under way [BUILDER 155]', async () => {
    queries.rows.imageStatus = [
      { image: 'a', paused: true, buildRequest: 'building', buildRequestTime: RECORDED_AT - 61.5 },
    ];
    expect((await get('/image-status', JSON_ONLY)).body).toBe(
      `[{"image": "a", "paused": true, "build_request": "building", "build_request_age": ${RECORDED_AT - 61.5}}]`,
    );
    expect((await get('/image-status')).body).toContain('| a     | True   | building      | 00:00:01:01       |');
  });
});

describe('problems of builders', () => {
  test('have a page of their own', async () => {
    const problem = {
      image: 'a',
      provider: 'p',
      builder: 'nb01',
      failures: 2,
      problem: 'no room',
      nextTry: RECORDED_AT + 60.5,
    };
    queries.rows.imageProblems = [problem, { ...problem, provider: null, failures: 0, nextTry: null }];
    expect(JSON.parse((await get('/image-problems', JSON_ONLY)).body)).toEqual([
      {
        image: 'a',
        provider: 'p',
        builder: 'nb01',
        failures: 2,
        next_try: Math.floor(RECORDED_AT + 60.5),
        problem: 'no room',
      },
      { image: 'a', provider: null, builder: 'nb01', failures: 0, next_try: null, problem: 'no room' },
    ]);
    expect((await get('/image-problems?fields=image,next_try')).body).toContain('| a     | 00:00:01:00 |');
  });
});

describe('caching', () => {
  test('an answer is given again for one second [BUILDER 151]', async () => {
    const first = await get('/label-list');
    queries.rows.labels = [{ label: 'other' }];
    await clock.advance(0.75);
    expect(await get('/label-list')).toMatchObject({
      body: first.body,
      headers: { 'last-modified': first.headers['last-modified'] },
    });
    expect(queries.asked).toBe(1);
    await clock.advance(0.5);
    const later = await get('/label-list');
    expect(later.body).toContain('other');
    expect(later.headers['last-modified']).not.toBe(first.headers['last-modified']);
  });

  test('types and query strings are cached separately, the order of parameters does not matter [BUILDER 152]', async () => {
    await get('/node-list');
    await get('/node-list', JSON_ONLY);
    await get('/node-list?fields=id');
    expect(queries.asked).toBe(3);
    await get('/node-list?fields=id&node_id=0000000001');
    await get('/node-list?node_id=0000000001&fields=id');
    expect(queries.asked).toBe(4);
  });

  test('conditional requests [BUILDER 151]', async () => {
    const { headers } = await get('/label-list', JSON_ONLY);
    const modified = headers['last-modified'] as string;
    const same = await get('/label-list', { ...JSON_ONLY, 'If-Modified-Since': modified });
    expect(same).toMatchObject({ status: 304, body: '' });
    expect(same.headers['last-modified']).toBe(modified);
    expect(same.headers['content-type']).toBeUndefined();
    const older = new Date(Date.parse(modified) - 1000).toUTCString();
    expect((await get('/label-list', { 'If-Modified-Since': older })).status).toBe(200);
    expect((await get('/label-list', { 'If-Modified-Since': 'yesterday' })).status).toBe(200);
  });

  test('an entity tag stays while the list stays, and comes before the date', async () => {
    const first = await get('/label-list', JSON_ONLY);
    const etag = first.headers['etag'] as string;
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    await clock.advance(5);
    const same = await get('/label-list', { ...JSON_ONLY, 'If-None-Match': `"other", W/${etag}` });
    expect(same).toMatchObject({ status: 304, body: '', headers: { etag } });
    expect((await get('/label-list')).headers['etag']).not.toBe(etag);
    const modified = same.headers['last-modified'] as string;
    const both = { ...JSON_ONLY, 'If-None-Match': '"other"', 'If-Modified-Since': modified };
    expect((await get('/label-list', both)).status).toBe(200);
    queries.rows.labels = [{ label: 'new' }];
    await clock.advance(2);
    expect((await get('/label-list', { ...JSON_ONLY, 'If-None-Match': etag })).status).toBe(200);
    const part = { ...JSON_ONLY, Range: 'bytes=0-3', 'If-Range': etag };
    expect((await get('/label-list', part)).status).toBe(200);
  });

  test('partial requests [BUILDER 4.4]', async () => {
    const golden = goldenAnswer('range');
    const part = await get('/label-list', { ...JSON_ONLY, Range: 'bytes=0-3' });
    expect(part).toMatchObject({ status: 206, body: golden.body });
    expect(part.headers['content-range']).toBe(golden.headers.get('content-range'));
    expect(part.headers['content-length']).toBe('4');
    const beyond = await get('/label-list', { ...JSON_ONLY, Range: 'bytes=99-' });
    expect(beyond.status).toBe(416);
    expect(beyond.headers['content-range']).toBe('bytes */25');
    const stale = { ...JSON_ONLY, Range: 'bytes=0-3', 'If-Range': 'Sun, 22 Nov 2020 14:36:09 GMT' };
    expect((await get('/label-list', stale)).status).toBe(200);
  });
});

describe('methods and parameters', () => {
  describe.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s', (method) => {
    test.each(['/label-list', '/node-list?fields=id', '/ready', '/openapi.json'])(
      'is refused for %s, which can be read only [B15]',
      async (path) => {
        const reply = await get(path, JSON_ONLY, method);
        expect(reply.status).toBe(405);
        expect(reply.headers.allow).toBe('GET, HEAD');
        expect(JSON.parse(reply.body)).toMatchObject({ title: 'Method Not Allowed' });
      },
    );

    test('for what is not there it is not there', async () => {
      expect((await get('/no-such-page', JSON_ONLY, method)).status).toBe(404);
    });
  });

  test('HEAD has the headers only', async () => {
    const head = await get('/label-list', JSON_ONLY, 'HEAD');
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe('25');
  });

  test('parameters may come in a form', async () => {
    const sent = (body: string): Promise<Reply> => {
      const form = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': String(body.length) };
      return get('/node-list', form, 'GET', body);
    };
    expect((await sent('fields=id,nosuch')).body).toBe(goldenAnswer('node-list.fields-unknown.text').body);
    expect((await sent(`fields=${'x'.repeat(70_000)}`)).status).toBe(413);
  });

  test.each(['/node-list?fields=%E0%A4%A&node_id=%', '/node-list?&&==&%00=%ff', '/label-list?a=1&a=1'])(
    'the odd query of %s is no problem',
    async (path) => {
      expect((await get(path)).status).toBe(200);
    },
  );
});

describe('other pages', () => {
  test.each([
    '/',
    '/no-such-page',
    '/node-list/x',
    '/label-list/',
    '/Label-List',
    '/%E0%A4%A',
    '//label-list',
    '/..%2f',
  ])('%s is not found [BUILDER 149]', async (path) => {
    const text = await get(path);
    expect(text).toMatchObject({ status: 404, headers: { 'content-type': 'text/plain; charset=UTF-8' } });
    const json = await get(path, JSON_ONLY);
    expect(json).toMatchObject({ status: 404, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(json.body)).toEqual({
      message: 'The resource could not be found.',
      code: '404 Not Found',
      title: 'Not Found',
    });
    expect((await get(path, { Accept: 'text/html' })).headers['content-type']).toBe('text/html; charset=UTF-8');
  });

  test('nothing acceptable is 406, before the path is looked at [BUILDER 149]', async () => {
    expect((await get('/label-list', { Accept: 'image/png' })).status).toBe(406);
    expect((await get('/nowhere', { Accept: 'image/png' })).status).toBe(406);
    expect(queries.asked).toBe(0);
  });

  test('ready when all providers have started, never cached by us [BUILDER 153]', async () => {
    ready = false;
    expect((await get('/ready')).status).toBe(503);
    ready = true;
    const golden = goldenAnswer('ready.json');
    const reply = await get('/ready', JSON_ONLY);
    expect(reply).toMatchObject({ status: 200, body: golden.body });
    expect(reply.headers['content-type']).toBe('application/json');
    expect(reply.headers['cache-control']).toBe('max-age=1, public');
  });
});

describe('while a changed configuration cannot be used [C23]', () => {
  test('/ready says so in a header; status and body stay what the original answers', async () => {
    let mistakes = 0;
    let current = true;
    const some = { ready: () => true, mistakes: () => mistakes, current: () => current, clock, logger };
    const other = new WebServer(some);
    const address = `http://127.0.0.1:${await other.listen(0, '127.0.0.1')}`;
    const ask = async (): Promise<readonly unknown[]> => {
      const answer = await fetch(`${address}/ready`);
      return [answer.status, await answer.text(), answer.headers.get('warning')];
    };
    expect(await ask()).toEqual([200, 'OK', null]);
    mistakes = 1;
    const one = '299 - "The changed configuration has a mistake: the one before stays in force"';
    expect(await ask()).toEqual([200, 'OK', one]);
    mistakes = 2;
    current = false;
    const two = '299 - "The changed configuration has 2 mistakes: the one before stays in force"';
    expect(await ask()).toEqual([200, 'OK', `${two}, 110 - "ZooKeeper is away: this is the last known state"`]);
    await other.close();
  });
});

describe('while ZooKeeper is away', () => {
  test('answers are given all the same, with a warning', async () => {
    let current = false;
    const other = new WebServer({ queries, ready: () => true, current: () => current, clock, logger });
    const address = `http://127.0.0.1:${await other.listen(0, '127.0.0.1')}`;
    const old = await fetch(`${address}/node-list`);
    expect(old.status).toBe(200);
    expect(old.headers.get('warning')).toBe('110 - "ZooKeeper is away: this is the last known state"');
    expect(await old.text()).toBe(goldenAnswer('node-list.none').body);
    current = true;
    expect((await fetch(`${address}/node-list`)).headers.get('warning')).toBeNull();
    await other.close();
  });
});

describe('trouble', () => {
  test('a failure is logged and answered without details', async () => {
    queries.failure = new Error('secret detail');
    const reply = await get('/label-list', JSON_ONLY);
    expect(reply.status).toBe(500);
    expect(reply.body).not.toContain('secret');
    expect(logger.lines).toMatchObject([{ level: 'error', message: 'A web request failed' }]);
    queries.failure = undefined;
    expect((await get('/label-list', JSON_ONLY)).status).toBe(200);
  });

  test('a client that hangs up in the middle of a form is not our trouble', async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('GET /node-list HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n');
        socket.write('Content-Length: 100\r\n\r\nfields=', () => {
          socket.destroy();
          resolve();
        });
      });
      socket.on('error', reject);
    });
    expect((await get('/label-list')).status).toBe(200);
    expect(logger.lines).toEqual([]);
  });

  test('an address in use is an error of listen', async () => {
    const second = new WebServer({ queries, ready: () => true, clock, logger });
    await expect(second.listen(port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.close();
  });

  test('closing ends open connections and may be repeated', async () => {
    const socket = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('connect', resolve));
    await server.close();
    await ended;
    await server.close();
  });
});
