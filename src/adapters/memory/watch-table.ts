import { parentOf } from '../../ports/toolkit/paths.js';
import type { TreeEvent, TreeListener } from '../../ports/coordination/tree-watch.js';

/** The server's end of a session: where it sends what happens to watched records. */
export interface SessionEnd {
  /**
   * Queues the notice behind everything that was sent before.
   * @param insteadIfRefused - what is told instead when the change is taken back before the notice has gone out
   */
  notify(fire: () => void, insteadIfRefused?: () => void): void;
}

export type WatchKind = 'data' | 'existence' | 'children';

interface Watch {
  readonly session: SessionEnd;
  readonly fire: () => void;
}

interface TreeWatcher {
  readonly session: SessionEnd;
  readonly listener: TreeListener;
}

/**
 * Watches of all sessions. A change takes out the one-shot watches that it triggers and hands them to the sessions concerned; those on
 * parts of the tree stay.
 */
export class WatchTable {
  private readonly trees = new Map<string, Set<TreeWatcher>>();
  private readonly tables: Readonly<Record<WatchKind, Map<string, Set<Watch>>>> = {
    data: new Map(),
    existence: new Map(),
    children: new Map(),
  };

  /** Number of watches that wait for a change. */
  get size(): number {
    let sum = 0;
    for (const table of Object.values(this.tables)) for (const watches of table.values()) sum += watches.size;
    return sum;
  }

  set(kind: WatchKind, path: string, session: SessionEnd, fire: () => void): void {
    const table = this.tables[kind];
    const watches = table.get(path) ?? new Set();
    watches.add({ session, fire });
    table.set(path, watches);
  }

  /** Tells of every change at `path` and below. Answers the way to end it. */
  watchTree(path: string, session: SessionEnd, listener: TreeListener): () => void {
    const watcher = { session, listener };
    const watchers = this.trees.get(path) ?? new Set();
    this.trees.set(path, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.trees.get(path) === watchers) this.trees.delete(path);
    };
  }

  /** Tells a session that it may have missed something. */
  missed(session: SessionEnd): void {
    for (const watchers of this.trees.values()) {
      for (const watcher of watchers) {
        if (watcher.session === session) session.notify(() => watcher.listener({ kind: 'missed' }));
      }
    }
  }

  created(path: string, parent: string): void {
    this.tell({ kind: 'created', path }, path);
    this.trigger('existence', path);
    this.trigger('children', parent);
  }

  written(path: string): void {
    this.tell({ kind: 'written', path }, path);
    this.trigger('data', path);
    this.trigger('existence', path);
  }

  removed(path: string, parent: string): void {
    this.tell({ kind: 'removed', path }, path);
    this.trigger('data', path);
    this.trigger('existence', path);
    this.trigger('children', path);
    this.trigger('children', parent);
  }

  forget(session: SessionEnd): void {
    for (const [path, watchers] of this.trees) {
      for (const watcher of watchers) if (watcher.session === session) watchers.delete(watcher);
      if (watchers.size === 0) this.trees.delete(path);
    }
    for (const table of Object.values(this.tables)) {
      for (const [path, watches] of table) {
        for (const watch of watches) if (watch.session === session) watches.delete(watch);
        if (watches.size === 0) table.delete(path);
      }
    }
  }

  private tell(event: TreeEvent, path: string): void {
    if (this.trees.size === 0) return;
    for (let at = path; ; at = parentOf(at)) {
      for (const { session, listener } of this.trees.get(at) ?? []) {
        session.notify(
          () => listener(event),
          () => listener({ kind: 'missed' }),
        );
      }
      if (at === '/') return;
    }
  }

  private trigger(kind: WatchKind, path: string): void {
    const watches = this.tables[kind].get(path);
    if (!watches) return;
    this.tables[kind].delete(path);
    for (const watch of watches) watch.session.notify(watch.fire);
  }
}
