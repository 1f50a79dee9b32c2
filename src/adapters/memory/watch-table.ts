/** The server's end of a session: where it sends what happens to watched records. */
export interface SessionEnd {
  /** Queues the notice behind everything that was sent before. */
  notify(fire: () => void): void;
}

export type WatchKind = 'data' | 'existence' | 'children';

interface Watch {
  readonly session: SessionEnd;
  readonly fire: () => void;
}

/** One-shot watches of all sessions. A change takes out what it triggers and hands it to the sessions concerned. */
export class WatchTable {
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

  created(path: string, parent: string): void {
    this.trigger('existence', path);
    this.trigger('children', parent);
  }

  written(path: string): void {
    this.trigger('data', path);
    this.trigger('existence', path);
  }

  removed(path: string, parent: string): void {
    this.trigger('data', path);
    this.trigger('existence', path);
    this.trigger('children', path);
    this.trigger('children', parent);
  }

  forget(session: SessionEnd): void {
    for (const table of Object.values(this.tables)) {
      for (const [path, watches] of table) {
        for (const watch of watches) if (watch.session === session) watches.delete(watch);
        if (watches.size === 0) table.delete(path);
      }
    }
  }

  private trigger(kind: WatchKind, path: string): void {
    const watches = this.tables[kind].get(path);
    if (!watches) return;
    this.tables[kind].delete(path);
    for (const watch of watches) watch.session.notify(watch.fire);
  }
}
