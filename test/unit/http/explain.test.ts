import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HttpLauncherOpinions } from '../../../src/adapters/http-client/http-launcher-opinions.js';
import { WebServer } from '../../../src/adapters/http/web-server.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import { explainReason } from '../../../src/domain/explain/explained-reason.js';
import { UnknownChangeError } from '../../../src/ports/administration/explanations.js';
import type { Explanation, SubjectKind } from '../../../src/domain/explain/explanation.js';
import { FixedQueries } from './fixed-queries.js';
import { recordedRows } from './golden-answer.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';

const NOW = 1_000;
const EXPLANATION: Explanation = {
  subject: { kind: 'request', id: '100-0000000001' },
  state: null,
  opinions: [
    {
      decider: 'host-cloud-main',
      verdict: 'wait',
      since: NOW - 75,
      reasons: [
        explainReason({ code: 'QUOTA_POOL', owner: 'main', resource: 'instances', used: 2, limit: 2, need: 1 }, NOW),
      ],
    },
  ],
};

const WAITS = { groups: [], served: 1, unheard: 0 };

let server: WebServer;
let address: string;

beforeEach(async () => {
  const explain = (kind: SubjectKind, id: string, changes: readonly string[] = []): Explanation | undefined => {
    if (changes.includes('<b>=1')) throw new UnknownChangeError('unknown key <b>');
    const insight = changes.length > 0 ? { whatIf: { changes, pools: [] } } : { waits: WAITS };
    if (kind === 'fleet' || (kind === 'pool' && id === 'cloud/main'))
      return { subject: { kind, id }, state: null, opinions: [], insight };
    if (kind !== 'request' || id !== '100-0000000001') return undefined;
    return changes.length > 0 ? { ...EXPLANATION, insight } : EXPLANATION;
  };
  server = new WebServer({
    queries: new FixedQueries(recordedRows()),
    explanations: { explain },
    ready: () => true,
    clock: new VirtualClock(NOW),
    logger: new MemoryLogger(),
  });
  address = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`;
});

afterEach(async () => {
  await server.close();
});

const JSON_ONLY = { headers: { Accept: 'application/json' } };

describe('/explain', () => {
  test('as text for people', async () => {
    const response = await fetch(`${address}/explain/request/100-0000000001`, { headers: { Accept: 'text/html' } });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=UTF-8');
    expect(await response.text()).toBe(`request 100-0000000001: there is no record of it any more
What is decided about it:
  host-cloud-main: wait, since 00:00:01:15
    QUOTA_POOL instances used 2 limit 2 need 1: the limit of pool main
      what helps: a node of pool main is given back, or its limit of instances is raised
`);
  });

  test('of all that waits, and of a pool, whose name has a slash', async () => {
    for (const path of ['explain', `explain/pool/${encodeURIComponent('cloud/main')}`]) {
      const json = await (await fetch(`${address}/${path}`, JSON_ONLY)).json();
      expect(json).toMatchObject({
        deciders: [],
        waits: WAITS,
        findings: ['nobody waits', '1 request is being served'],
      });
    }
    expect((await fetch(`${address}/explain/fleet`, JSON_ONLY)).status).toBe(404);
  });

  test('what if: the changes are those of the question, and what cannot be supposed is refused without an echo', async () => {
    const about = (query: string): Promise<Response> =>
      fetch(`${address}/explain/request/100-0000000001?${query}`, { headers: { Accept: 'text/html' } });
    const json = await (
      await fetch(`${address}/explain/request/100-0000000001?if=max-servers%3D3&if=labels%3Da`, JSON_ONLY)
    ).json();
    expect(json).toMatchObject({ what_if: { changes: ['max-servers=3', 'labels=a'], pools: [] } });
    const refused = await about('if=%3Cb%3E%3D1');
    expect(refused.status).toBe(400);
    const text = await refused.text();
    expect(text).toContain('max-servers, max-cores, ');
    expect(text).not.toContain('<b>');
    expect((await fetch(`${address}/explain/pool/cloud%2Fmain?if=max-servers=1`)).status).toBe(400);
  });

  test('as JSON for programs', async () => {
    const response = await fetch(`${address}/explain/request/100-0000000001`, JSON_ONLY);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      subject: { kind: 'request', id: '100-0000000001' },
      state: null,
      outlook: null,
      deciders: [
        {
          decider: 'host-cloud-main',
          verdict: 'wait',
          since: 925,
          age: 75,
          reasons: [
            {
              code: 'QUOTA_POOL',
              text: 'QUOTA_POOL instances used 2 limit 2 need 1: the limit of pool main',
              unblock: 'a node of pool main is given back, or its limit of instances is raised',
              sentence: 'Pool main uses 2 of its 2 instances, and 1 more is needed.',
              facts: { owner: 'main', resource: 'instances', used: 2, limit: 2, need: 1 },
            },
          ],
        },
      ],
    });
  });

  test.each(['request/9', 'cloud/x', 'request/', 'request', 'label/%3Cscript%3E', 'toString/x', 'request/%E0%A4%A'])(
    '%s is not found, in the form asked for and without an echo',
    async (path) => {
      const json = await fetch(`${address}/explain/${path}`, JSON_ONLY);
      expect(json.status).toBe(404);
      expect(await json.json()).toMatchObject({ code: '404 Not Found', title: 'Not Found' });
      const html = await fetch(`${address}/explain/${path}`, { headers: { Accept: 'text/html' } });
      expect(html.status).toBe(404);
      expect(await html.text()).not.toContain('script');
    },
  );
});

describe('asking a launcher over HTTP', () => {
  const client = new HttpLauncherOpinions({ timeout: 50 });
  const impatient = new HttpLauncherOpinions({ timeout: 0.3 });
  let other: Server | undefined;

  afterEach(() => {
    other?.closeAllConnections();
    other?.close();
    other = undefined;
  });

  async function serve(answer: Parameters<typeof createServer>[1]): Promise<string> {
    const started = createServer(answer);
    other = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(started.address() as AddressInfo).port}`;
  }

  test('what a launcher says arrives whole', async () => {
    expect(await client.ask(`${address}/`, 'request', '100-0000000001')).toEqual({
      address: `${address}/`,
      kind: 'answered',
      opinions: EXPLANATION.opinions,
    });
  });

  test('what it knows besides comes along, and what is to be supposed is told', async () => {
    expect(await client.ask(address, 'fleet', '')).toEqual({
      address,
      kind: 'answered',
      opinions: [],
      findings: ['nobody waits', '1 request is being served'],
    });
    const answer = await client.ask(address, 'request', '100-0000000001', undefined, ['max-servers=3']);
    expect(answer).toMatchObject({
      findings: ['if max-servers=3:', expect.stringContaining('no pool of this launcher')],
    });
  });

  test('what it does not know is unknown', async () => {
    expect(await client.ask(address, 'request', 'a/b?c#d')).toEqual({ address, kind: 'unknown' });
  });

  test('a launcher that hangs, or is not there, is silent', async () => {
    const hanging = await serve(() => undefined);
    expect(await impatient.ask(hanging, 'node', '7')).toMatchObject({
      kind: 'silent',
      problem: 'no answer within 0.3 s',
    });
    await server.close();
    expect(await client.ask(address, 'node', '7')).toMatchObject({ kind: 'silent' });
    expect(await client.ask('not an address', 'node', '7')).toMatchObject({ kind: 'silent' });
  });

  test.each([
    ['no JSON', (): string => 'hello', 'its answer is no explanation'],
    ['another object', (): string => '{"deciders": 7}', 'its answer is no explanation'],
    ['a flood', (): string => 'x'.repeat(3_000_000), 'its answer is too long'],
  ])('%s is as good as nothing', async (_what, body, problem) => {
    const there = await serve((_request, response) => void response.end(body()));
    expect(await client.ask(there, 'node', '7')).toEqual({ address: there, kind: 'silent', problem });
  });

  test('an entry that is wrong costs that entry only', async () => {
    const good = {
      decider: 'd',
      verdict: 'wait',
      since: 1,
      reasons: [{ code: 'X' }, { code: 'Y', text: 'Y', unblock: 'z' }],
    };
    const there = await serve(
      (_request, response) => void response.end(JSON.stringify({ deciders: [7, { decider: 'e' }, good] })),
    );
    expect(await client.ask(there, 'node', '7')).toMatchObject({
      opinions: [{ decider: 'd', reasons: [{ code: 'Y', text: 'Y', unblock: 'z', facts: {} }] }],
    });
  });

  test('an error or a redirection is no answer', async () => {
    const there = await serve((_request, response) => void response.writeHead(302, { location: address }).end());
    expect(await client.ask(there, 'node', '7')).toMatchObject({ kind: 'silent' });
  });
});
