/** The description of the web interface, served at `/openapi.json`. A test compares it with the routes and with real answers. */

import { WHAT_IF_KEYS } from '../../domain/decide/what-if.js';
import { SUBJECT_KINDS } from '../../domain/explain/explanation.js';

const text = { type: 'string' };
const nullableText = { type: ['string', 'null'] };
const texts = { type: 'array', items: text };

/** Every key is always there. */
function object(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

const SCHEMAS = {
  Upload: object({
    id: text,
    upload_id: text,
    provider: text,
    image: text,
    external_name: nullableText,
    external_id: nullableText,
    state: { enum: ['uploading', 'ready', 'deleting', 'failed'] },
    age: { type: 'integer', description: 'Second of the last state change, since the epoch; not an age.' },
  }),
  Build: object({
    id: text,
    image: text,
    builder: nullableText,
    formats: texts,
    state: { enum: ['building', 'ready', 'deleting', 'failed', 'paused'] },
    age: { type: 'integer', description: 'Second of the last state change, since the epoch; not an age.' },
  }),
  Node: object({
    id: text,
    provider: nullableText,
    label: texts,
    server_id: nullableText,
    public_ipv4: nullableText,
    ipv6: nullableText,
    state: text,
    age: { type: 'string', pattern: '^\\d{2,}:\\d\\d:\\d\\d:\\d\\d$', description: 'Days, hours, minutes, seconds.' },
    locked: { enum: ['locked', 'unlocked'] },
    pool: nullableText,
    hostname: nullableText,
    private_ipv4: nullableText,
    AZ: nullableText,
    username: nullableText,
    connection_port: { type: ['integer', 'string'], description: 'Whatever is no port number is `redacted`.' },
    launcher: nullableText,
    allocated_to: nullableText,
    hold_job: nullableText,
    comment: nullableText,
    user_data: {},
    driver_data: {},
  }),
  Request: object({
    id: text,
    relative_priority: { type: 'number' },
    state: { enum: ['requested', 'pending', 'fulfilled', 'failed'] },
    requestor: nullableText,
    node_types: texts,
    nodes: texts,
    declined_by: texts,
    event_id: nullableText,
  }),
  Label: object({ label: text }),
  ImageStatus: object({
    image: text,
    paused: { type: 'boolean' },
    build_request: { enum: ['pending', 'building', null] },
    build_request_age: { type: ['integer', 'null'], description: 'When it was asked for, since the epoch.' },
  }),
  ImageProblem: object({
    image: text,
    provider: nullableText,
    builder: text,
    failures: { type: 'integer' },
    next_try: { type: ['integer', 'null'] },
    problem: text,
  }),
  Explanation: {
    type: 'object',
    properties: {
      subject: object({ kind: text, id: text }),
      state: { type: ['object', 'null'] },
      outlook: {
        description: 'Of a request that waits: never or not yet, and why.',
        type: ['object', 'null'],
        properties: {
          verdict: { enum: ['underway', 'not-yet', 'never'] },
          because: { type: 'array', items: text },
        },
        required: ['verdict', 'because'],
      },
      deciders: { type: 'array' },
      findings: {
        ...texts,
        description: 'What the launcher knows besides, in lines for people: all that follows here.',
      },
      waits: {
        description: 'Of everything, a pool or a provider: how many requests wait for what, and in which pool.',
        ...object({
          groups: {
            type: 'array',
            items: object({
              pool: text,
              code: text,
              resource: nullableText,
              title: text,
              count: { type: 'integer' },
              since: { type: 'number' },
            }),
          },
          served: { type: 'integer' },
          unheard: { type: 'integer', description: 'Requests of which no decision is remembered.' },
        }),
      },
      limits: { description: 'Of a pool or provider: limits, launches and breaker of the pools here.', type: 'array' },
      spent: {
        description: 'Of a request or node: what its time was spent on, seconds.',
        type: 'array',
        items: object({ what: text, seconds: { type: 'number' } }),
      },
      place: {
        description: 'Of a request that waits: where it stands among those that want the same pools.',
        ...object({
          position: { type: 'integer' },
          of: { type: 'integer' },
          nodes_ahead: { type: 'integer' },
          lacks: { type: 'integer' },
          pools: texts,
        }),
      },
      estimate: {
        description:
          'Of a request that waits: seconds until it is served, from what was given back lately; or why nobody knows.',
        type: 'object',
        properties: {
          known: { type: 'boolean' },
          p50: { type: 'number' },
          p90: { type: 'number' },
          basis: text,
          why: text,
        },
        required: ['known'],
      },
      what_if: {
        description: 'Of a request asked about with `if`: what each pool here would decide. Nothing comes of it.',
        ...object({
          changes: texts,
          pools: {
            type: 'array',
            items: object({ decider: text, verdict: text, reasons: { type: 'array' }, anew: { type: 'boolean' } }),
          },
        }),
      },
    },
    required: ['subject', 'state', 'outlook', 'deciders'],
    additionalProperties: false,
  },
  Error: object({ message: text, code: text, title: text }),
};

const FIELDS = {
  name: 'fields',
  in: 'query',
  description: 'Keys of the columns to show, separated by commas. Only text is filtered; unknown names are ignored.',
  schema: text,
};

function errorAnswer(description: string): object {
  const media = { schema: { $ref: '#/components/schemas/Error' } };
  return { description, content: { 'application/json': media, 'text/plain': {}, 'text/html': {} } };
}

const ERRORS = {
  '304': { description: 'Nothing has changed since (If-None-Match, If-Modified-Since).' },
  '406': errorAnswer('Neither text nor JSON is acceptable.'),
  '503': { description: 'Too many answers wait for slow readers; try again.' },
};

function list(
  summary: string,
  schema: keyof typeof SCHEMAS,
  example: object,
  parameters: readonly object[] = [],
): object {
  const media = { schema: { type: 'array', items: { $ref: `#/components/schemas/${schema}` } }, example: [example] };
  const ok = { description: 'The list.', content: { 'application/json': media, 'text/plain': {} } };
  return { get: { summary, parameters: [...parameters, FIELDS], responses: { '200': ok, ...ERRORS } } };
}

function other(summary: string, content: object, more: object = {}, parameters: readonly object[] = []): object {
  return { get: { summary, parameters, responses: { '200': { description: summary, content }, ...more } } };
}

const NODE_ID = { name: 'node_id', in: 'query', description: 'Only this node.', schema: text };
const NODE = {
  id: '0000000001',
  provider: 'cloud1',
  label: ['debian'],
  server_id: '9a3f',
  public_ipv4: '192.0.2.10',
  ipv6: null,
  state: 'ready',
  age: '00:00:10:05',
  locked: 'unlocked',
  pool: 'main',
  hostname: 'np0000000001',
  private_ipv4: null,
  AZ: 'az1',
  username: 'zuul',
  connection_port: 22,
  launcher: 'host-PoolWorker.cloud1-main-0f',
  allocated_to: null,
  hold_job: null,
  comment: null,
  user_data: null,
  driver_data: null,
};

const REQUEST = {
  id: '100-0000000007',
  relative_priority: 0,
  state: 'requested',
  requestor: 'zuul',
  node_types: ['debian'],
  nodes: [],
  declined_by: [],
  event_id: null,
};

const UPLOAD = {
  id: '0f3a',
  upload_id: '0000000001',
  provider: 'cloud1',
  image: 'debian',
  external_name: 'debian-1700000000',
  external_id: '77aa',
  state: 'ready',
  age: 1700000000,
};

const EXPLANATION = {
  'application/json': { schema: { $ref: '#/components/schemas/Explanation' } },
  'text/plain': {},
};

const PATHS: Readonly<Record<string, object>> = {
  '/image-list': list('Uploads of images.', 'Upload', UPLOAD),
  '/dib-image-list': list('Builds of images.', 'Build', {
    id: 'debian-0f3a',
    image: 'debian',
    builder: 'nb01',
    formats: ['qcow2'],
    state: 'ready',
    age: 1700000000,
  }),
  '/node-list': list('Nodes.', 'Node', NODE, [NODE_ID]),
  '/request-list': list('Outstanding requests.', 'Request', REQUEST),
  '/label-list': list('Labels that any live launcher offers.', 'Label', { label: 'debian' }),
  '/image-status': list('What operators have ordered for images.', 'ImageStatus', {
    image: 'debian',
    paused: false,
    build_request: null,
    build_request_age: null,
  }),
  '/image-problems': list('What builders cannot build or upload, and why.', 'ImageProblem', {
    image: 'debian',
    provider: null,
    builder: 'nb01',
    failures: 2,
    next_try: 1700000600,
    problem: 'exit status 1',
  }),
  '/explain': other('What do all requests wait for?', EXPLANATION),
  '/explain/{kind}/{id}': other(
    'Why is it so? What is recorded and decided about a request, node, label, image, pool or provider.',
    EXPLANATION,
    {
      '400': errorAnswer('`if` has an unknown key or no number, or goes with no request.'),
      '404': errorAnswer('Nothing is known about it.'),
    },
    [
      { name: 'kind', in: 'path', required: true, schema: { enum: SUBJECT_KINDS } },
      { name: 'id', in: 'path', required: true, schema: text },
      {
        name: 'if',
        in: 'query',
        description: `Of a request: what is to be supposed, \`key=value\`; may be repeated. Keys: ${WHAT_IF_KEYS.join(', ')}.`,
        schema: texts,
      },
    ],
  ),
  '/ready': other(
    'Have all configured providers been started?',
    { 'text/plain': { example: 'OK' } },
    { '503': { description: 'Not yet.' } },
  ),
  '/metrics': other('Metrics for Prometheus.', { 'text/plain': {} }),
  '/openapi.json': other('This description.', { 'application/json': {} }),
  '/': other('The live page, for browsers.', { 'text/html': {} }, { '404': errorAnswer('The client is no browser.') }),
  '/live/events': other(
    'Server-sent events of the live page.',
    { 'text/event-stream': {} },
    {
      '503': { description: 'Too many pages are open already.' },
    },
  ),
  '/live/{file}': other('Files of the live page.', { 'text/javascript': {}, 'text/css': {}, 'image/svg+xml': {} }),
};

export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Nodepool',
    version: '1',
    description:
      'Read-only; every method is answered like GET. Answers are made from the memory of the launcher and are up to a second old. ' +
      'While ZooKeeper is away they carry the header Warning: 110.',
  },
  paths: PATHS,
  components: { schemas: SCHEMAS },
};
