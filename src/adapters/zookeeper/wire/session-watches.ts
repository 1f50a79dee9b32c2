import { parentOf } from '../../../ports/toolkit/paths.js';
import type { WatchListener } from '../../../ports/coordination/tree-store.js';
import { WatchRegistry } from '../watch-registry.js';
import type { WatchEvent, WatchKind } from '../watch-registry.js';
import { encodeSetWatches } from './messages.js';
import type { WatchedPaths } from './messages.js';
import { EVENT } from './protocol.js';
import { TreeWatches } from './tree-watches.js';
import type { ServerEvent } from './wire-connection.js';

const EVENTS: ReadonlyMap<number, WatchEvent> = new Map([
  [EVENT.created, 'created'],
  [EVENT.deleted, 'deleted'],
  [EVENT.changed, 'changed'],
  [EVENT.child, 'child'],
]);

/** Bytes of paths in one message that sets watches again: far below what servers take, as Apache's own client does it. */
const AT_ONCE = 128 * 1024;

/** The watches of the session, as the server has them; it forgets them with each connection. */
export class SessionWatches {
  readonly trees = new TreeWatches();
  private readonly once = new WatchRegistry();

  /**
   * Notes a watch that the server has just confirmed.
   * @param kind - `existence` for a record that is missing; whoever asks for one that exists watches its data
   */
  add(kind: WatchKind, path: string, listener: WatchListener): void {
    this.once.add(kind, path, listener);
  }

  happened({ type, path }: ServerEvent): void {
    const event = EVENTS.get(type);
    if (!event) return;
    this.once.trigger(event, path);
    // On the top of a tree that is watched there are no other watches (see `needsNone`).
    if ((event === 'created' || event === 'deleted') && this.trees.has(parentOf(path)))
      this.once.trigger('child', parentOf(path));
    this.trees.happened(event, path);
  }

  /**
   * Must the server be asked for no watch on this path? Before 3.9 it keeps one kind of watch for each path and connection: another one would
   * make a recursive watch one that fires once. That one tells all that is needed, too.
   */
  needsNone(path: string): boolean {
    return this.trees.has(path);
  }

  /** A recursive watch comes to the path, or goes: other watches that were there may have got lost over it, so all of them fire. */
  overwritten(path: string): void {
    this.once.trigger('deleted', path);
  }

  /** What sets all watches again after a reconnect; changes since `lastZxid` are told at once, but for those below the trees. */
  messages(lastZxid: bigint): readonly Buffer[] {
    const parts = [new Part()];
    const put = (kind: keyof WatchedPaths, path: string): void => {
      if ((parts.at(-1)?.size ?? 0) >= AT_ONCE) parts.push(new Part());
      parts.at(-1)?.put(kind, path);
    };
    for (const path of this.trees.paths) put('recursive', path);
    for (const kind of ['data', 'existence', 'children'] as const) {
      for (const path of this.once.paths(kind)) if (!this.trees.has(path)) put(kind, path);
    }
    return parts.filter(({ size }) => size > 0).map((part) => encodeSetWatches(lastZxid, part));
  }

  /** To be called behind `messages`: whoever reads now reads behind the watches. */
  restored(): void {
    for (const path of this.trees.paths) this.overwritten(path);
    this.trees.missed();
  }

  clear(): void {
    this.once.clear();
    this.trees.clear();
  }
}

class Part implements WatchedPaths {
  readonly data: string[] = [];
  readonly existence: string[] = [];
  readonly children: string[] = [];
  readonly recursive: string[] = [];
  size = 0;

  put(kind: keyof WatchedPaths, path: string): void {
    this[kind].push(path);
    this.size += 4 + Buffer.byteLength(path);
  }
}
