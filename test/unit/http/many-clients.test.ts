import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebServer, type WebServerLimits } from '../../../src/adapters/http/web-server.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';
import { eventually } from '../../support/eventually.js';
import { FixedQueries } from './fixed-queries.js';
import { recordedRows } from './golden-answer.js';

const logger = new MemoryLogger();
const queries = new FixedQueries(recordedRows());
let server: WebServer;
let port: number;
let sockets: Socket[] = [];

async function open(limits: Partial<WebServerLimits>): Promise<void> {
  server = new WebServer({ queries, ready: () => true, clock: new SystemClock(), logger }, limits);
  port = await server.listen(0, '127.0.0.1');
}

afterEach(async () => {
  sockets.forEach((socket) => socket.destroy());
  sockets = [];
  await server.close();
  expect(logger.lines).toEqual([]);
});

function slowClient(text: string): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  socket.on('error', () => undefined);
  // Without this it would not notice its end.
  socket.resume();
  sockets.push(socket);
  return socket;
}

const status = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
  (await fetch(`http://127.0.0.1:${port}${path}`, { headers, signal: AbortSignal.timeout(5000) })).status;

describe('clients that want too much', () => {
  test('a thousand that never finish their request keep nobody else waiting, and are sent away', async () => {
    await open({ headersTimeout: 0.5, requestTimeout: 1 });
    for (let count = 0; count < 1000; count += 1) slowClient('GET /node-list HTTP/1.1\r\nHost: x\r\n');
    await eventually('all are connected', () => sockets.every((socket) => socket.readyState !== 'opening'));
    expect(await status('/label-list')).toBe(200);
    await eventually(
      'all are sent away',
      () => sockets.every((socket) => socket.destroyed || socket.readableEnded),
      15,
    );
    expect(await status('/label-list')).toBe(200);
  });

  test('one that sends nothing more after its answer is let go', async () => {
    await open({ idleTimeout: 0.2 });
    const socket = slowClient('');
    await eventually('it is let go', () => socket.readableEnded || socket.destroyed, 5);
  });

  test('more connections than allowed are closed at once', async () => {
    await open({ connections: 5 });
    for (let count = 0; count < 10; count += 1) slowClient('GET /label-list HTTP/1.1\r\nHost: x\r\n');
    await eventually(
      'half of them are closed',
      () => sockets.filter((socket) => socket.destroyed || socket.readableEnded).length === 5,
      5,
    );
  });

  test('huge fields and headers are answered or refused', async () => {
    await open({});
    expect(await status(`/node-list?fields=${'x,'.repeat(4000)}`)).toBe(200);
    expect(await status(`/node-list?fields=${Array.from({ length: 1000 }, (_, index) => `f${index}`).join(',')}`)).toBe(
      200,
    );
    expect(await status(`/node-list?fields=${'x'.repeat(20_000)}`)).toBe(431);
  });

  test.each([
    ',,,;q=',
    'application/json;q=2',
    '*/json',
    'text/html;;',
    '\u00ff/\u00ff',
    'a'.repeat(8000),
    'application/json;q=0',
  ])('an odd Accept header never breaks anything (%#)', async (accept) => {
    await open({});
    expect([200, 406]).toContain(await status('/label-list', { accept }));
  });
});
