import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { StoreFailureError } from '../../../src/ports/coordination/errors.js';
import { aToken, LeaseApiWorld, type Answer } from '../../support/lease-api-world.js';

let api: LeaseApiWorld;

beforeAll(async () => {
  api = await LeaseApiWorld.open();
});

afterAll(() => api.end());

beforeEach(async () => {
  api.tokens.splice(0, api.tokens.length, aToken('team-a'), aToken('team-b'));
  for (const lease of api.member.records.leases.view.all().values())
    await api.member.gateway?.ends.end(lease.id, ({ state }) => (state === 'waiting' ? 'cancelled' : 'released'));
});

const call: LeaseApiWorld['call'] = (...of) => api.call(...of);
const uuid = (): string => api.world.random.uuid();

function outcome({ status, code }: Answer): string {
  return code === undefined ? String(status) : `${status} ${code}`;
}

describe('PUT /leases/{id}', () => {
  test('creates; again with the same body, in whatever order, is the lease as it is', async () => {
    const id = uuid();
    const first = await call('PUT', `/leases/${id}`, { labels: ['small'], ttl: 60 });
    expect(outcome(first)).toBe('201');
    expect(first.raw.headers['location']).toBe(`/api/v1/leases/${id}`);
    expect(first.raw.headers['content-type']).toBe('application/json');
    const again = await call('PUT', `/leases/${id}`, '{"ttl":60.0,  "labels":["small"]}');
    expect([outcome(again), again.body['id']]).toEqual(['200', id]);
    expect(again.raw.headers['location']).toBeUndefined();
  });

  test('the record has every member of the contract, and no other', async () => {
    const { body } = await call('PUT', `/leases/${uuid()}`, { labels: ['small'], purpose: 'why' });
    expect(Object.keys(body)).toEqual(
      (
        'id state outcome labels holder tenant purpose priority ttl max_duration wait_until created_at active_at ' +
        'expires_at ends_at ended_at capped_by request_id conditions queue nodes'
      ).split(' '),
    );
    expect(body).toMatchObject({
      state: 'waiting',
      outcome: null,
      holder: 'team-a',
      tenant: 'team-a',
      purpose: 'why',
      priority: 200,
      ttl: 300,
      max_duration: 86400,
      expires_at: null,
      ends_at: null,
      nodes: [],
    });
  });

  test('upper-case ids are the same id', async () => {
    const id = uuid();
    const first = await call('PUT', `/leases/${id.toUpperCase()}`, { labels: ['small'] });
    expect([outcome(first), first.body['id']]).toEqual(['201', id]);
    expect(outcome(await call('PUT', `/leases/${id}`, { labels: ['small'] }))).toBe('200');
    expect(outcome(await call('GET', `/leases/${id.toUpperCase()}`))).toBe('200');
  });

  test.each([
    ['another body', { labels: ['small'], ttl: 61 }, 'team-a'],
    ['a default that was not said', { labels: ['small'], priority: 200 }, 'team-a'],
    ['somebody else', { labels: ['small'] }, 'team-b'],
  ])('%s is 409 without any detail of the lease', async (_case, body, as) => {
    const id = uuid();
    await call('PUT', `/leases/${id}`, { labels: ['small'] });
    const answer = await call('PUT', `/leases/${id}`, body, { as });
    expect(outcome(answer)).toBe('409 lease-differs');
    expect(JSON.stringify(answer.body)).not.toMatch(/team-a|small/);
  });

  test.each([
    ['no id', '/leases/17', { labels: ['small'] }, '400 malformed'],
    ['an id with braces', `/leases/%7B00000000-0000-4000-8000-000000000000%7D`, { labels: ['small'] }, '400 malformed'],
    ['an empty body', '/leases/00000000-0000-4000-8000-000000000001', undefined, '400 malformed'],
    ['a query', '/leases/00000000-0000-4000-8000-000000000001?a=1', { labels: ['small'] }, '400 malformed'],
  ])('%s', async (_case, where, body, code) => {
    expect(outcome(await call('PUT', where, body))).toBe(code);
  });
});

