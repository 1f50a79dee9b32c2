import type { Author, TreeChange } from './observed-tree.js';

export type Json = Readonly<Record<string, unknown>>;

export interface ModelRecord {
  readonly id: string;
  /** Null: empty or unreadable. */
  readonly json: Json | null;
  readonly state: string | null;
  /** Virtual seconds. */
  readonly createdAt: number;
  readonly changedAt: number;
  /** Who wrote the first and the last version; null = the world. */
  readonly creator: Author | null;
  readonly writer: Author | null;
}

export interface Contender {
  readonly name: string;
  readonly owner: Author | null;
  readonly since: number;
}

const NODE = /^\/nodepool\/nodes\/([^/]+)$/;
const NODE_LOCK = /^\/nodepool\/nodes\/([^/]+)\/lock\/([^/]+)$/;
const REQUEST = /^\/nodepool\/requests\/([^/]+)$/;
const REQUEST_LOCK = /^\/nodepool\/requests-lock\/([^/]+)\/([^/]+)$/;
const UPLOAD = /^\/nodepool\/images\/([^/]+)\/builds\/([^/]+)\/providers\/([^/]+)\/images\/(\d+)$/;
const BUILD = /^\/nodepool\/images\/([^/]+)\/builds\/([^/]+)$/;
const LAUNCHER = /^\/nodepool\/launchers\/([^/]+)$/;
const POOL = /^\/nodepool\/components\/pool\/([^/]+)$/;
const CONTENDER = /__lock__(-?\d{10})$/;

/** What the tree means, kept up to date change by change, independent of the code under test. */
export class TreeModel {
  readonly nodes = new Map<string, ModelRecord>();
  readonly requests = new Map<string, ModelRecord>();
  readonly nodeLocks = new Map<string, Contender[]>();
  readonly requestLocks = new Map<string, Contender[]>();
  /** By path. */
  readonly uploads = new Map<
    string,
    ModelRecord & { readonly image: string; readonly build: string; readonly provider: string }
  >();
  readonly builds = new Map<string, ModelRecord & { readonly image: string }>();
  /** Launcher ids with the time of their registration, by path. */
  readonly registered = new Map<string, { readonly id: string; readonly since: number }>();

  constructor(private readonly now: () => number) {}

  nodeHolder(id: string): Contender | undefined {
    return this.nodeLocks.get(id)?.[0];
  }

  requestHolder(id: string): Contender | undefined {
    return this.requestLocks.get(id)?.[0];
  }

  apply(change: TreeChange): void {
    const { path } = change;
    let match = NODE.exec(path);
    if (match) return this.record(this.nodes, match[1] ?? '', change);
    if ((match = NODE_LOCK.exec(path))) return this.lock(this.nodeLocks, match[1] ?? '', match[2] ?? '', change);
    if ((match = REQUEST.exec(path))) return this.record(this.requests, match[1] ?? '', change);
    if ((match = REQUEST_LOCK.exec(path))) return this.lock(this.requestLocks, match[1] ?? '', match[2] ?? '', change);
    if ((match = UPLOAD.exec(path))) {
      const [, image = '', build = '', provider = ''] = match;
      return this.record(this.uploads, path, change, { image, build, provider });
    }
    if ((match = BUILD.exec(path)) && match[2] !== 'lock') {
      return this.record(this.builds, path, change, { image: match[1] ?? '' });
    }
    if ((match = LAUNCHER.exec(path) ?? POOL.exec(path))) return this.registration(path, match[1] ?? '', change);
  }

  private record<T extends object>(
    records: Map<string, ModelRecord & T>,
    id: string,
    change: TreeChange,
    more: T = {} as T,
  ): void {
    if (change.kind === 'remove') return void records.delete(id);
    const before = records.get(id);
    const json = parse(change.after);
    const now = this.now();
    records.set(id, {
      ...more,
      id,
      json,
      state: typeof json?.['state'] === 'string' ? json['state'] : null,
      createdAt: before?.createdAt ?? now,
      changedAt: now,
      creator: before ? before.creator : change.author,
      writer: change.author,
    });
  }

  private lock(locks: Map<string, Contender[]>, id: string, name: string, change: TreeChange): void {
    const queue = locks.get(id) ?? [];
    if (change.kind === 'create' && CONTENDER.test(name)) {
      queue.push({ name, owner: change.owner, since: this.now() });
      queue.sort((a, b) => (sequence(a.name) < sequence(b.name) ? -1 : 1));
      locks.set(id, queue);
    }
    if (change.kind !== 'remove') return;
    const left = queue.filter((contender) => contender.name !== name);
    if (left.length > 0) locks.set(id, left);
    else locks.delete(id);
  }

  private registration(path: string, name: string, change: TreeChange): void {
    if (change.kind === 'remove') return void this.registered.delete(path);
    const json = parse(change.after);
    const id = typeof json?.['id'] === 'string' ? json['id'] : path.startsWith('/nodepool/launchers/') ? name : null;
    const since = this.registered.get(path)?.since ?? this.now();
    if (id !== null && json !== null) this.registered.set(path, { id, since });
  }
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Every rule reads the same few records again: each version is parsed once. */
const PARSED = new WeakMap<Uint8Array, Json | null>();
const decoder = new TextDecoder();

export function parse(data: Uint8Array | undefined): Json | null {
  if (!data || data.length === 0) return null;
  let json = PARSED.get(data);
  if (json === undefined) PARSED.set(data, (json = parseOnce(data)));
  return json;
}

function parseOnce(data: Uint8Array): Json | null {
  try {
    const value: unknown = JSON.parse(decoder.decode(data));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

function sequence(name: string): string {
  return CONTENDER.exec(name)?.[1] ?? '';
}
