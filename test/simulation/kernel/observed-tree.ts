import { MemoryTree } from '../../../src/adapters/memory/memory-tree.js';
import type { SessionEnd } from '../../../src/adapters/memory/watch-table.js';
import type { CreateOptions, RecordStat } from '../../../src/ports/coordination/tree-store.js';

/** Who did it: a process's session, or the world (null). */
export interface Author extends SessionEnd {
  readonly process: string;
  readonly role: Role;
  /** When it last heard nothing of the world. */
  readonly absence: { readonly from: number; readonly to: number };
}

export type Role = 'launcher' | 'builder' | 'zuul' | 'jenkins' | 'operator' | 'foreign';

export interface TreeChange {
  readonly kind: 'create' | 'write' | 'remove';
  readonly path: string;
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
  readonly author: Author | null;
  /** The record vanished with its session. */
  readonly expired: boolean;
  /** The session to which a created ephemeral record belongs. */
  readonly owner: Author | null;
}

const NOBODY: SessionEnd = { notify: () => undefined };

/** The tree of the simulated ZooKeeper: tells of every change, with its author, before anybody else learns of it. */
export class ObservedTree extends MemoryTree {
  private author: Author | null = null;
  private readonly ephemerals = new Map<SessionEnd, Set<string>>();
  private listener: (change: TreeChange) => void = () => undefined;

  observe(listener: (change: TreeChange) => void): void {
    this.listener = listener;
  }

  as<T>(author: Author, action: () => T): T {
    const before = this.author;
    this.author = author;
    try {
      return action();
    } finally {
      this.author = before;
    }
  }

  /** Done by nobody in particular. */
  put(path: string, text: string): void {
    const data = new TextEncoder().encode(text);
    if (this.stat(path)) this.write(path, data);
    else this.create(path, data, { makeParents: true }, NOBODY);
  }

  override create(path: string, data: Uint8Array, options: CreateOptions, session: SessionEnd): string {
    const created = super.create(path, data, options, session);
    const owner = options.ephemeral === true ? this.author : null;
    if (owner) {
      const known = this.ephemerals.get(session) ?? new Set();
      this.ephemerals.set(session, known.add(created));
    }
    this.tell({ kind: 'create', path: created, before: undefined, after: data, expired: false, owner });
    return created;
  }

  override write(path: string, data: Uint8Array, version?: number): RecordStat {
    const before = this.read(path)?.data;
    const stat = super.write(path, data, version);
    this.tell({ kind: 'write', path, before, after: data, expired: false, owner: null });
    return stat;
  }

  override remove(path: string, version?: number): boolean {
    const before = this.read(path)?.data;
    const removed = super.remove(path, version);
    if (removed) this.tell({ kind: 'remove', path, before, after: undefined, expired: false, owner: null });
    return removed;
  }

  override endSession(session: SessionEnd): void {
    const owned = [...(this.ephemerals.get(session) ?? [])].filter((path) => this.stat(path)?.ephemeral);
    const before = owned.map((path) => this.read(path)?.data);
    super.endSession(session);
    this.ephemerals.delete(session);
    owned.forEach((path, at) =>
      this.tell({ kind: 'remove', path, before: before[at], after: undefined, expired: true, owner: null }),
    );
  }

  /** Everything is gone. */
  wipe(): void {
    const paths = [...this.walk()].map(([path]) => path).filter((path) => path !== '/');
    for (const path of paths.reverse()) this.remove(path);
    this.ephemerals.clear();
  }

  private tell(change: Omit<TreeChange, 'author'>): void {
    this.listener({ ...change, author: this.author });
  }
}