describe('the body of a creation', () => {
  test.each([
    ['a list', [], 'object'],
    ['null', null, 'object'],
    ['a text', '"x"', 'object'],
    ['no labels', {}, 'labels'],
    ['empty labels', { labels: [] }, 'labels'],
    ['labels that are a text', { labels: 'small' }, 'labels'],
    ['labels of numbers', { labels: [1] }, 'labels'],
    ['an empty label', { labels: [''] }, 'labels'],
    ['51 labels', { labels: Array.from({ length: 51 }, () => 'small') }, 'labels'],
    ['a short ttl', { labels: ['small'], ttl: 29 }, 'ttl'],
    ['a long ttl', { labels: ['small'], ttl: 86401 }, 'ttl'],
    ['a ttl that is a text', { labels: ['small'], ttl: '300' }, 'ttl'],
    ['a ttl that is null', { labels: ['small'], ttl: null }, 'ttl'],
    ['a fraction', { labels: ['small'], ttl: 30.5 }, 'ttl'],
    ['a boolean', { labels: ['small'], ttl: true }, 'ttl'],
    ['a short max_duration', { labels: ['small'], max_duration: 29 }, 'max_duration'],
    ['a long max_duration', { labels: ['small'], max_duration: 86401 }, 'max_duration'],
    ['a negative wait', { labels: ['small'], wait: -1 }, 'wait'],
    ['a long purpose', { labels: ['small'], purpose: 'ü'.repeat(501) }, 'purpose'],
    ['a purpose that is a number', { labels: ['small'], purpose: 1 }, 'purpose'],
    ['priority 1000', { labels: ['small'], priority: 1000 }, 'priority'],
    ['priority -1', { labels: ['small'], priority: -1 }, 'priority'],
    ['ssh_keys that are a text', { labels: ['small'], ssh_keys: 'ssh-ed25519 AAAA' }, 'ssh_keys'],
    ['no key', { labels: ['small'], ssh_keys: ['ssh-ed25519 AAAA\ncommand'] }, 'ssh_keys'],
    ['a key with options', { labels: ['small'], ssh_keys: ['command="x" ssh-ed25519 AAAA'] }, 'ssh_keys'],
    ['a provider that is a list', { labels: ['small'], provider: ['cloud'] }, 'provider'],
    ['an unknown member', { labels: ['small'], label: 'small' }, 'label'],
    ['a member of all objects', '{"labels":["small"],"__proto__":{}}', '__proto__'],
    ['the holder', { labels: ['small'], holder: 'team-b' }, 'holder'],
  ])('%s is 400 and names it', async (_case, body, named) => {
    const sent = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await call('POST', '/leases', sent);
    expect(outcome(answer)).toBe('400 malformed');
    expect(answer.body['detail']).toContain(named);
    expect(answer.body).toMatchObject({ status: 400, retryable: false });
  });

  test('500 characters that take two units of UTF-16 each are 500 characters', async () => {
    const answer = await call('POST', '/leases', { labels: ['small'], purpose: '🚀'.repeat(500) });
    expect(outcome(answer)).toBe('201');
  });
});

describe('who may', () => {
  test.each([
    ['a label that is not his', { labels: ['debian-*'] }, { labels: ['small'] }, '403 label-not-allowed'],
    ['no label at all', { labels: [] }, { labels: ['small'] }, '403 label-not-allowed'],
    ['an unknown label that is not his', { labels: ['s*'] }, { labels: ['nope'] }, '403 label-not-allowed'],
    ['a label by pattern', { labels: ['s*l'] }, { labels: ['small'] }, '201'],
    ['an unknown label', {}, { labels: ['smal'] }, '422 label-unknown'],
    ['a priority below', {}, { labels: ['small'], priority: 199 }, '403 priority-not-allowed'],
    ['a priority that he may', { maxPriority: 100 }, { labels: ['small'], priority: 100 }, '201'],
    [
      'a lower priority than he may',
      { maxPriority: 100 },
      { labels: ['small'], priority: 99 },
      '403 priority-not-allowed',
    ],
    ['too long', { maxDuration: 600 }, { labels: ['small'], max_duration: 601 }, '422 max-duration-exceeded'],
    ['keys where there is no identity', {}, { labels: ['small'], ssh_keys: [] }, '201'],
    ['no scope to lease', { scopes: ['read', 'admin'] as const }, { labels: ['small'] }, '403 scope'],
    ['no scope, and a label that is not his', { scopes: [], labels: [] }, { labels: ['small'] }, '403 scope'],
    ['too many', { maxLeases: 0 }, { labels: ['small'] }, '429 too-many-leases'],
  ])('%s', async (_case, change, body, code) => {
    api.tokens.splice(0, 1, aToken('team-a', change));
    const answer = await call('POST', '/leases', body);
    expect(outcome(answer)).toBe(code);
    if (answer.status === 429) {
      expect(Number(answer.raw.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.body['retryable']).toBe(true);
    }
    if (code === '422 label-unknown') expect(answer.body['detail']).toContain('did you mean small');
  });

  test('keys of real people, where there is no identity, are 422', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'nodepool-key-'));
    try {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(folder, 'key')]);
      const key = readFileSync(path.join(folder, 'key.pub'), 'utf8').trim();
      const answer = await call('POST', '/leases', { labels: ['small'], ssh_keys: [key] });
      expect(outcome(answer)).toBe('422 ssh-keys-not-supported');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a repetition is answered also when the token may no more', async () => {
    const id = uuid();
    await call('PUT', `/leases/${id}`, { labels: ['small'] });
    api.tokens.splice(0, 1, aToken('team-a', { labels: [], maxLeases: 0 }));
    expect(outcome(await call('PUT', `/leases/${id}`, { labels: ['small'] }))).toBe('200');
  });

  test('max_duration is the token’s unless said', async () => {
    api.tokens.splice(0, 1, aToken('team-a', { maxDuration: 600 }));
    expect((await call('POST', '/leases', { labels: ['small'] })).body['max_duration']).toBe(600);
  });
});

