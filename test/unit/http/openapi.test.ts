import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPENAPI } from '../../../src/adapters/http/openapi.js';
import { WebServer } from '../../../src/adapters/http/web-server.js';
import { MemoryLogger } from '../../../src/adapters/memory-log/memory-logger.js';
import { VirtualClock } from '../../../src/adapters/memory/virtual-clock.js';
import type { LiveView } from '../../../src/ports/administration/live.js';
import { FixedQueries } from './fixed-queries.js';
import { RECORDED_AT, recordedRows } from './golden-answer.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
}
interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
}
interface Operation {
  readonly get: {
    readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
  };
}

const schemas = OPENAPI.components.schemas as unknown as Readonly<Record<string, Schema>>;

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** What is wrong with a value, as far as our schemas go. */
function problems(schema: Schema, value: unknown, where: string): readonly string[] {
  const wanted = schema.$ref === undefined ? schema : schemas[schema.$ref.replace('#/components/schemas/', '')];
  if (!wanted) return [`${where}: ${schema.$ref} does not exist`];
  const types = wanted.type === undefined ? [] : [wanted.type].flat();
  const type = typeOf(value);
  if (types.length > 0 && !types.includes(type) && !(type === 'integer' && types.includes('number')))
    return [`${where}: ${type} is not ${types.join(' or ')}`];
  if (wanted.enum && !wanted.enum.includes(value)) return [`${where}: ${String(value)} is not in the list`];
  if (wanted.pattern && !new RegExp(wanted.pattern).test(String(value))) return [`${where}: ${String(value)}`];
  if (Array.isArray(value))
    return value.flatMap((item, index) => problems(wanted.items ?? {}, item, `${where}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  const keys = Object.keys(value);
  return [
    ...(wanted.required ?? []).filter((key) => !keys.includes(key)).map((key) => `${where}: no ${key}`),
    ...(wanted.additionalProperties === false ? keys.filter((key) => !wanted.properties?.[key]) : []).map(
      (key) => `${where}: ${key} is not described`,
    ),
    ...Object.entries(value).flatMap(([key, item]) =>
      problems(wanted.properties?.[key] ?? {}, item, `${where}.${key}`),
    ),
  ];
}

const paths = Object.entries(OPENAPI.paths) as unknown as readonly (readonly [string, Operation])[];
const lists = paths.filter(([path]) => /-(list|status|problems)$/.test(path));

describe('the description of the web interface', () => {
  let server: WebServer;
  let address: string;

  beforeAll(async () => {
    const live: LiveView = {
      start: () => undefined,
      stop: () => undefined,
      sections: () => {
        throw new Error('nobody looks');
      },
      onChange: () => () => undefined,
    };
    server = new WebServer({
      queries: new FixedQueries({
        ...recordedRows(),
        imageProblems: [{ image: 'a', provider: null, builder: 'b', failures: 1, problem: 'p', nextTry: 5.5 }],
      }),
      explanations: { explain: (kind, id) => ({ subject: { kind, id }, state: null, opinions: [] }) },
      live,
      metrics: { contentType: 'text/plain', read: async () => '' },
      ready: () => true,
      clock: new VirtualClock(RECORDED_AT),
      logger: new MemoryLogger(),
    });
    address = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`;
  });
  afterAll(() => server.close());

  test('has every path that is answered, and no other', () => {
    const routed = server.paths.map((path) =>
      /^\/live\/[^/]+\.\w+$/.test(path) ? '/live/{file}' : path.replaceAll(/:(\w+)/g, '{$1}'),
    );
    expect([...new Set(routed)].sort()).toEqual(paths.map(([path]) => path).sort());
  });

  test('is what is served', async () => {
    const answer = await fetch(`${address}/openapi.json`);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(OPENAPI)));
  });

  test.each(lists)('%s: example and real answer fit the schema', async (path, { get }) => {
    const media = get.responses['200']?.content?.['application/json'];
    if (!media?.schema) throw new Error('no schema');
    expect(problems(media.schema, media.example, 'example')).toEqual([]);
    const answer = await fetch(`${address}${path}`, { headers: { accept: 'application/json' } });
    const rows: unknown = await answer.json();
    expect(rows).not.toEqual([]);
    expect(problems(media.schema, rows, 'answer')).toEqual([]);
  });

  test('errors and explanations fit their schemas', async () => {
    const headers = { accept: 'application/json' };
    const missing = await fetch(`${address}/nowhere`, { headers });
    expect(problems({ $ref: '#/components/schemas/Error' }, await missing.json(), 'error')).toEqual([]);
    const known = await fetch(`${address}/explain/node/1`, { headers });
    expect(problems({ $ref: '#/components/schemas/Explanation' }, await known.json(), 'explanation')).toEqual([]);
  });
});
