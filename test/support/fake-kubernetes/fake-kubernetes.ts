/**
 * A double of an API server of Kubernetes, or of OpenShift: the real API over TLS, objects in memory, and ways to bring trouble about.
 * That it is one, `kubectl` and Debian's client for Python are asked in test/contract/fake-kubernetes.test.ts.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Certificates } from '../certificates.js';
import type { ControlKnobs } from './control-plane.js';
import { ControlPlane } from './control-plane.js';
import { discovery } from './discovery.js';
import { ObjectStore } from './object-store.js';
import type { Kind, StoredObject } from './objects.js';
import { KINDS, OPENSHIFT_KINDS, Refusal } from './objects.js';
import { projectOf } from './projects.js';
import { selected } from './selectors.js';
import { Users } from './users.js';
import { serveWatch } from './watching.js';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly resource: string;
  readonly name: string | null;
  readonly watch: boolean;
}

export interface Trouble {
  readonly status?: number;
  readonly message?: string;
  readonly retryAfter?: number;
  readonly hang?: boolean;
  /** It is carried out, but the answer is lost. */
  readonly lose?: boolean;
  /** Seconds. */
  readonly delay?: number;
}

interface Target extends Seen {
  readonly kind: Kind;
  readonly namespace: string | null;
  readonly part: string | null;
  readonly query: URLSearchParams;
}

const KNOBS: ControlKnobs = {
  bootTime: 0.15,
  accountTime: 0.02,
  tokenTime: 0.03,
  teardownTime: 0.05,
  full: false,
  breakNext: null,
  finalizer: null,
  mostPods: Infinity,
  images: {},
};

export class FakeKubernetes {
  readonly store = new ObjectStore();
  readonly users = new Users(this.store);
  readonly knobs: ControlKnobs = structuredClone(KNOBS);
  /** Every call, in order. */
  readonly seen: Seen[] = [];
  /** Most projects of one user; for OpenShift. */
  mostProjects = Infinity;
  private readonly kinds: readonly Kind[];
  private readonly troubles: { readonly when: (seen: Seen) => boolean; readonly what: Trouble }[] = [];
  private readonly sockets = new Set<Socket>();
  private control!: ControlPlane;
  private server!: Server;
  private certificate = '';
  url = '';

  constructor(
    private readonly certificates: Certificates,
    readonly openshift = false,
  ) {
    this.kinds = openshift ? [...KINDS, ...OPENSHIFT_KINDS] : KINDS;
  }

  async open(port = 0): Promise<this> {
    this.certificate = await readFile(this.certificates.client.ca, 'utf8');
    const identity = await readFile(this.certificates.server.keyStore, 'utf8');
    const issue = this.users.issue.bind(this.users);
    this.control = new ControlPlane(this.store, this.knobs, issue, () => this.certificate);
    const tls = { key: identity, cert: identity, ca: this.certificate, requestCert: true, rejectUnauthorized: false };
    this.server = createServer(tls, (request, response) => void this.serve(request, response));
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.url = `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    this.control.stop();
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Base64 of the authority's certificate. */
  get ca(): string {
    return Buffer.from(this.certificate).toString('base64');
  }

  /** The next call of which `when` is true meets with trouble. */
  trouble(when: (seen: Seen) => boolean, what: Trouble): void {
    this.troubles.push({ when, what });
  }

  /** Breaks all connections: watches, too. */
  breakConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  add(plural: string, namespace: string | null, body: object): StoredObject {
    return this.store.add(
      this.kinds.find((kind) => kind.plural === plural)!,
      namespace,
      body,
    );
  }

  names(plural: string, namespace: string | null = null): readonly string[] {
    return this.store.list(plural, namespace).map(({ metadata }) => metadata.name);
  }

  removeNow(plural: string, namespace: string | null, name: string): void {
    const object = this.store.get(plural, namespace, name);
    if (object) this.control.delete(plural, object);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const answer = (status: number, body: object, headers: Record<string, string> = {}): void => {
      if (response.destroyed) return;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    try {
      const body = await text(request);
      const known = discovery(url.pathname, this.kinds);
      if (known) return answer(200, known);
      const target = this.targetOf(request.method ?? 'GET', url);
      this.seen.push(target);
      const trouble = await this.metWith(target);
      if (trouble?.hang) return;
      if (trouble?.status !== undefined) {
        throw new Refusal(trouble.status, 'Trouble', trouble.message ?? 'not today', trouble.retryAfter);
      }
      const user = this.users.of(request);
      if (user === null) throw new Refusal(401, 'Unauthorized', 'Unauthorized');
      this.authorize(user, target);
      if (target.watch) return this.watch(target, request, response);
      const parsed = body === '' ? {} : (JSON.parse(body) as Partial<StoredObject>);
      const [status, result] = this.carryOut(target, parsed, user);
      if (trouble?.lose) return void request.socket.destroy();
      answer(status, result);
    } catch (error) {
      if (!(error instanceof Refusal)) return answer(500, { message: String(error) });
      const headers = error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) };
      answer(error.code, error.toStatus(), headers);
    }
  }

  private async metWith(seen: Seen): Promise<Trouble | undefined> {
    const index = this.troubles.findIndex(({ when }) => when(seen));
    const [found] = index < 0 ? [] : this.troubles.splice(index, 1);
    const { delay = 0 } = found?.what ?? {};
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay * 1000));
    return found?.what;
  }

  private targetOf(method: string, url: URL): Target {
    const [, , group = '', rest = ''] = /^\/api(s)?(?:(?<=s)\/([^/]+))?\/v1\/(.+)$/.exec(url.pathname) ?? [];
    const parts = rest.split('/').map(decodeURIComponent);
    const inNamespace = parts[0] === 'namespaces' && parts.length > 2;
    const [plural = '', name = null, part = null] = inNamespace ? parts.slice(2) : parts;
    const kind = this.kinds.find((one) => one.group === group && one.plural === plural);
    if (!kind) throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
    const query = url.searchParams;
    // As the real one has it: whatever does not say no says yes; Python says True.
    const watch = method === 'GET' && !['0', 'false'].includes((query.get('watch') ?? 'false').toLowerCase());
    const namespace = inNamespace ? parts[1]! : null;
    return { method, path: url.pathname, resource: plural, name, watch, kind, namespace, part, query };
  }

  private authorize(user: string, { method, kind, namespace, name, part, watch }: Target): void {
    const verbs: Record<string, string> = { POST: 'create', DELETE: 'delete', PATCH: 'patch', PUT: 'update' };
    const verb = verbs[method] ?? (watch ? 'watch' : name === null ? 'list' : 'get');
    const resource = part === null ? kind.plural : `${kind.plural}/${part}`;
    if (this.users.mayDo(user, { verb, group: kind.group, resource, namespace })) return;
    const where = namespace === null ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    const words = `${resource} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${kind.group}" ${where}`;
    throw new Refusal(403, 'Forbidden', words);
  }