describe('POST /leases', () => {
  test('makes an id; with an Idempotency-Key the same one, for each holder', async () => {
    const headers = { 'Idempotency-Key': 'build 17' };
    const first = await call('POST', '/leases', { labels: ['small'] }, { headers });
    expect(outcome(first)).toBe('201');
    expect(first.raw.headers['location']).toBe(`/api/v1/leases/${String(first.body['id'])}`);
    const again = await call('POST', '/leases', { labels: ['small'] }, { headers });
    expect([outcome(again), again.body['id']]).toEqual(['200', first.body['id']]);
    expect(outcome(await call('POST', '/leases', { labels: ['large'] }, { headers }))).toBe('409 lease-differs');
    const other = await call('POST', '/leases', { labels: ['small'] }, { headers, as: 'team-b' });
    expect(outcome(other)).toBe('201');
    expect(other.body['id']).not.toBe(first.body['id']);
    const another = await call('POST', '/leases', { labels: ['small'] });
    expect(another.body['id']).not.toBe(first.body['id']);
    expect(outcome(await call('POST', '/leases', { labels: ['small'] }, { headers: { 'Idempotency-Key': '' } }))).toBe(
      '400 malformed',
    );
  });
});

describe('GET /leases/{id}', () => {
  test('waits until it is active, with its nodes', async () => {
    const made = await call('POST', '/leases', { labels: ['small', 'large'] });
    const { body } = await call('GET', `/leases/${String(made.body['id'])}?wait=50`);
    expect(body).toMatchObject({ state: 'active', queue: null, conditions: [] });
    const nodes = body['nodes'] as readonly Record<string, unknown>[];
    expect(nodes.map((node) => node['label'])).toEqual(['small', 'large']);
    expect(Object.keys(nodes[0] ?? {})).toEqual(
      (
        'id label hostname interface_ip public_ipv4 public_ipv6 private_ipv4 connection_type connection_port username ' +
        'host_keys shell_type python_path provider region az image slot'
      ).split(' '),
    );
    const [active, expires, ends] = ['active_at', 'expires_at', 'ends_at'].map((key) => Date.parse(String(body[key])));
    expect((ends ?? 0) - (active ?? 0)).toBe(86_400_000);
    expect((expires ?? 0) - (active ?? 0)).toBeGreaterThanOrEqual(300_000);
  });

  test('counts as a heartbeat of the holder only', async () => {
    api.tokens.push(aToken('watcher', { scopes: ['read'] }));
    const id = await api.active({ labels: ['small'], ttl: 30 });
    const at = async (as: string): Promise<number> =>
      Date.parse(String((await call('GET', `/leases/${id}`, undefined, { as })).body['expires_at']));
    const first = await at('watcher');
    await api.world.world.pass(0.05);
    expect(await at('watcher')).toBe(first);
    expect(await at('team-a')).toBeGreaterThan(first);
  });

  test('says why it waits, and where', async () => {
    await api.active({ labels: ['small', 'small', 'small', 'small'] });
    const ahead = await call('POST', '/leases', { labels: ['small'] });
    const made = await call('POST', '/leases', { labels: ['small'], wait: 600 });
    const id = String(made.body['id']);
    await api.world.world.eventually('the request is there', async () => {
      const { body } = await call('GET', `/leases/${id}`);
      return (body['conditions'] as readonly unknown[]).length > 0;
    });
    const { body } = await call('GET', `/leases/${id}`);
    expect(body['queue']).toMatchObject({ position: 2, ahead: 1 });
    expect(body['request_id']).toMatch(/^200-\d{10}$/);
    expect(Date.parse(String(body['wait_until'])) - Date.parse(String(body['created_at']))).toBe(600_000);
    const [condition] = body['conditions'] as readonly Record<string, unknown>[];
    expect(Object.keys(condition ?? {}).sort()).toEqual(
      ['code', 'facts', 'message', 'pool', 'since', 'unblock', 'verdict'].sort(),
    );
    expect(condition).toMatchObject({ pool: 'cloud/main', verdict: expect.any(String) as string });
    expect(outcome(ahead)).toBe('201');
  });

  test('answers after so many seconds if nothing happens', async () => {
    await api.active({ labels: ['small', 'small', 'small', 'small'] });
    const made = await call('POST', '/leases', { labels: ['small'] });
    const begun = performance.now();
    const { body } = await call('GET', `/leases/${String(made.body['id'])}?wait=1`);
    expect(body['state']).toBe('waiting');
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(performance.now() - begun).toBeLessThan(4000);
  });

  test.each([
    ['?wait=abc', '400 malformed'],
    ['?wait=', '400 malformed'],
    ['?wait=-1', '400 malformed'],
    ['?wait=1.5', '400 malformed'],
    ['?wait=1&wait=2', '400 malformed'],
    ['?state=active', '400 malformed'],
    ['?wait=0', '200'],
    ['?wait=100000', '200'],
    ['?wait=99999999999999999999', '200'],
  ])('%s', async (query, code) => {
    const id = await api.active();
    expect(outcome(await call('GET', `/leases/${id}${query}`))).toBe(code);
  });

  test.each(['/leases/17', '/leases/00000000-0000-4000-8000-0000000000ff', '/leases/%ff', '/leases/..%2f..%2fnodes'])(
    '%s is no lease, whatever else is wrong',
    async (where) => {
      expect(outcome(await call('GET', where))).toBe('404 no-such-lease');
      expect(outcome(await call('GET', `${where}?wait=x`))).toBe('404 no-such-lease');
      expect(outcome(await call('POST', `${where}/renew`, '{'))).toBe('404 no-such-lease');
      expect(outcome(await call('PATCH', where, [], { headers: { 'Content-Type': 'text/plain' } }))).toBe(
        '404 no-such-lease',
      );
      expect(outcome(await call('DELETE', where))).toBe('404 no-such-lease');
      expect(outcome(await call('GET', `${where}/events`))).toBe('404 no-such-lease');
    },
  );
});

