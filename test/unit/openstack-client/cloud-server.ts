import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** `performance.now()` in seconds. */
  readonly at: number;
}

export interface CannedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
}

type Handler = (request: SeenRequest, response: ServerResponse, raw: IncomingMessage) => CannedAnswer | 'done' | 'hang';

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly handler: Handler;
  /** Read the body before answering. */
  readonly readBody: boolean;
  left: number;
}

export interface TlsOfServer {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
  readonly requestCert?: boolean;
}

/**
 * A cloud of one process: an identity service with one user, a catalogue, and whatever answers a test lays down. Routes laid down
 * later go first.
 */
export class CloudServer {
  readonly seen: SeenRequest[] = [];
  readonly validTokens = new Set<string>();
  /** Seconds that a new token lives. */
  tokenLife = 3600;
  password = 'hunter2';
  /** The catalogue's addresses are made from this and the path. */
  publicBase = '';
  catalogue: readonly { type: string; path: string; interface?: string; region?: string }[] = [
    { type: 'compute', path: '/compute/v2.1' },
    { type: 'image', path: '/image' },
    { type: 'network', path: '/network' },
    { type: 'block-storage', path: '/volume/v3/project-1' },
  ];
  private readonly routes: Route[] = [];
  private readonly sockets = new Set<Socket>();
  private tokens = 0;

  private constructor(
    private readonly server: Server,
    private readonly scheme: string,
  ) {}

  static async start(tls?: TlsOfServer): Promise<CloudServer> {
    let cloud: CloudServer | undefined = undefined as CloudServer | undefined;
    const listener: RequestListener = (request, response) => cloud?.receive(request, response);
    const server = tls ? createTlsServer({ ...tls, rejectUnauthorized: true }, listener) : createServer(listener);
    cloud = new CloudServer(server, tls ? 'https' : 'http');
    server.on('connection', (socket: Socket) => cloud?.keep(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cloud.publicBase = cloud.base;
    cloud.layIdentity();
    return cloud;
  }

  get base(): string {
    return `${this.scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Connections made so far and still open. */
  get open(): number {
    return this.sockets.size;
  }

  /** @param times - how often; for ever by default */
  on(method: string, path: string | RegExp, answer: CannedAnswer | Handler, times = Infinity, readBody = true): this {
    const pattern =
      typeof path === 'string' ? new RegExp(`^${path.replace(/[.?*+^$()|[\]\\]/g, '\\$&')}(\\?|$)`) : path;
    const handler = typeof answer === 'function' ? answer : (): CannedAnswer => answer;
    this.routes.unshift({ method, path: pattern, handler, left: times, readBody });
    return this;
  }

  requests(pattern: RegExp): readonly SeenRequest[] {
    return this.seen.filter(({ method, path }) => pattern.test(`${method} ${path}`));
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
  }

  private receive(raw: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '', headers } = raw;
    const route = this.routes.find((each) => each.left > 0 && each.method === method && each.path.test(path));
    if (route) route.left -= 1;
    const chunks: Buffer[] = [];
    const answer = (): void => {
      const body = Buffer.concat(chunks).toString();
      const request: SeenRequest = { method, path, headers, body, at: performance.now() / 1000 };
      this.seen.push(request);
      const needsToken = !path.startsWith('/identity');
      const token = headers['x-auth-token'];
      const isSignedIn = typeof token === 'string' && this.validTokens.has(token);
      const given =
        needsToken && !isSignedIn
          ? { status: 401, json: { error: { message: 'The request you have made requires authentication.' } } }
          : (route?.handler(request, response, raw) ?? {
              status: 404,
              json: { itemNotFound: { message: `no ${path}` } },
            });
      if (given !== 'done' && given !== 'hang') send(response, given);
    };
    if (route?.readBody === false) return answer();
    raw.on('data', (chunk: Buffer) => chunks.push(chunk));
    raw.on('end', answer);
    raw.on('error', () => undefined);
  }

  private layIdentity(): void {
    this.on('GET', '/identity/', {
      status: 300,
      json: {
        versions: {
          values: [
            {
              id: 'v3.14',
              status: 'stable',
              // As behind a proxy that ends TLS and cuts a part of the path.
              links: [{ rel: 'self', href: 'http://10.0.0.1:5000/v3/' }],
            },
          ],
        },
      },
    });
    this.on('POST', '/identity/v3/auth/tokens', (request) => {
      if (!request.body.includes(this.password)) {
        return {
          status: 401,
          headers: { 'x-openstack-request-id': 'req-1' },
          json: { error: { code: 401, message: `Could not find user with ${request.body}` } },
        };
      }
      const now = Date.now();
      return {
        status: 201,
        headers: { 'X-Subject-Token': this.newToken() },
        json: {
          token: {
            issued_at: new Date(now - 3_600_000 * 5).toISOString(),
            expires_at: new Date(now - 3_600_000 * 5 + this.tokenLife * 1000).toISOString(),
            project: { id: 'project-1' },
            catalog: this.listing(),
          },
        },
      };
    });
    this.on('POST', '/identity/v2.0/tokens', () => ({
      json: {
        access: {
          token: {
            id: this.newToken(),
            expires: new Date(Date.now() + 3_600_000).toISOString(),
            tenant: { id: 'project-1' },
          },
          serviceCatalog: [
            { type: 'compute', name: 'nova', endpoints: [{ region: 'north', publicURL: `${this.base}/compute/v2/1` }] },
          ],
        },
      },
    }));
  }

  private newToken(): string {
    const token = `token-${++this.tokens}`;
    this.validTokens.add(token);
    return token;
  }

  private listing(): unknown {
    return this.catalogue.map(({ type, path, interface: kind = 'public', region = 'north' }) => ({
      type,
      name: type,
      endpoints: [{ region, region_id: region, interface: kind, url: this.publicBase + path }],
    }));
  }
}

function send(response: ServerResponse, { status = 200, headers = {}, json, text }: CannedAnswer): void {
  const isJson = json !== undefined;
  response.writeHead(status, { ...(isJson ? { 'Content-Type': 'application/json' } : {}), ...headers });
  response.end(isJson ? JSON.stringify(json) : text);
}
