import { parentOf } from '../../../ports/toolkit/paths.js';
import type { TreeEvent, TreeListener } from '../../../ports/coordination/tree-watch.js';
import type { WatchEvent } from '../watch-registry.js';

const KINDS = { created: 'created', changed: 'written', deleted: 'removed' } as const;

/** Who is told of all changes below which paths. At the server there is one recursive watch for each of the paths. */
export class TreeWatches {
  private readonly listeners = new Map<string, Set<TreeListener>>();
  /** How many are asked for, by path. */
  private readonly expected = new Map<string, number>();

  /** Is there a recursive watch on this very path, or one on its way to the server? */
  has(path: string): boolean {
    return this.listeners.has(path) || this.expected.has(path);
  }

  /** One is asked for. Answers what is to be called when that has come to an end. */
  expect(path: string): () => void {
    this.expected.set(path, (this.expected.get(path) ?? 0) + 1);
    return () => {
      const left = (this.expected.get(path) ?? 1) - 1;
      if (left > 0) this.expected.set(path, left);
      else this.expected.delete(path);
    };
  }

  get paths(): readonly string[] {
    return [...this.listeners.keys()];
  }

  add(path: string, listener: TreeListener): void {
    const known = this.listeners.get(path) ?? new Set();
    this.listeners.set(path, known.add(listener));
  }

  /** Answers whether nobody else wants the watch of its path. */
  remove(path: string, listener: TreeListener): boolean {
    const known = this.listeners.get(path);
    if (!known?.delete(listener) || known.size > 0) return false;
    this.listeners.delete(path);
    return !this.expected.has(path);
  }

  happened(event: WatchEvent, path: string): void {
    // The server tells of children by their own coming and going.
    if (event === 'child' || this.listeners.size === 0) return;
    const told: TreeEvent = { kind: KINDS[event], path };
    for (let at = path; ; at = parentOf(at)) {
      for (const listener of [...(this.listeners.get(at) ?? [])]) listener(told);
      if (at === '/') return;
    }
  }

  /** The server does not tell what happened while there was no connection. */
  missed(): void {
    this.tellAll({ kind: 'missed' });
  }

  /** They cannot be kept any longer. */
  end(): void {
    const all = [...this.listeners.values()].flatMap((set) => [...set]);
    this.listeners.clear();
    for (const listener of all) listener({ kind: 'ended' });
  }

  clear(): void {
    this.listeners.clear();
  }

  private tellAll(event: TreeEvent): void {
    for (const set of [...this.listeners.values()]) for (const listener of [...set]) listener(event);
  }
}