describe('renew, amend and end', () => {
  test('renewing answers the lease; ended it is 410 with the outcome', async () => {
    const id = await api.active({ labels: ['small'], ttl: 30 });
    const renewed = await call('POST', `/leases/${id}/renew`, { ttl: 600 });
    expect(outcome(renewed)).toBe('200');
    expect(Date.parse(String(renewed.body['expires_at'])) - Date.now()).toBeGreaterThan(590_000);
    expect(renewed.body['ttl']).toBe(30);
    expect(outcome(await call('POST', `/leases/${id}/renew`))).toBe('200');
    expect(outcome(await call('POST', `/leases/${id}/renew`, {}))).toBe('200');
    expect(outcome(await call('POST', `/leases/${id}/renew`, { ttl: 5 }))).toBe('400 malformed');
    expect(outcome(await call('POST', `/leases/${id}/renew`, { max_duration: 60 }))).toBe('400 malformed');
    expect(outcome(await call('DELETE', `/leases/${id}`))).toBe('204');
    const gone = await call('POST', `/leases/${id}/renew`);
    expect(outcome(gone)).toBe('410 lease-ended');
    expect(gone.body['outcome']).toBe('released');
    expect(outcome(await call('PATCH', `/leases/${id}`, { ttl: 60 }))).toBe('410 lease-ended');
  });

  test('amending never shortens, unless max_duration has passed', async () => {
    const id = await api.active({ labels: ['small'], ttl: 300 });
    const before = (await call('GET', `/leases/${id}`)).body;
    const amended = await call('PATCH', `/leases/${id}`, { max_duration: 100, purpose: 'new', ttl: 60 });
    expect(outcome(amended)).toBe('200');
    expect(amended.body).toMatchObject({
      max_duration: 100,
      purpose: 'new',
      ttl: 60,
      expires_at: before['expires_at'],
    });
    expect(Date.parse(String(amended.body['ends_at'])) - Date.parse(String(amended.body['active_at']))).toBe(100_000);
    for (const body of [[], undefined, { labels: ['small'] }, { ttl: 1 }, { purpose: 1 }])
      expect(outcome(await call('PATCH', `/leases/${id}`, body))).toBe('400 malformed');
    expect(outcome(await call('PATCH', `/leases/${id}`, {}))).toBe('200');
    api.tokens.splice(0, 1, aToken('team-a', { maxDuration: 200 }));
    expect(outcome(await call('PATCH', `/leases/${id}`, { max_duration: 201 }))).toBe('422 max-duration-exceeded');
  });

  test('ending says how it fared, and is 204 any number of times', async () => {
    const id = await api.active();
    expect(outcome(await call('DELETE', `/leases/${id}`, { outcome: 'great' }))).toBe('400 malformed');
    expect(outcome(await call('DELETE', `/leases/${id}`, { outcome: 'broken', note: 'no network' }))).toBe('204');
    expect(outcome(await call('DELETE', `/leases/${id}`))).toBe('204');
    expect((await call('GET', `/leases/${id}`)).body).toMatchObject({ state: 'ended', outcome: 'released', nodes: [] });
    const { value } = api.member.records.leases.view.get(id) ?? {};
    expect(value).toMatchObject({ verdict: 'broken', note: 'no network' });
  });

  test('a lease of somebody else is none; seen with read it is not one’s own; admin may end it', async () => {
    api.tokens.push(aToken('watcher', { scopes: ['read'] }), aToken('root', { scopes: ['admin'] }));
    const id = await api.active();
    expect(outcome(await call('DELETE', `/leases/${id}`, undefined, { as: 'team-b' }))).toBe('404 no-such-lease');
    for (const as of ['watcher', 'root']) {
      expect(outcome(await call('GET', `/leases/${id}`, undefined, { as }))).toBe('200');
      expect(outcome(await call('POST', `/leases/${id}/renew`, undefined, { as }))).toBe('403 not-yours');
      expect(outcome(await call('PATCH', `/leases/${id}`, { ttl: 60 }, { as }))).toBe('403 not-yours');
    }
    expect(outcome(await call('DELETE', `/leases/${id}`, '{', { as: 'watcher' }))).toBe('400 malformed');
    expect(outcome(await call('DELETE', `/leases/${id}`, undefined, { as: 'watcher' }))).toBe('403 not-yours');
    expect(outcome(await call('DELETE', `/leases/${id}`, undefined, { as: 'root' }))).toBe('204');
  });
});

