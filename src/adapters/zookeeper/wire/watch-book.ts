import type { WatchListener } from '../../../ports/coordination/tree-store.js';
import { WatchRegistry } from '../watch-registry.js';
import type { WatchEvent, WatchKind } from '../watch-registry.js';
import { encodeSetWatches } from './messages.js';
import type { WatchedPaths } from './messages.js';
import { EVENT } from './protocol.js';
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
export class WatchBook {
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
    if (event) this.once.trigger(event, path);
  }

  /** What sets all watches again after a reconnect; changes since `lastZxid` are told at once. */
  messages(lastZxid: bigint): readonly Buffer[] {
    const parts = [new Part()];
    for (const kind of ['data', 'existence', 'children'] as const) {
      for (const path of this.once.paths(kind)) {
        if ((parts.at(-1)?.size ?? 0) >= AT_ONCE) parts.push(new Part());
        parts.at(-1)?.put(kind, path);
      }
    }
    return parts.filter(({ size }) => size > 0).map((part) => encodeSetWatches(lastZxid, part));
  }

  clear(): void {
    this.once.clear();
  }
}

class Part implements WatchedPaths {
  readonly data: string[] = [];
  readonly existence: string[] = [];
  readonly children: string[] = [];
  readonly persistent: string[] = [];
  readonly recursive: string[] = [];
  size = 0;

  put(kind: WatchKind, path: string): void {
    this[kind].push(path);
    this.size += 4 + Buffer.byteLength(path);
  }
}
