import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AdminRoutes } from '../../../src/adapters/http/api/admin/admin-routes.js';
import { ApiListener } from '../../../src/adapters/http/api/api-listener.js';
import { ApiConnection } from '../../../src/adapters/http-client/api-connection.js';
import { HttpAdministration } from '../../../src/adapters/http-client/http-administration.js';
import { SystemClock } from '../../../src/adapters/system/system-clock.js';
import type { AdministrationPort } from '../../../src/ports/administration/operations.js';
import { aToken } from '../../support/lease-api-world.js';
import { AdministrationBench } from '../administration/administration-bench.js';

let bench: AdministrationBench;
let listener: ApiListener;
let routes: AdminRoutes;
let direct: AdministrationPort;
let url: string;
const opened: ApiConnection[] = [];

beforeEach(async () => {
  bench = new AdministrationBench();
  await bench.open();
  direct = Object.assign(Object.create(bench.administration) as typeof bench.administration, {
    contents: { read: async () => [] },
  });
  routes = new AdminRoutes({ administration: async () => direct, clock: new SystemClock(), logger: bench.logger });
  const tokens = [aToken('root', { scopes: ['admin'] }), aToken('team'), aToken('watcher', { scopes: ['read'] })];
  listener = new ApiListener({ routes: [routes], tokens: () => tokens, logger: bench.logger });
  url = `http://127.0.0.1:${await listener.listenOnTcp({ address: '127.0.0.1', port: 0 })}`;
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()));
  routes.close();
  await listener.close();
  await bench.close();
});

function connection(token: string): ApiConnection {
  const made = ApiConnection.open(url, { NODEPOOL_TOKEN: `np_${token}` });
  opened.push(made);
  return made;
}

const administration = (token = 'root'): Promise<HttpAdministration> =>
  HttpAdministration.open(connection(token), ['nodes', 'requests', 'images']);

/** What the API answers to a raw order. */
async function answer(token: string, operation: string, body: string): Promise<{ status: number; text: string }> {
  const headers = { Authorization: `Bearer np_${token}`, 'Content-Type': 'application/json' };
  const response = await fetch(`${url}/api/v1/admin/${operation}/events`, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
}

describe('the command line at a daemon on another machine, with a token of scope admin', () => {
  test('[S14] lists what a command beside the store lists, also what JSON cannot carry', async () => {
    const id = await bench.node({ state: 'hold', comment: 'ünïcode\u0000', stateTime: 5 });
    await bench.node({ state: 'ready' });
    const { queries } = await administration();
    expect(queries.nodes()).toEqual(direct.queries.nodes());
    expect(queries.nodes(id)).toEqual(direct.queries.nodes(id));
    expect(queries.requests()).toEqual(direct.queries.requests());
    expect(queries.damaged()).toEqual(direct.queries.damaged());
  });

  test('[S14] orders are carried out, and the log says who gave them and where from', async () => {
    const id = await bench.node({ state: 'ready' });
    const { commands } = await administration();
    await bench.during(commands.nodes.hold(id, { reason: 'looking at it' }));
    expect(await bench.json(`/nodepool/nodes/${id}`)).toMatchObject({ state: 'hold', comment: 'looking at it' });
    const [line] = bench.logger.lines.filter(({ message }) => message.startsWith('Ordered'));
    expect(line).toMatchObject({
      message: 'Ordered: node-hold',
      fields: { holder: 'root', from: '127.0.0.1', args: [id, 'looking at it'] },
    });
  });

  test('[S14] a failure has the words and the code of a failure beside the store', async () => {
    const failureOf = (order: Promise<unknown>): Promise<{ code?: unknown; message: string }> =>
      order.then(
        () => Promise.reject(new Error('it was carried out')),
        (error: { code?: unknown; message: string }) => error,
      );
    const here = await failureOf(direct.commands.images.build('nosuch'));
    const there = await failureOf((await administration()).commands.images.build('nosuch'));
    expect([there.message, there.code]).toEqual([here.message, here.code ?? null]);
  });

  test('[S14] what takes long tells how it gets on', async () => {
    const id = await bench.node({ state: 'deleting' });
    const seen: string[] = [];
    const following = (await administration()).progress.deletion(id, ({ state }) => seen.push(state));
    await expect.poll(() => seen).toEqual(['deleting']);
    const lease = await bench.lockedElsewhere(id);
    await bench.during(lease.remove());
    await bench.during(following);
  });

  test('the end of the daemon ends what is followed', async () => {
    const id = await bench.node({ state: 'deleting' });
    const seen: string[] = [];
    const following = (await administration()).progress.deletion(id, ({ state }) => seen.push(state));
    await expect.poll(() => seen).toEqual(['deleting']);
    routes.close();
    await expect(following).rejects.toThrow('The daemon ends');
  });
});

describe('who may not', () => {
  test.each([
    ['team', 403],
    ['watcher', 403],
    ['stranger', 401],
  ])('%s is answered %i, and nothing is done', async (token, status) => {
    const id = await bench.node({ state: 'ready' });
    const body = JSON.stringify({ args: [id, null] });
    expect((await answer(token, 'node-hold', body)).status).toBe(status);
    expect(await bench.json(`/nodepool/nodes/${id}`)).toMatchObject({ state: 'ready' });
    expect(bench.logger.lines.filter(({ message }) => message.startsWith('Ordered'))).toEqual([]);
  });
});

describe('what makes no sense', () => {
  test.each([
    ['an operation that is none', 'format-disk', '{"args": []}', 404],
    ['one that every object has', 'constructor', '{"args": []}', 404],
    ['arguments of a wrong kind', 'node-hold', '{"args": [7, null]}', 400],
    ['too few arguments', 'node-hold', '{"args": []}', 400],
    ['no list of arguments', 'lists', '{"args": {}}', 400],
    ['no JSON', 'lists', 'args', 400],
  ])('%s is refused', async (_what, operation, body, status) => {
    expect((await answer('root', operation, body)).status).toBe(status);
  });
});