  private watch({ kind, namespace, query, name }: Target, request: IncomingMessage, response: ServerResponse): void {
    if (name !== null) query.set('fieldSelector', `metadata.name=${name}`);
    const plural = storedAs(kind);
    const shown = shownAs(kind);
    const apiVersion = kind.group === '' ? 'v1' : `${kind.group}/v1`;
    serveWatch(
      this.store,
      { plural, namespace, query, fits: selected(query), shown, kind: kind.kind, apiVersion },
      request,
      response,
    );
  }

  private carryOut(
    { method, kind, namespace, name, part, query }: Target,
    body: Partial<StoredObject>,
    user: string,
  ): readonly [number, object] {
    const plural = storedAs(kind);
    const shown = shownAs(kind);
    if (method === 'POST') {
      if (kind.kind === 'ProjectRequest') return [201, this.makeProject(body, user)];
      this.control.admit(plural, namespace, body);
      return [201, this.store.add(kind, namespace, { ...withPhase(plural), ...body })];
    }
    if (name === null) return [200, this.listed(kind, namespace, query)];
    const found = this.store.must({ ...kind, plural }, namespace, name);
    if (method === 'GET') return part === null ? [200, shown(found)] : [200, { log: 'nothing' }];
    if (method !== 'DELETE') throw new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method');
    this.control.delete(plural, found);
    return [200, shown(this.store.get(plural, namespace, name) ?? found)];
  }

  private listed(kind: Kind, namespace: string | null, query: URLSearchParams): object {
    const all = this.store.list(storedAs(kind), namespace).filter(selected(query));
    const from = Number(query.get('continue') ?? '0');
    const limit = Number(query.get('limit') ?? '0') || all.length;
    const next = from + limit < all.length ? { continue: String(from + limit) } : {};
    const apiVersion = kind.group === '' ? 'v1' : `${kind.group}/v1`;
    return {
      kind: `${kind.kind}List`,
      apiVersion,
      metadata: { resourceVersion: String(this.store.version), ...next },
      items: all.slice(from, from + limit).map(shownAs(kind)),
    };
  }

  /** OpenShift keeps the name and what the user may say about a project, and drops everything else. */
  private makeProject({ metadata, ...more }: Partial<StoredObject>, user: string): object {
    const mine = this.store
      .list('namespaces', null)
      .filter((one) => one.metadata.annotations?.['openshift.io/requester'] === user);
    const name = metadata?.name ?? '';
    if (mine.length >= this.mostProjects) {
      const words = `projectrequests.project.openshift.io "${name}" is forbidden: user ${user} cannot create more than ${this.mostProjects} project(s).`;
      throw new Refusal(403, 'Forbidden', words);
    }
    const annotations = {
      'openshift.io/requester': user,
      'openshift.io/description': typeof more['description'] === 'string' ? more['description'] : '',
    };
    const wanted = {
      ...withPhase('namespaces'),
      metadata: { name, annotations } as unknown as StoredObject['metadata'],
    };
    return projectOf(this.store.add(KINDS[0]!, null, wanted));
  }
}

function storedAs({ plural, kind }: Kind): string {
  return kind === 'Project' ? 'namespaces' : plural;
}

function shownAs({ kind }: Kind): (object: StoredObject) => object {
  return kind === 'Project' ? projectOf : (object) => object;
}

function withPhase(plural: string): object {
  return plural === 'namespaces' ? { status: { phase: 'Active' }, spec: { finalizers: ['kubernetes'] } } : {};
}
