import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubLease {
  id: string;
  state: 'waiting' | 'active' | 'ended';
  outcome: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  readonly nodes: readonly object[];
  conditions: readonly object[];
  queue: object | null;
  /** As given back. */
  verdict: unknown;
}

export interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly at: number;
}

/** What becomes of a call in place of its answer: no answer at all, a cut connection before or after it was carried out, or a refusal. */
export type Mishap =
  | { readonly kind: 'silence' | 'cut' | 'cut-after' }
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly code?: string;
      readonly members?: object;
      readonly retryAfter?: number;
    };

/** A gateway of the contract that does what tests want of it: for the one who asks, not for what is behind it. */
export class StubGateway {
  readonly calls: SeenCall[] = [];
  readonly leases = new Map<string, StubLease>();
  /** The machines of new leases, by label. */
  machines: Readonly<Record<string, object>> = {};
  /** New leases get their machines at once. */
  ready = true;
  conditions: readonly object[] = [];
  queue: object | null = null;
  mishap: (call: SeenCall) => Mishap | undefined = () => undefined;
  private readonly waiters = new Set<() => void>();

  private constructor(
    private server: Server,
    private readonly port: number,
  ) {}

  static async start(): Promise<StubGateway> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const gateway = new StubGateway(server, (server.address() as AddressInfo).port);
    server.on('request', gateway.handle);
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get only(): StubLease {
    const [lease] = this.leases.values();
    if (!lease || this.leases.size !== 1) throw new Error(`there are ${this.leases.size} leases`);
    return lease;
  }

  /** Calls of a method whose path ends so. */
  seen(method: string, end = ''): readonly SeenCall[] {
    return this.calls.filter((call) => call.method === method && call.path.endsWith(end));
  }

  serve(lease: StubLease): void {
    lease.state = 'active';
    this.wake();
  }

  end(lease: StubLease, outcome: string): void {
    lease.state = 'ended';
    lease.outcome = outcome;
    this.wake();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** After `stop`, at the same place. */
  async startAgain(): Promise<void> {
    this.server = createServer(this.handle);
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  }

  private wake(): void {
    for (const waiter of this.waiters) waiter();
    this.waiters.clear();
  }

  private readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const url = new URL(request.url ?? '', this.url);
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const call = { method: request.method ?? '', path: url.pathname, body, at: performance.now() };
      this.calls.push(call);
      void this.answer(call, url, response);
    });
  };

  private async answer(call: SeenCall, url: URL, response: ServerResponse): Promise<void> {
    const mishap = this.mishap(call);
    if (mishap?.kind === 'silence') return;
    if (mishap?.kind === 'cut') return void response.destroy();
    if (mishap?.kind === 'refuse') return this.problem(response, mishap);
    const [, id = '', action] = /^\/api\/v1\/leases\/([^/]+)(\/renew)?$/.exec(call.path) ?? [];
    if (call.path === '/api/v1/leases') return send(response, 200, { leases: this.shown(url) });
    if (call.method === 'PUT') this.create(id, call.body as Record<string, unknown>);
    const lease = this.leases.get(id);
    if (!lease) return this.problem(response, { kind: 'refuse', status: 404, code: 'no-such-lease' });
    if (call.method === 'GET') await this.waited(lease, Number(url.searchParams.get('wait') ?? 0));
    if (call.method === 'DELETE') {
      lease.verdict = call.body;
      if (lease.state !== 'ended') this.end(lease, lease.state === 'waiting' ? 'cancelled' : 'released');
    } else if ((action || call.method === 'PATCH') && lease.state === 'ended') {
      return this.problem(response, {
        kind: 'refuse',
        status: 410,
        code: 'lease-ended',
        members: { outcome: lease.outcome },
      });
    }
    if (mishap?.kind === 'cut-after') return void response.destroy();
    if (call.method === 'DELETE') return void response.writeHead(204).end();
    send(response, call.method === 'PUT' ? 201 : 200, this.show(lease));
  }

  private create(id: string, body: Readonly<Record<string, unknown>>): void {
    if (this.leases.has(id)) return;
    const labels = body['labels'] as readonly string[];
    const nodes = labels.map((label, slot) => ({
      id: `${slot + 1}`.padStart(10, '0'),
      label,
      slot,
      ...this.machines[label],
    }));
    const state = this.ready ? 'active' : 'waiting';
    const { conditions, queue } = this;
    this.leases.set(id, { id, state, outcome: null, body, nodes, conditions, queue, verdict: null });
  }

  private async waited(lease: StubLease, seconds: number): Promise<void> {
    if (lease.state !== 'waiting' || seconds === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.waiters.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private shown(url: URL): readonly object[] {
    const state = url.searchParams.get('state');
    return [...this.leases.values()]
      .filter((lease) => state === null || lease.state === state)
      .map((lease) => this.show(lease));
  }

  private show({ id, state, outcome, body, nodes, conditions, queue }: StubLease): object {
    const [created, active] = ['2026-11-30T10:00:00.000Z', state === 'waiting' ? null : '2026-11-30T10:00:05.000Z'];
    return {
      id,
      state,
      outcome,
      labels: body['labels'],
      holder: 'team-a',
      tenant: 'team-a',
      purpose: body['purpose'] ?? null,
      priority: body['priority'] ?? 200,
      ttl: body['ttl'] ?? 300,
      max_duration: body['max_duration'] ?? 86400,
      wait_until: null,
      created_at: created,
      active_at: active,
      expires_at: active && '2026-11-30T10:05:05.000Z',
      ends_at: active && '2026-12-01T10:00:05.000Z',
      ended_at: null,
      capped_by: null,
      request_id: '200-0000000017',
      conditions: state === 'waiting' || state === 'ended' ? conditions : [],
      queue: state === 'waiting' ? queue : null,
      nodes: state === 'active' ? nodes : [],
    };
  }

  private problem(response: ServerResponse, mishap: Extract<Mishap, { readonly kind: 'refuse' }>): void {
    const { status, code, members, retryAfter } = mishap;
    const retry = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    if (code === undefined) return void response.writeHead(status, retry).end('<html>');
    const retryable = status === 429 || status === 503;
    const body = { type: 'about:blank', title: code, status, detail: `refused: ${code}`, code, retryable, ...members };
    response.writeHead(status, { 'content-type': 'application/problem+json', ...retry }).end(JSON.stringify(body));
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
