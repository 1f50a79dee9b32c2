import type { WatchListener } from '../../ports/coordination/tree-store.js';

export type WatchKind = 'data' | 'existence' | 'children';
export type WatchEvent = 'created' | 'changed' | 'deleted' | 'child';

/** Which watches an event of the server triggers. */
const TRIGGERS: Readonly<Record<WatchEvent, readonly WatchKind[]>> = {
  created: ['existence'],
  changed: ['data', 'existence'],
  deleted: ['data', 'existence', 'children'],
  child: ['children'],
};

/** Who waits for which change. Mirrors what is registered at the server for the session: per path and kind, one watch there. */
export class WatchRegistry {
  private readonly listeners: Readonly<Record<WatchKind, Map<string, WatchListener[]>>> = {
    data: new Map(),
    existence: new Map(),
    children: new Map(),
  };

  add(kind: WatchKind, path: string, listener: WatchListener): void {
    const waiting = this.listeners[kind].get(path);
    if (waiting) waiting.push(listener);
    else this.listeners[kind].set(path, [listener]);
  }

  /** Takes out and calls the listeners of an event. */
  trigger(event: WatchEvent, path: string): void {
    const due = TRIGGERS[event].flatMap((kind) => this.take(kind, path));
    for (const listener of due) listener();
  }

  /** Takes out and calls all listeners. */
  triggerAll(): void {
    const due = Object.values(this.listeners).flatMap((table) => [...table.values()].flat());
    this.clear();
    for (const listener of due) listener();
  }

  /** Paths that are waited for. */
  paths(kind: WatchKind): readonly string[] {
    return [...this.listeners[kind].keys()];
  }

  clear(): void {
    for (const table of Object.values(this.listeners)) table.clear();
  }

  /** Bytes the paths of all watches take in the message that sets them again after a reconnect. */
  get wireSize(): number {
    let size = 0;
    for (const table of Object.values(this.listeners)) {
      for (const path of table.keys()) size += LENGTH_PREFIX + Buffer.byteLength(path);
    }
    return size;
  }

  private take(kind: WatchKind, path: string): readonly WatchListener[] {
    const waiting = this.listeners[kind].get(path) ?? [];
    this.listeners[kind].delete(path);
    return waiting;
  }
}

const LENGTH_PREFIX = 4;
