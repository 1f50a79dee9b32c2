import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LeaseApiWorld } from '../../support/lease-api-world.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
}

interface Description {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

let api: LeaseApiWorld;
let description: Description;

beforeAll(async () => {
  api = await LeaseApiWorld.open();
  description = (await api.call('GET', '/openapi.json')).body as unknown as Description;
});

afterAll(() => api.end());

/** What does not fit, each with its place; enough of JSON Schema for our own description. */
function faults(value: unknown, schema: Schema, place: string): readonly string[] {
  if (schema.$ref)
    return faults(value, description.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, place);
  if (schema.anyOf)
    return schema.anyOf.some((each) => faults(value, each, place).length === 0) ? [] : [`${place}: none of`];
  if (schema.enum) return schema.enum.includes(value) ? [] : [`${place}: ${String(value)}`];
  const types = [schema.type ?? []].flat();
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const fits =
    types.length === 0 || types.some((each) => each === type || (each === 'integer' && Number.isInteger(value)));
  if (!fits) return [`${place}: ${type}`];
  if (Array.isArray(value))
    return value.flatMap((each, index) => faults(each, schema.items ?? {}, `${place}[${index}]`));
  if (type !== 'object') return [];
  const members = value as Readonly<Record<string, unknown>>;
  const missing = (schema.required ?? [])
    .filter((name) => !(name in members))
    .map((name) => `${place}.${name}: missing`);
  return Object.entries(members).reduce<readonly string[]>((found, [name, member]) => {
    const known = schema.properties?.[name];
    if (known) return [...found, ...faults(member, known, `${place}.${name}`)];
    return schema.additionalProperties === false ? [...found, `${place}.${name}: unknown`] : found;
  }, missing);
}

const fit = (value: unknown, name: string): void => expect(faults(value, { $ref: `/${name}` }, name)).toEqual([]);

describe('the OpenAPI document', () => {
  test('has the paths and methods of the routes, and no others', () => {
    const routes = api.listener.paths.flatMap(({ path, methods }) =>
      methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${path.replace(':id', '{id}')}`),
    );
    const described = Object.entries(description.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual([...routes].sort());
  });

  test('describes what is answered, in every state of a lease', async () => {
    const full = await api.call('POST', '/leases', { labels: ['small', 'small', 'small', 'small'] });
    fit(full.body, 'Lease');
    const id = String(full.body['id']);
    fit((await api.call('GET', `/leases/${id}?wait=20`)).body, 'Lease');
    const queued = String((await api.call('POST', '/leases', { labels: ['small'], wait: 60 })).body['id']);
    await api.world.world.eventually('it says why it waits', async () => {
      const { body } = await api.call('GET', `/leases/${queued}`);
      fit(body, 'Lease');
      return body['queue'] !== null && (body['conditions'] as readonly unknown[]).length > 0;
    });
    fit((await api.call('POST', `/leases/${id}/renew`)).body, 'Lease');
    fit((await api.call('PATCH', `/leases/${id}`, { ttl: 60 })).body, 'Lease');
    fit((await api.call('GET', '/labels')).body, 'Labels');
    await api.call('DELETE', `/leases/${id}`);
    fit((await api.call('GET', `/leases/${id}`)).body, 'Lease');
    fit((await api.call('GET', '/leases?limit=1')).body, 'Leases');
    fit((await api.call('GET', '/leases?limit=0')).body, 'Problem');
  });

  test('would tell a member that is missing, unknown or of another type', () => {
    expect(faults({ p50: 1, p90: 'x', more: 1 }, { $ref: '/Estimate' }, '')).toEqual([
      '.basis: missing',
      '.p90: string',
      '.more: unknown',
    ]);
  });
});
