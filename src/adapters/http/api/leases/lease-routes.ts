import type Router from '@koa/router';
import type { Context } from 'koa';
import { LEASE_STATES, LEASE_VERDICTS, parseLeaseId, type LeaseId } from '../../../../domain/model/lease.js';
import type { LeaseCaller, LeaseDescription, LeaseDesk, LeaseFilter } from '../../../../ports/leasing/lease-desk.js';
import type { Clock } from '../../../../ports/runtime/clock.js';
import type { ApiRoutes } from '../api-routes.js';
import { callerOf, requireScope } from '../caller.js';
import { ApiProblem } from '../problem.js';
import { malformed, readJsonBody } from '../read-json-body.js';
import { readQuery, wholeNumber } from '../read-query.js';
import { unacknowledgedOnLinux, type Unacknowledged } from '../unacknowledged.js';
import { readCreation, readMaxDuration, readPurpose, readTtl } from './creation-body.js';
import { EventStreams } from './event-streams.js';
import { leaseJson } from './lease-json.js';
import { LEASE_OPENAPI } from './lease-openapi.js';
import { Members } from './members.js';
import { answering } from './refusals.js';

const BASE = '/api/v1/leases';
/** Seconds of the longest poll; more counts as so much. */
const LONGEST_POLL = 60;
const MOST_LISTED = 1000;
const LONGEST_NOTE = 2000;
const LONGEST_KEY = 255;

/** `/api/v1/leases` and `/api/v1/labels` (spec leases 3). */
export class LeaseRoutes implements ApiRoutes {
  private readonly streams: EventStreams;
  /** Polls; when the listener ends they are answered with what is known. */
  private readonly polls = new Set<AbortController>();

  constructor(
    private readonly desk: LeaseDesk,
    clock: Clock,
    unacknowledged: Unacknowledged = unacknowledgedOnLinux,
  ) {
    this.streams = new EventStreams(desk, clock, unacknowledged);
  }

  addTo(router: Router): void {
    router.post(BASE, (ctx) => this.post(ctx));
    router.get(BASE, (ctx) => this.list(ctx));
    router.put(`${BASE}/:id`, (ctx) => this.put(ctx, ctx.params['id']));
    router.get(`${BASE}/:id`, (ctx) => this.get(ctx, ctx.params['id']));
    router.patch(`${BASE}/:id`, (ctx) => this.patch(ctx, ctx.params['id']));
    router.delete(`${BASE}/:id`, (ctx) => this.end(ctx, ctx.params['id']));
    router.get(`${BASE}/:id/events`, (ctx) => this.events(ctx, ctx.params['id']));
    router.post(`${BASE}/:id/renew`, (ctx) => this.renew(ctx, ctx.params['id']));
    router.get('/api/v1/labels', (ctx) => this.labels(ctx));
    router.get('/api/v1/openapi.json', (ctx) => {
      readQuery(ctx);
      send(ctx, 200, LEASE_OPENAPI);
    });
  }

  close(): void {
    for (const poll of this.polls) poll.abort(new Error('the listener ends'));
    this.streams.close();
  }

  private async put(ctx: Context, text = ''): Promise<void> {
    const body = await readJsonBody(ctx);
    readQuery(ctx);
    const id = parseLeaseId(text);
    if (id === undefined) throw malformed('The id in the path is no UUID.');
    const { wish, digest } = readCreation(body);
    requireScope(ctx, 'lease');
    this.created(ctx, await answering(() => this.desk.create(id, wish, digest, caller(ctx))));
  }

  private async post(ctx: Context): Promise<void> {
    const body = await readJsonBody(ctx);
    readQuery(ctx);
    const key = readKey(ctx);
    const { wish, digest } = readCreation(body);
    requireScope(ctx, 'lease');
    const id = key === undefined ? this.desk.freshId() : this.desk.idOfKey(key, caller(ctx));
    this.created(ctx, await answering(() => this.desk.create(id, wish, digest, caller(ctx), key === undefined)));
  }

  private created(ctx: Context, made: { readonly description: LeaseDescription; readonly created: boolean }): void {
    if (made.created) ctx.set('Location', `${BASE}/${made.description.lease.id}`);
    send(ctx, made.created ? 201 : 200, leaseJson(made.description));
  }

  private async get(ctx: Context, text = ''): Promise<void> {
    const [id, wait] = await this.read(ctx, text, () => wholeNumber(readQuery(ctx, 'wait'), 'wait', 0) ?? 0);
    const seconds = Math.min(wait, LONGEST_POLL);
    const leaving = new AbortController();
    const leave = (): void => leaving.abort(new Error('the client has left'));
    ctx.res.once('close', leave);
    this.polls.add(leaving);
    try {
      const found = await answering(() => this.desk.await(id, caller(ctx), seconds, leaving.signal));
      send(ctx, 200, leaseJson(found));
    } finally {
      ctx.res.off('close', leave);
      this.polls.delete(leaving);
    }
  }

