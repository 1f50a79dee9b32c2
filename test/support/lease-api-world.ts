import { createHash } from 'node:crypto';
import { ApiListener, type ApiLimits } from '../../src/adapters/http/api/api-listener.js';
import { LeaseRoutes } from '../../src/adapters/http/api/leases/lease-routes.js';
import type { Unacknowledged } from '../../src/adapters/http/api/unacknowledged.js';
import type { LeaseTokenConfig } from '../../src/domain/config/lease-api.js';
import type { Clock } from '../../src/ports/runtime/clock.js';
import { leaseConfig, LeaseWorld, type LeaseMember } from './lease-world.js';
import { rawHttp, type RawReply } from './raw-http.js';
import { realMemoryWorld } from './timed-worlds.js';

export function aToken(name: string, change: Partial<LeaseTokenConfig> = {}): LeaseTokenConfig {
  const sha256 = createHash('sha256').update(`np_${name}`).digest('hex');
  return {
    name,
    sha256,
    scopes: ['lease'],
    tenant: name,
    labels: null,
    maxLeases: Infinity,
    maxDuration: 86400,
    maxPriority: 200,
    ...change,
  };
}

export interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  readonly raw: RawReply;
}

/** A gateway in memory that is spoken to over real HTTP. */
export class LeaseApiWorld {
  private constructor(
    readonly world: LeaseWorld,
    readonly member: LeaseMember,
    readonly listener: ApiListener,
    readonly port: number,
    readonly tokens: LeaseTokenConfig[],
  ) {}

  /** @param change the time of event streams and what their clients have not acknowledged, unless these are real; limits of the listener */
  static async open(
    config = leaseConfig(),
    change: {
      readonly clock?: Clock;
      readonly unacknowledged?: Unacknowledged;
      readonly limits?: Partial<ApiLimits>;
    } = {},
  ): Promise<LeaseApiWorld> {
    const world = new LeaseWorld(realMemoryWorld());
    const member = await world.join(config);
    const tokens: LeaseTokenConfig[] = [aToken('team-a'), aToken('team-b')];
    const routes = [new LeaseRoutes(member.desk, change.clock ?? world.clock, change.unacknowledged)];
    const listener = new ApiListener({ routes, tokens: () => tokens, logger: member.logger }, change.limits);
    const port = await listener.listenOnTcp({ address: '127.0.0.1', port: 0 });
    return new LeaseApiWorld(world, member, listener, port, tokens);
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    options: { readonly as?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    const sent = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const headers = {
      Authorization: `Bearer np_${options.as ?? 'team-a'}`,
      ...(sent === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...options.headers,
    };
    const raw = await rawHttp({ port: this.port }, method, `/api/v1${path}`, headers, sent ?? '');
    const json = (raw.headers['content-type'] ?? '').includes('json') && raw.body !== '';
    const value = json ? (JSON.parse(raw.body) as Record<string, unknown>) : {};
    const code = raw.status >= 400 ? String(value['code']) : undefined;
    return { status: raw.status, code, body: value, raw };
  }

  /** Creates a lease and answers its id once it is active. */
  async active(body: object = { labels: ['small'] }, as = 'team-a'): Promise<string> {
    const made = await this.call('POST', '/leases', body, { as });
    const id = String(made.body['id']);
    const answer = await this.call('GET', `/leases/${id}?wait=20`, undefined, { as });
    if (answer.body['state'] !== 'active') throw new Error(`it is ${JSON.stringify(answer.body)}`);
    return id;
  }

  async end(): Promise<void> {
    await this.listener.close();
    await this.world.end();
  }
}
