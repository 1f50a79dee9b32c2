import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

type Json = Readonly<Record<string, unknown>>;

/** What goes wrong with a call. */
export interface Trouble {
  /** The call as `calls` shows it. */
  readonly call: RegExp;
  /** How often; default 1. */
  readonly times?: number;
  /** The cloud does what it was asked for, and only then fails. */
  readonly carriedOut?: boolean;
  readonly answer:
    | 'hang'
    | 'cut'
    | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };
}

export interface FakeServer {
  readonly id: string;
  readonly asked: Json;
  readonly path: string;
  status: string;
  fault: string | null;
  /** Lists that still show it as it is. */
  looks: number;
  deleting: boolean;
  readonly addresses: { address: string; type: 'fixed' | 'floating' }[];
}

export interface FakeImage extends Record<string, unknown> {
  readonly id: string;
  status: string;
}

export interface FakePort {
  readonly id: string;
  readonly network_id: string;
  readonly device_id: string;
  readonly device_owner: string | null;
  status: string;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
}

export interface FakeFloatingIp {
  readonly id: string;
  readonly floating_ip_address: string;
  readonly port_id: string | null;
}

interface Answer {
  readonly status: number;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const NETWORKS = [
  { id: 'net-private', name: 'private', 'router:external': false },
  { id: 'net-public', name: 'public', 'router:external': true },
];
const SUBNETS = [
  { id: 'sub-private', network_id: 'net-private', gateway_ip: '10.20.0.1' },
  { id: 'sub-public', network_id: 'net-public', gateway_ip: '203.0.113.1' },
];

/** A small OpenStack over HTTP that can be told to misbehave. What a call looked like is kept in `calls`. */
export class FakeOpenStack {
  readonly calls: string[] = [];
  readonly servers = new Map<string, FakeServer>();
  readonly images = new Map<string, FakeImage>();
  readonly ports = new Map<string, FakePort>();
  readonly floatingIps = new Map<string, FakeFloatingIp>();
  readonly objects = new Map<string, { readonly bytes: number; readonly headers: Json }>();
  flavors: readonly Json[] = [
    { id: '1', name: 'm1.nano', ram: 64, vcpus: 1 },
    { id: '2', name: 'm1.small', ram: 2048, vcpus: 1 },
    { id: '3', name: 'c1.large', ram: 8192, vcpus: 8 },
    { id: '4', name: 'm1.large', ram: 8192, vcpus: 4 },
  ];
  absolute: Json = { maxTotalInstances: 10, maxTotalCores: 20, maxTotalRAMSize: 51_200 };
  zones: readonly Json[] = [
    { zoneName: 'nova', zoneState: { available: true } },
    { zoneName: 'broken', zoneState: { available: false } },
  ];
  microversion = '2.90';
  services: readonly string[] = ['compute', 'image', 'network'];
  /** Faults of the next servers; null = it boots. */
  readonly boots: (string | null)[] = [];
  /** Whether nova shows addresses at all. */
  addresses = true;
  /** What tasks of the image service end with, one after another; default success. */
  readonly tasks: string[] = [];
  /** Tokens that are refused from now on. */
  readonly revoked = new Set<string>();
  lastBody = '';
  private readonly troubles: { trouble: Trouble; left: number }[] = [];
  private readonly sockets = new Set<Socket>();
  private counter = 0;
  private readonly http = createServer((request, response) => {
    void this.handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  static async start(): Promise<FakeOpenStack> {
    const cloud = new FakeOpenStack();
    cloud.http.on('connection', (socket: Socket) => {
      cloud.sockets.add(socket);
      socket.once('close', () => cloud.sockets.delete(socket));
    });
    cloud.http.requestTimeout = 0;
    await new Promise<void>((resolve) => cloud.http.listen(0, '127.0.0.1', resolve));
    return cloud;
  }

  get authUrl(): string {
    return `${this.url}/identity/v3`;
  }

  trouble(trouble: Trouble): void {
    this.troubles.push({ trouble, left: trouble.times ?? 1 });
  }

  calm(): void {
    this.troubles.length = 0;
  }

  count(call: RegExp): number {
    return this.calls.filter((made) => call.test(made)).length;
  }

  image(values: Partial<FakeImage> = {}): FakeImage {
    const image = { id: this.id('image'), status: 'active', name: 'probe', ...values };
    this.images.set(image.id, image);
    return image;
  }

  server(asked: Json, status = 'ACTIVE'): FakeServer {
    const id = this.id('server');
    const server: FakeServer = { id, asked, path: '', status, fault: null, looks: 0, deleting: false, addresses: [] };
    this.servers.set(id, server);
    return server;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  private id(kind: string): string {
    this.counter += 1;
    return `${kind}-${String(this.counter).padStart(4, '0')}`;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search, searchParams } = new URL(request.url ?? '/', this.url);
    const call = `${request.method} ${pathname}${search}`;
    this.calls.push(call);
    const found = this.troubles.find(({ trouble, left }) => left > 0 && trouble.call.test(call));
    if (found) found.left -= 1;
    const trouble = found?.trouble;
    if (trouble?.answer === 'hang' && !trouble.carriedOut) return;
    if (trouble?.answer === 'cut' && !trouble.carriedOut) return void request.socket.destroy();
    const body = await received(request);
    this.lastBody = body.text;
    if (trouble && !trouble.carriedOut && typeof trouble.answer === 'object')
      return send(response, troubled(trouble.answer));
    const answer = this.answer(request, pathname, searchParams, body);
    if (trouble?.answer === 'hang') return;
    if (trouble?.answer === 'cut') return void request.socket.destroy();
    send(response, trouble && typeof trouble.answer === 'object' ? troubled(trouble.answer) : answer);
  }

  private answer(request: IncomingMessage, path: string, query: URLSearchParams, body: Body): Answer {
    const [, service = '', ...rest] = path.split('/');
    if (service === 'identity') return this.identity(request, rest, body);
    const token = String(request.headers['x-auth-token'] ?? '');
    const isVersions = rest.filter((part) => part !== '').length <= 1 && request.method === 'GET';
    if (!isVersions && (token === '' || this.revoked.has(token))) {
      return {
        status: 401,
        json: { error: { code: 401, message: 'The request you have made requires authentication.' } },
      };
    }
    switch (service) {
      case 'compute':
        return this.compute(request.method ?? '', rest, body);
      case 'image':
        return this.image_(request, rest, query, body);
      case 'network':
        return this.network(request.method ?? '', rest, query, body);
      case 'volume':
        return { status: 200, json: { limits: { absolute: { maxTotalVolumes: 7, maxTotalVolumeGigabytes: -1 } } } };
      case 'objects':
        return this.objectStore(request, rest, body);
    }
    return NOT_FOUND;
  }

  private identity(request: IncomingMessage, rest: readonly string[], body: Body): Answer {
    if (rest.at(-1) !== 'tokens')
      return { status: 200, json: { version: { id: 'v3.14', status: 'stable', links: [] } } };
    const text = body.text;
    if (text.includes('"wrong"'))
      return {
        status: 401,
        json: { error: { code: 401, message: 'The request you have made requires authentication.' } },
      };
    const endpoint = (type: string, path: string): Json => ({
      type,
      name: type,
      endpoints: [{ interface: 'public', region: 'RegionOne', region_id: 'RegionOne', url: `${this.url}${path}` }],
    });
    const all = [
      endpoint('compute', '/compute/v2.1'),
      endpoint('image', '/image'),
      endpoint('network', '/network'),
      endpoint('volumev3', '/volume/v3/project'),
      endpoint('object-store', '/objects/v1'),
    ];
    const offered = all.filter(({ type }) => this.services.includes(String(type).replace('volumev3', 'volume')));
    const token = {
      expires_at: '2099-01-01T00:00:00.000000Z',
      project: { id: 'project', name: 'demo', domain: { id: 'default', name: 'Default' } },
      catalog: offered,
    };
    return { status: 201, json: { token }, headers: { 'x-subject-token': this.id('token') } };
  }

  private compute(method: string, rest: readonly string[], body: Body): Answer {
    const [, what = '', id = '', more = ''] = rest;
    if (what === '') {
      const version = { id: 'v2.1', status: 'CURRENT', version: this.microversion, min_version: '2.1', links: [] };
      return { status: 200, json: { version } };
    }
    if (what === 'limits') return { status: 200, json: { limits: { absolute: this.absolute } } };
    if (what === 'flavors') return { status: 200, json: { flavors: this.flavors } };
    if (what === 'os-availability-zone') return { status: 200, json: { availabilityZoneInfo: this.zones } };
    if (method === 'POST' && id === '')
      return this.makeServer(`/${what}`, (JSON.parse(body.text) as { server: Json }).server);
    if (id === 'detail') return { status: 200, json: { servers: this.look() } };
    const server = this.servers.get(id);
    if (!server) return NOT_FOUND;
    if (method === 'GET') return { status: 200, json: { server: this.shown(server) } };
    if (more === 'action') return { status: 200, json: { output: 'one\ntwo' } };
    server.deleting = true;
    return { status: 204 };
  }

  private makeServer(path: string, asked: Json): Answer {
    const server = this.server(asked, 'BUILD');
    const port = {
      id: this.id('port'),
      network_id: 'net-private',
      device_id: server.id,
      device_owner: 'compute:nova',
      status: 'ACTIVE',
      fixed_ips: [{ ip_address: `10.20.0.${this.counter}` }],
    };
    this.ports.set(port.id, port);
    server.looks = 1;
    server.fault = this.boots.shift() ?? null;
    this.servers.set(server.id, { ...server, path });
    return { status: 202, json: { server: { id: server.id } } };
  }

  /** Each look lets time pass for the servers. */
  private look(): readonly Json[] {
    for (const server of [...this.servers.values()]) {
      if (server.deleting) {
        this.servers.delete(server.id);
        for (const port of [...this.ports.values()]) if (port.device_id === server.id) this.ports.delete(port.id);
      } else if (server.status === 'BUILD' && server.looks-- <= 0) {
        server.status = server.fault === null ? 'ACTIVE' : 'ERROR';
      }
    }
    return [...this.servers.values()].map((server) => this.shown(server));
  }

  private shown(server: FakeServer): Json {
    const ports = [...this.ports.values()].filter((port) => port.device_id === server.id);
    const fixed = ports.flatMap((port) => port.fixed_ips.map(({ ip_address }) => entry(ip_address, 'fixed')));
    const floating = [...this.floatingIps.values()]
      .filter((one) => ports.some((port) => port.id === one.port_id))
      .map((one) => entry(one.floating_ip_address, 'floating'));
    const own = server.addresses.map(({ address, type }) => entry(address, type));
    const addresses = [...fixed, ...floating, ...own];
    return {
      id: server.id,
      name: server.asked['name'],
      status: server.status,
      metadata: server.asked['metadata'] ?? {},
      flavor: { vcpus: 1, ram: 64, original_name: 'm1.nano' },
      addresses: this.addresses && server.status === 'ACTIVE' && addresses.length > 0 ? { private: addresses } : {},
      'OS-EXT-AZ:availability_zone': server.asked['availability_zone'] ?? 'nova',
      hostId: 'host',
      ...(server.status === 'ERROR' ? { fault: { code: 500, message: server.fault } } : {}),
    };
  }

  private image_(request: IncomingMessage, rest: readonly string[], query: URLSearchParams, body: Body): Answer {
    const [version = '', what = '', id = '', more = ''] = rest;
    if (version === '' || what === '')
      return {
        status: 200,
        json: {
          versions: [{ id: 'v2.15', status: 'CURRENT', links: [{ rel: 'self', href: `${this.url}/image/v2/` }] }],
        },
      };
    if (what === 'tasks') return this.task(request.method ?? '', id, body);
    if (request.method === 'POST') {
      const image = this.image({ ...(JSON.parse(body.text) as Json), id: this.id('image'), status: 'queued' });
      return { status: 201, json: image };
    }
    if (id === '') {
      const name = query.get('name');
      return {
        status: 200,
        json: { images: [...this.images.values()].filter((image) => name === null || image['name'] === name) },
      };
    }
    const image = this.images.get(id);
    if (!image) return NOT_FOUND;
    if (request.method === 'DELETE') {
      this.images.delete(id);
      return { status: 204 };
    }
    if (more === 'file') {
      Object.assign(image, {
        status: 'active',
        checksum: body.md5,
        size: body.bytes,
        type: request.headers['content-type'],
      });
      return { status: 204 };
    }
    if (request.method === 'PATCH') {
      for (const { path, value } of JSON.parse(body.text) as { path: string; value: unknown }[])
        image[path.slice(1)] = value;
    }
    return { status: 200, json: image };
  }

  private task(method: string, id: string, body: Body): Answer {
    if (method === 'POST') {
      const { input } = JSON.parse(body.text) as { input: { image_properties: { name: string } } };
      return { status: 201, json: { id: `task-${input.image_properties.name}`, status: 'pending' } };
    }
    const outcome = this.tasks.shift() ?? 'success';
    if (outcome !== 'success') return { status: 200, json: { id, status: 'failure', message: outcome } };
    const image = this.image({ name: id.replace(/^task-/, '') });
    return { status: 200, json: { id, status: 'success', result: { image_id: image.id } } };
  }

  private network(method: string, rest: readonly string[], query: URLSearchParams, body: Body): Answer {
    const [version = '', what = '', id = ''] = rest;
    if (version === '' || what === '')
      return {
        status: 200,
        json: {
          versions: [{ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${this.url}/network/v2.0/` }] }],
        },
      };
    if (what === 'networks') return { status: 200, json: { networks: NETWORKS } };
    if (what === 'subnets') return { status: 200, json: { subnets: SUBNETS } };
    const table: Map<string, unknown> = what === 'ports' ? this.ports : this.floatingIps;
    if (method === 'DELETE') return { status: table.delete(id) ? 204 : 404 };
    if (method === 'POST') return this.makeFloatingIp(body);
    const fits = (one: Json): boolean =>
      [...query].every(([key, value]) => one[key] === undefined || one[key] === value);
    return { status: 200, json: { [what]: [...table.values()].filter((one) => fits(one as Json)) } };
  }

  private makeFloatingIp(body: Body): Answer {
    const { floatingip } = JSON.parse(body.text) as { floatingip: { port_id: string } };
    const made = { id: this.id('fip'), floating_ip_address: `203.0.113.${this.counter}`, port_id: floatingip.port_id };
    this.floatingIps.set(made.id, made);
    return { status: 201, json: { floatingip: made } };
  }

  private objectStore(request: IncomingMessage, rest: readonly string[], body: Body): Answer {
    const name = rest.slice(1).join('/');
    const object = this.objects.get(name);
    if (request.method === 'PUT') {
      this.objects.set(name, { bytes: body.bytes, headers: { ...request.headers } });
      return { status: 201 };
    }
    if (!object) return NOT_FOUND;
    if (request.method === 'DELETE') this.objects.delete(name);
    return { status: 204, headers: request.method === 'HEAD' ? { 'x-bytes': String(object.bytes) } : {} };
  }
}

const NOT_FOUND: Answer = { status: 404, json: { itemNotFound: { code: 404, message: 'There is no such thing.' } } };

function entry(addr: string, type: 'fixed' | 'floating'): Json {
  return {
    addr,
    version: addr.includes(':') ? 6 : 4,
    'OS-EXT-IPS:type': type,
    'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:00:00:01',
  };
}

function troubled(answer: Exclude<Trouble['answer'], string>): Answer {
  return { status: answer.status, json: answer.body ?? '', ...(answer.headers ? { headers: answer.headers } : {}) };
}

function send(response: ServerResponse, { status, json, headers }: Answer): void {
  const text = json === undefined || status === 204 ? '' : typeof json === 'string' ? json : JSON.stringify(json);
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(text);
}

interface Body {
  /** Of small bodies only. */
  readonly text: string;
  readonly bytes: number;
  readonly md5: string;
}

async function received(request: IncomingMessage): Promise<Body> {
  const md5 = createHash('md5');
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    md5.update(chunk);
    bytes += chunk.length;
    if (bytes < 1 << 20) kept.push(chunk);
  }
  return { text: Buffer.concat(kept).toString('utf8'), bytes, md5: md5.digest('hex') };
}