  private async events(ctx: Context, text = ''): Promise<void> {
    const [id] = await this.read(ctx, text, () => readQuery(ctx));
    const first = await answering(() => this.desk.describe(id, caller(ctx)));
    this.streams.open(ctx, first.lease.id, caller(ctx));
  }

  private async renew(ctx: Context, text = ''): Promise<void> {
    const [id, ttl] = await this.read(ctx, text, async () => {
      const members = await readMembers(ctx, {});
      const wanted = readTtl(members);
      members.end();
      return wanted;
    });
    send(ctx, 200, leaseJson(await answering(() => this.desk.renew(id, caller(ctx), ttl))));
  }

  private async patch(ctx: Context, text = ''): Promise<void> {
    const [id, change] = await this.read(ctx, text, async () => {
      const members = await readMembers(ctx);
      const [maxDuration, purpose, ttl] = [readMaxDuration(members), readPurpose(members), readTtl(members)];
      members.end();
      return {
        ...(maxDuration === undefined ? {} : { maxDuration }),
        ...(purpose === undefined ? {} : { purpose }),
        ...(ttl === undefined ? {} : { ttl }),
      };
    });
    send(ctx, 200, leaseJson(await answering(() => this.desk.amend(id, caller(ctx), change))));
  }

  private async end(ctx: Context, text = ''): Promise<void> {
    const [id, fared] = await this.read(ctx, text, async () => {
      const members = await readMembers(ctx, {});
      const verdict = members.oneOf('outcome', LEASE_VERDICTS) ?? null;
      const note = members.text('note', 0, LONGEST_NOTE) ?? null;
      members.end();
      return { verdict, note };
    });
    await answering(() => this.desk.end(id, caller(ctx), fared));
    ctx.status = 204;
  }

  private async list(ctx: Context): Promise<void> {
    const query = readQuery(ctx, 'state', 'holder', 'limit', 'next');
    const filter = readFilter(query);
    requireScope(ctx, 'lease', 'read');
    const { leases, next } = await answering(() => this.desk.list(caller(ctx), filter));
    send(ctx, 200, { leases: leases.map(leaseJson), ...(next ? { next: `${next.createdAt}_${next.id}` } : {}) });
  }

  private async labels(ctx: Context): Promise<void> {
    readQuery(ctx);
    requireScope(ctx, 'lease', 'read');
    const labels = await answering(() => this.desk.labels(caller(ctx)));
    send(ctx, 200, { labels });
  }

  /**
   * Reads what was sent. What is wrong with it is told only of leases that exist for the caller [L7]; what is no id cannot be one.
   */
  private async read<T>(ctx: Context, text: string, read: () => Promise<T> | T): Promise<readonly [LeaseId, T]> {
    const id = parseLeaseId(text);
    if (id === undefined) throw new ApiProblem(404, 'no-such-lease', 'There is no such lease.');
    try {
      return [id, await read()];
    } catch (error: unknown) {
      await answering(() => this.desk.find(id, caller(ctx)));
      throw error;
    }
  }
}

/** @param empty what counts if there is no body */
async function readMembers(ctx: Context, empty?: object): Promise<Members> {
  const body = await readJsonBody(ctx);
  readQuery(ctx);
  return new Members(body ?? empty);
}

function caller(ctx: Context): LeaseCaller {
  return { ...callerOf(ctx), from: ctx.req.socket.remoteAddress ?? 'socket' };
}

function send(ctx: Context, status: number, value: object): void {
  ctx.status = status;
  ctx.set({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  ctx.body = `${JSON.stringify(value)}\n`;
}

function readKey(ctx: Context): string | undefined {
  const key = ctx.req.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && key.trim() !== '' && key.length <= LONGEST_KEY) return key.trim();
  throw malformed(`Idempotency-Key has to have 1 to ${LONGEST_KEY} characters.`);
}

function readFilter(query: ReadonlyMap<string, string>): LeaseFilter {
  const [state, holder, next] = ['state', 'holder', 'next'].map((name) => query.get(name) || undefined);
  const known = LEASE_STATES.find((each) => each === state);
  if (state !== undefined && !known) throw malformed(`state in the query has to be one of ${LEASE_STATES.join(', ')}.`);
  const limit = wholeNumber(query, 'limit', 1, MOST_LISTED) ?? MOST_LISTED;
  return {
    limit,
    ...(known ? { state: known } : {}),
    ...(holder === undefined ? {} : { holder }),
    ...(next === undefined ? {} : { after: readPlace(next) }),
  };
}

function readPlace(text: string): NonNullable<LeaseFilter['after']> {
  const [moment = '', uuid = ''] = text.split('_');
  const id = parseLeaseId(uuid);
  if (id !== undefined && /^\d+(?:\.\d+)?$/.test(moment)) return { createdAt: Number(moment), id };
  throw malformed('next in the query is none that was answered.');
}