describe('GET /leases and /labels', () => {
  test('lists what the token may see, newest first, page by page', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      ids.unshift(String((await call('POST', '/leases', { labels: ['small'], purpose: `p${index}` })).body['id']));
      await api.world.world.pass(0.003);
    }
    const list = async (query: string, as = 'team-a'): Promise<Answer['body']> =>
      (await call('GET', `/leases${query}`, undefined, { as })).body;
    const idsOf = (body: Answer['body']): readonly string[] =>
      (body['leases'] as readonly Record<string, string>[]).map((lease) => lease['id'] ?? '');
    const all = idsOf(await list(''));
    expect(all.slice(0, 5)).toEqual(ids);
    const first = await list('?limit=2');
    expect(idsOf(first)).toEqual(ids.slice(0, 2));
    const second = await list(`?limit=2&next=${String(first['next'])}`);
    expect(idsOf(second)).toEqual(ids.slice(2, 4));
    expect(Object.keys(await list('?limit=1000'))).toEqual(['leases']);
    expect(idsOf(await list('?state=&holder=')).slice(0, 5)).toEqual(ids);
    expect(idsOf(await list('?state=ended'))).not.toContain(ids[0]);
    expect(idsOf(await list('?holder=team-b'))).toEqual([]);
    expect(idsOf(await list('', 'team-b'))).not.toEqual(expect.arrayContaining(ids));
  });

  test.each([
    '?state=none',
    '?limit=0',
    '?limit=1001',
    '?limit=x',
    '?next=x',
    '?next=1_2',
    '?sort=id',
    '?state=active&state=ended',
  ])('%s is 400', async (query) => {
    expect(outcome(await call('GET', `/leases${query}`))).toBe('400 malformed');
  });

  test('labels are sums, and those that the token may use', async () => {
    api.tokens.splice(0, 1, aToken('team-a', { labels: ['sm*'] }));
    const { body } = await call('GET', '/labels');
    const labels = body['labels'] as readonly Record<string, unknown>[];
    expect(labels.map((label) => label['name'])).toEqual(['small']);
    expect(Object.keys(labels[0] ?? {})).toEqual(['name', 'ready', 'free', 'pools', 'wait']);
    expect(labels[0]).toMatchObject({ pools: ['cloud/main'] });
  });

  test('who may nothing is told so', async () => {
    api.tokens.splice(0, 1, aToken('team-a', { scopes: [] }));
    expect(outcome(await call('GET', '/leases'))).toBe('403 scope');
    expect(outcome(await call('GET', '/labels'))).toBe('403 scope');
    expect(outcome(await call('GET', '/leases?x=1'))).toBe('400 malformed');
  });
});

