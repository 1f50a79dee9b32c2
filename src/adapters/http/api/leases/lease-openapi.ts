/** The description of the lease API for programs. A test compares it with the routes and with real answers. */
import { LEASE_OUTCOMES, LEASE_STATES, LEASE_VERDICTS } from '../../../../domain/model/lease.js';

const text = { type: 'string' };
const nullableText = { type: ['string', 'null'] };
const moment = { type: 'string', format: 'date-time' };
const nullableMoment = { type: ['string', 'null'], format: 'date-time' };
const seconds = { type: 'integer', minimum: 30, maximum: 86400 };
const whole = { type: 'integer', minimum: 0 };

/** Every member is always there unless named in `optional`. */
function object(properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
const list = (items: object): object => ({ type: 'array', items });
const nullable = (schema: object): object => ({ anyOf: [schema, { type: 'null' }] });

const SCHEMAS = {
  Node: object({
    id: text,
    label: text,
    hostname: nullableText,
    interface_ip: nullableText,
    public_ipv4: nullableText,
    public_ipv6: nullableText,
    private_ipv4: nullableText,
    connection_type: nullableText,
    connection_port: { type: ['integer', 'null'] },
    username: nullableText,
    host_keys: list(text),
    shell_type: nullableText,
    python_path: nullableText,
    provider: nullableText,
    region: nullableText,
    az: nullableText,
    image: nullableText,
    slot: { type: ['integer', 'null'] },
  }),
  Condition: object({
    code: text,
    pool: text,
    verdict: text,
    message: text,
    facts: { type: 'object' },
    unblock: text,
    since: moment,
  }),
  Estimate: object({ p50: whole, p90: whole, basis: text }),
  Queue: object({ position: whole, ahead: whole, estimate: nullable(ref('Estimate')) }),
  Lease: object({
    id: { type: 'string', format: 'uuid' },
    state: { enum: LEASE_STATES },
    outcome: { enum: [...LEASE_OUTCOMES, null] },
    labels: list(text),
    holder: text,
    tenant: text,
    purpose: nullableText,
    priority: whole,
    ttl: seconds,
    max_duration: seconds,
    wait_until: nullableMoment,
    created_at: moment,
    active_at: nullableMoment,
    expires_at: nullableMoment,
    ends_at: nullableMoment,
    ended_at: nullableMoment,
    capped_by: { enum: ['max_duration', null] },
    request_id: nullableText,
    conditions: list(ref('Condition')),
    queue: nullable(ref('Queue')),
    nodes: list(ref('Node')),
  }),
  Leases: object({ leases: list(ref('Lease')), next: text }, ['next']),
  Wait: object({ p50: { type: 'number' }, p90: { type: 'number' } }),
  Label: object({ name: text, ready: whole, free: whole, pools: list(text), wait: nullable(ref('Wait')) }),
  Labels: object({ labels: list(ref('Label')) }),
  Wish: object(
    {
      labels: { ...list(text), minItems: 1, maxItems: 50 },
      ttl: seconds,
      max_duration: seconds,
      wait: whole,
      purpose: { type: 'string', maxLength: 500 },
      priority: { type: 'integer', minimum: 0, maximum: 999 },
      ssh_keys: list(text),
      provider: text,
    },
    ['ttl', 'max_duration', 'wait', 'purpose', 'priority', 'ssh_keys', 'provider'],
  ),
  Renewal: object({ ttl: seconds }, ['ttl']),
  Change: object({ max_duration: seconds, purpose: { type: 'string', maxLength: 500 }, ttl: seconds }, [
    'max_duration',
    'purpose',
    'ttl',
  ]),
  End: object({ outcome: { enum: LEASE_VERDICTS }, note: text }, ['outcome', 'note']),
  Problem: {
    type: 'object',
    properties: { type: text, title: text, status: whole, detail: text, code: text, retryable: { type: 'boolean' } },
    required: ['type', 'title', 'status', 'detail', 'code', 'retryable'],
  },
};

const PROBLEM = { description: 'An error.', content: { 'application/problem+json': { schema: ref('Problem') } } };
const ID = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
const query = (name: string, schema: object): object => ({ name, in: 'query', schema });

interface Operation {
  readonly summary: string;
  readonly ok: Readonly<Record<string, string | null>>;
  readonly body?: string;
  readonly parameters?: readonly object[];
}

function operation({ summary, ok, body, parameters = [] }: Operation): object {
  const answers = Object.entries(ok).map(([status, schema]) => {
    if (schema === null) return [status, { description: summary }];
    const media = schema === 'events' ? { 'text/event-stream': {} } : { 'application/json': { schema: ref(schema) } };
    return [status, { description: summary, content: media }];
  });
  return {
    summary,
    parameters,
    ...(body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: ref(body) } } } }),
    responses: { ...(Object.fromEntries(answers) as object), default: PROBLEM },
  };
}

const MADE = { '201': 'Lease', '200': 'Lease' };

const PATHS: Readonly<Record<string, object>> = {
  '/api/v1/leases': {
    post: operation({
      summary: 'Creates a lease; the server makes the id.',
      ok: MADE,
      body: 'Wish',
      parameters: [{ name: 'Idempotency-Key', in: 'header', schema: text }],
    }),
    get: operation({
      summary: 'What the token may see, newest first.',
      ok: { '200': 'Leases' },
      parameters: [
        query('state', { enum: LEASE_STATES }),
        query('holder', text),
        query('limit', { type: 'integer', minimum: 1, maximum: 1000 }),
        query('next', text),
      ],
    }),
  },
  '/api/v1/leases/{id}': {
    put: operation({ summary: 'Creates a lease.', ok: MADE, body: 'Wish', parameters: [ID] }),
    get: operation({
      summary: 'The lease, with wait once it waits no longer.',
      ok: { '200': 'Lease' },
      parameters: [ID, query('wait', whole)],
    }),
    patch: operation({ summary: 'Changes a lease.', ok: { '200': 'Lease' }, body: 'Change', parameters: [ID] }),
    delete: operation({ summary: 'Ends a lease.', ok: { '204': null }, body: 'End', parameters: [ID] }),
  },
  '/api/v1/leases/{id}/events': {
    get: operation({ summary: 'The lease after each change.', ok: { '200': 'events' }, parameters: [ID] }),
  },
  '/api/v1/leases/{id}/renew': {
    post: operation({ summary: 'A sign of life.', ok: { '200': 'Lease' }, body: 'Renewal', parameters: [ID] }),
  },
  '/api/v1/labels': { get: operation({ summary: 'Labels that the token may use.', ok: { '200': 'Labels' } }) },
  '/api/v1/openapi.json': {
    get: { summary: 'This description.', responses: { '200': { description: 'OpenAPI.' }, default: PROBLEM } },
  },
};

export const LEASE_OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Nodepool leases',
    version: '1',
    description: 'Single-use machines for everybody who can send a request.',
  },
  security: [{ token: [] }],
  paths: PATHS,
  components: { schemas: SCHEMAS, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
};
