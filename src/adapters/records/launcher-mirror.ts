import type { RegisteredPool } from '../../domain/model/launcher.js';
import { nameOf } from '../../ports/coordination/paths.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import type { LauncherView } from '../../ports/records/launchers.js';
import { BranchWatch, type BranchRule } from './branch-watch.js';
import { decodeOldLauncher, decodePoolComponent } from './launcher-codec.js';
import { ListenerSet } from './listener-set.js';
import { LAUNCHERS, POOL_COMPONENTS } from './paths.js';
import { WatchGroup, type WatchContext } from './watch-group.js';
import { WatchedView } from './watched-view.js';

const FOLDER: BranchRule = { child: () => ({ data: true }) };

/** Both registries of launchers in memory. Complete only when both were read: they are one group. */
export class LauncherMirror extends WatchedView implements LauncherView {
  private readonly known = new Map<
    string,
    { readonly pool: RegisteredPool | undefined; readonly modifiedId: number }
  >();
  private readonly listeners: ListenerSet<void>;
  protected readonly group: WatchGroup;
  private opened = false;
  private union: readonly RegisteredPool[] | undefined;

  constructor(private readonly context: WatchContext) {
    super();
    this.listeners = new ListenerSet(context.logger);
    this.group = new WatchGroup(context, () => this.changed());
  }

  /** Starts watching. Idempotent. */
  open(): void {
    if (this.opened) return;
    this.opened = true;
    for (const folder of [LAUNCHERS, POOL_COMPONENTS]) {
      new BranchWatch(this.group, folder, FOLDER, {
        onData: (path, record) => this.onData(path, record),
        onChildren: (path, names) => this.onChildren(path, names),
        now: () => 0,
      });
    }
    for (const folder of [LAUNCHERS, POOL_COMPONENTS]) this.group.cover(folder);
    this.group.open();
  }

  pools(): readonly RegisteredPool[] {
    this.union ??= this.unite();
    return this.union;
  }

  onChange(listener: () => void): () => void {
    return this.listeners.add(listener);
  }

  private onData(path: string, record: TreeRecord): void {
    const { modifiedId } = record.stat;
    if ((this.known.get(path)?.modifiedId ?? -1) >= modifiedId) return;
    const pool = path.startsWith(`${LAUNCHERS}/`)
      ? decodeOldLauncher(nameOf(path), record.data)
      : decodePoolComponent(record.data);
    if (!pool) this.context.logger.warn('A registered launcher cannot be understood and is ignored.', { path });
    this.known.set(path, { pool, modifiedId });
    this.changed();
  }

  private onChildren(folder: string, names: readonly string[]): void {
    const present = new Set(names);
    let removed = false;
    for (const path of [...this.known.keys()]) {
      const gone = path.startsWith(`${folder}/`) && !present.has(nameOf(path));
      if (gone) removed = this.known.delete(path) || removed;
    }
    if (removed) this.changed();
  }

  private changed(): void {
    this.union = undefined;
    this.listeners.emit();
  }

  /** The newer registry wins, and in it the record written last, as after a new session the old one lingers. */
  private unite(): readonly RegisteredPool[] {
    const byId = new Map<string, RegisteredPool>();
    const rank = (path: string): number => (path.startsWith(`${LAUNCHERS}/`) ? 0 : 1);
    const ordered = [...this.known].sort(([a, x], [b, y]) => rank(a) - rank(b) || x.modifiedId - y.modifiedId);
    for (const [, { pool }] of ordered) if (pool) byId.set(pool.id, pool);
    return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}