describe('methods and paths', () => {
  test.each([
    ['POST', '/labels', '405 method-not-allowed'],
    ['PUT', '/leases', '405 method-not-allowed'],
    ['POST', '/leases/00000000-0000-4000-8000-0000000000ff', '405 method-not-allowed'],
    ['GET', '/leases/00000000-0000-4000-8000-0000000000ff/renew', '405 method-not-allowed'],
    ['DELETE', '/leases/00000000-0000-4000-8000-0000000000ff/events', '405 method-not-allowed'],
    ['GET', '/leases/', '404 not-found'],
    ['GET', '/lease', '404 not-found'],
    ['GET', '/leases/a/b', '404 not-found'],
  ])('%s %s', async (method, where, code) => {
    expect(outcome(await call(method, where))).toBe(code);
  });

  test('events want to be taken as events', async () => {
    const id = await api.active();
    expect(
      outcome(await call('GET', `/leases/${id}/events`, undefined, { headers: { Accept: 'application/json' } })),
    ).toBe('406 not-acceptable');
  });

  test('a store that is away is 503 and changes nothing', async () => {
    const id = await api.active();
    await api.world.world.cut(api.member.store);
    for (const [method, where, body] of [
      ['POST', '/leases', { labels: ['small'] }],
      ['PUT', `/leases/${id}`, { labels: ['small'] }],
      ['GET', `/leases/${id}`, undefined],
      ['POST', `/leases/${id}/renew`, undefined],
      ['DELETE', `/leases/${id}`, undefined],
    ] as const) {
      const answer = await call(method, where, body);
      expect([outcome(answer), answer.body['retryable'], answer.raw.headers['retry-after']]).toEqual([
        '503 store-away',
        true,
        '1',
      ]);
    }
    api.world.world.restore(api.member.store);
    await api.world.world.eventually('it is back', async () => (await call('GET', `/leases/${id}`)).status === 200);
    expect((await call('GET', `/leases/${id}`)).body['state']).toBe('active');
  });
});

describe('a store that cannot be written', () => {
  const refused = (): Promise<never> => Promise.reject(new StoreFailureError('No space left on device', null));
  let id: string;

  beforeEach(async () => {
    id = await api.active();
    const { leases } = api.member.records;
    vi.spyOn(leases, 'change').mockImplementation(refused);
    vi.spyOn(leases, 'create').mockImplementation(refused);
  });
  afterEach(() => void vi.restoreAllMocks());

  test('answers whoever asks, the holder too, and 507 to whoever wants to change something', async () => {
    const seen = await call('GET', `/leases/${id}`);
    expect([outcome(seen), seen.body['state']]).toEqual(['200', 'active']);
    expect(outcome(await call('GET', `/leases/${id}?wait=1`))).toBe('200');
    expect(outcome(await call('GET', '/leases'))).toBe('200');
    for (const answer of [
      await call('PUT', `/leases/${uuid()}`, { labels: ['small'] }),
      await call('POST', `/leases/${id}/renew`),
      await call('PATCH', `/leases/${id}`, { ttl: 60 }),
    ])
      expect([outcome(answer), answer.body['retryable']]).toEqual(['507 store-full', false]);
  });
});

test('the audit log tells the first renewal of a holder at once, and counts those that follow', async () => {
  const id = await api.active();
  for (let count = 0; count < 20; count += 1) expect(outcome(await call('POST', `/leases/${id}/renew`))).toBe('200');
  const told = api.member.logger.lines.filter(({ fields }) => fields['audit'] === 'renewed' && fields['lease'] === id);
  expect(told.map(({ fields }) => fields['times'])).toEqual([1]);
});
