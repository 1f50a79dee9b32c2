import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from 'nodepool/driver';
import { Failure, isKind } from '../failure.js';
import { hasStatus } from './api-failure.js';
import type { Call } from './call.js';
import { reasonOf, send } from './call.js';
import type { KubeAccess } from './kube-access.js';
import type { KubeList, KubeObject, WatchEvent } from './objects.js';
import { pause } from './pause.js';

/** Seconds without an answer after which a call counts as lost. */
const PATIENCE = 60;
/** Seconds for which credentials are not asked for again. */
const FRESH = 60;
/** Reading is harmless: it is tried so often, with so many seconds in between. */
const READS = 3;
const READ_PAUSE = 0.5;
/** The server ends a watch after so many seconds; a connection that says nothing for longer is dead. */
const WATCH_TIME = 240;
const PAGE = 500;

/** Calls to one API server as one context. Nothing here knows of nodes. */
export class ApiClient {
  private access: { readonly value: Promise<KubeAccess>; readonly until: number } | null = null;

  /** @param open reads the configuration and fetches credentials */
  constructor(
    private readonly open: () => Promise<KubeAccess>,
    readonly clock: Clock,
  ) {}

  /** How the server is reached now. @throws Failure when the kubeconfig does not say it, or credentials cannot be had */
  async current(): Promise<KubeAccess> {
    const now = this.clock.monotonic();
    if (!this.access || this.access.until < now) this.renew(now);
    const { access } = this;
    try {
      return await (access as NonNullable<typeof access>).value;
    } catch (error) {
      if (this.access === access) this.access = null;
      throw error;
    }
  }

  private renew(now: number): void {
    const before = this.access?.value;
    const value = this.open();
    this.access = { value, until: now + FRESH };
    // Calls under way keep their connections: an agent only closes those that are idle.
    before?.then(
      ({ agent }) => agent.destroy(),
      () => undefined,
    );
  }

  async get(path: string, signal: AbortSignal): Promise<KubeObject> {
    return (await this.json({ method: 'GET', path }, signal)) as KubeObject;
  }

  /** All pages. `version` is where a watch goes on from. */
  async list(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly KubeObject[]; readonly version: string }> {
    const items: KubeObject[] = [];
    let next: string | undefined;
    for (;;) {
      const query = next === undefined ? { limit: String(PAGE) } : { limit: String(PAGE), continue: next };
      const page = (await this.json({ method: 'GET', path: withQuery(path, query) }, signal)) as KubeList;
      items.push(...(page.items ?? []));
      next = page.metadata?.continue;
      if (!next) return { items, version: page.metadata?.resourceVersion ?? '' };
    }
  }

  async post(path: string, body: unknown, signal: AbortSignal): Promise<KubeObject> {
    return (await this.json({ method: 'POST', path, body }, signal)) as KubeObject;
  }

  /** Resolves when the server has accepted the deletion. */
  async delete(path: string, signal: AbortSignal): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
    await this.json({ method: 'DELETE', path, body }, signal);
  }

  /** What happens to a collection after `version`, until the server or the network ends it. @throws ApiFailure status 410: list again */
  async *watch(path: string, version: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const query = {
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: String(WATCH_TIME),
    };
    const response = await this.authenticated({ method: 'GET', path: withQuery(path, query) }, signal);
    const onAbort = (): void => void response.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    const cancel = this.clock.schedule(WATCH_TIME + PATIENCE, onAbort);
    try {
      yield* eventsOf(response);
    } catch (error) {
      if (error instanceof SyntaxError)
        throw new Failure('transient', `${whatOf('GET', path)}: a watch answered no JSON`);
      // The connection broke: that is one way for a watch to end.
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
      response.destroy();
    }
    if (signal.aborted) throw reasonOf(signal);
  }

  close(): void {
    this.access?.value.then(
      ({ agent }) => agent.destroy(),
      () => undefined,
    );
    this.access = null;
  }

  private async json(call: Pick<Call, 'method' | 'path' | 'body'>, signal: AbortSignal): Promise<unknown> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.once(call, signal);
      } catch (error) {
        if (call.method !== 'GET' || tries >= READS || signal.aborted || !isKind(error, 'transient')) throw error;
        await pause(this.clock, READ_PAUSE * tries, signal);
      }
    }
  }

  private async once(call: Pick<Call, 'method' | 'path' | 'body'>, signal: AbortSignal): Promise<unknown> {
    const response = await this.authenticated(call, signal);
    const onAbort = (): void => void response.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    const cancel = this.clock.schedule(PATIENCE, onAbort);
    try {
      return JSON.parse(await text(response)) as unknown;
    } catch {
      if (signal.aborted) throw reasonOf(signal);
      throw new Failure('transient', `${whatOf(call.method, call.path)}: the answer broke off`, {
        unanswered: call.method !== 'GET',
      });
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Credentials that ran out, or were replaced, are fetched once more [K2]. */
  private async authenticated(
    call: Pick<Call, 'method' | 'path' | 'body'>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const whole: Call = { ...call, what: whatOf(call.method, call.path), patience: PATIENCE };
    const access = await this.current();
    try {
      return await send(access, whole, this.clock, signal);
    } catch (error) {
      if (!hasStatus(error, 401)) throw error;
      this.access = null;
      return send(await this.current(), whole, this.clock, signal);
    }
  }
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<WatchEvent> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchEvent;
  }
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(query).toString()}`;
}

/** `GET pods in main-1`: the call in words, without what makes up the query. */
function whatOf(method: string, path: string): string {
  const [plain = ''] = path.split('?');
  const [, namespace, rest = plain] = /\/namespaces\/([^/]+)\/(.+)$/.exec(plain) ?? [];
  const thing = namespace === undefined ? plain.replace(/^\/apis?\/(?:[^/]+\/)?v1\//, '') : rest;
  return namespace === undefined ? `${method} ${thing}` : `${method} ${thing} in ${namespace}`;
}
