import type { DamagedRecord, Stored } from '../../domain/model/stored.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import type { RecordChange, RecordView } from '../../ports/records/view.js';
import { ChildCell } from './child-cell.js';
import { ListenerSet } from './listener-set.js';
import { MirrorEntry, type LockInterest } from './mirror-entry.js';
import type { Parsed } from './record-codec.js';
import type { RecordWatch } from './record-watch.js';
import { WatchGroup, type WatchContext } from './watch-group.js';
import { WatchedView } from './watched-view.js';

export interface MirroredFolder<T> {
  readonly path: string;
  readonly recordPath: (id: string) => string;
  readonly lockPath: (id: string) => string;
  /** Do the locks lie in a folder of their own, or each in its record? */
  readonly locks: 'folder' | 'record';
  readonly parse: (id: string, record: TreeRecord) => Parsed<T>;
  /** Is there, after we let go of the record, no hurry to see what others make of it? */
  readonly rests: (value: T) => boolean;
  /**
   * Whether the record's lock is worth a watch. `refused`: we were told that somebody holds it.
   * `stored` is undefined for damaged records.
   */
  readonly lockInterest: (stored: Stored<T> | undefined, refused: boolean) => LockInterest;
}

/** When the view is to catch up. */
const READ_AT_ONCE = 200;

/** Our own hold on a record, also of one that the mirror has not seen yet. */
interface Hold {
  attempts: number;
  held: boolean;
  /** Others' changes matter while it is held. */
  followed: boolean;
}

/** A folder of records in memory. See RecordView for what it promises, RecordWatch for what it is told. */
export class FolderMirror<T> extends WatchedView implements RecordView<T>, RecordWatch<T> {
  private readonly entries = new Map<string, MirrorEntry<T>>();
  private readonly understood = new Map<string, Stored<T>>();
  private readonly holds = new Map<string, Hold>();
  private readonly listeners: ListenerSet<RecordChange<T>>;
  protected readonly group: WatchGroup;
  private folder: ChildCell | undefined;
  /** Counts lists and own creations, to tell a list asked for before a creation from one after it. */
  private tick = 0;
  private listTick = 0;

  constructor(
    private readonly kind: MirroredFolder<T>,
    private readonly context: WatchContext,
  ) {
    super();
    this.listeners = new ListenerSet(context.logger);
    this.group = new WatchGroup(context, (again) => {
      if (again) this.listeners.emit({ kind: 'resynced' });
    });
  }

  /** Starts watching. Idempotent. */
  open(): void {
    if (this.folder) return;
    this.folder = new ChildCell(this.group, this.kind.path, (names) => this.onList(names ?? []), {
      missing: 'own',
      beforeList: () => void (this.listTick = ++this.tick),
    });
    this.group.cover(this.kind.path);
    this.group.open();
  }

  /**
   * Resolves when the view shows every record that existed when this was called, with what stood in it then. Notices of changes
   * come before the answer to a later call; only records whose reading is put off or under way are read now. A record of which we
   * hold the lock is as we know it. @throws the signal's reason, ConnectionLostError, SessionLostError
   */
  async catchUp(signal: AbortSignal): Promise<void> {
    await this.group.ready(signal);
    const { store } = this.context;
    const names = (await store.list(this.kind.path)) ?? [];
    const doubtful = names.filter((id) => !this.holds.get(id)?.held && this.entries.get(id)?.data.upToDate !== true);
    for (let at = 0; at < doubtful.length; at += READ_AT_ONCE) {
      const some = doubtful.slice(at, at + READ_AT_ONCE);
      await Promise.all(some.map(async (id) => this.seen(id, await store.read(this.kind.recordPath(id)))));
    }
  }

  get(id: string): Stored<T> | undefined {
    return this.understood.get(id);
  }

  all(): ReadonlyMap<string, Stored<T>> {
    return this.understood;
  }

  locked(id: string): boolean {
    return this.holds.get(id)?.held === true || (this.entries.get(id)?.contenders ?? 0) > 0;
  }

  damaged(): readonly DamagedRecord[] {
    return [...this.entries.values()].flatMap((entry) => entry.damaged ?? []);
  }

  onChange(listener: (change: RecordChange<T>) => void): () => void {
    return this.listeners.add(listener);
  }

  attemptBegins(id: string, follow = false): void {
    const hold = this.holdOf(id);
    hold.attempts += 1;
    if (!hold.held) hold.followed = follow;
    this.applyHold(id);
  }

  attemptEnded(id: string, outcome: 'held' | 'busy' | 'failed'): void {
    const hold = this.holdOf(id);
    hold.attempts -= 1;
    if (outcome === 'held') hold.held = true;
    const entry = this.entries.get(id);
    if (entry && outcome === 'held') entry.assumeUnlocked();
    if (entry && outcome === 'busy') entry.assumeLocked();
    this.applyHold(id);
  }

  released(id: string): void {
    this.holdOf(id).held = false;
    const stored = this.understood.get(id);
    this.applyHold(id, stored !== undefined && this.kind.rests(stored.value));
  }

  expectOwnChange(): void {
    this.folder?.expectOwnChange();
  }

  created(stored: Stored<T>): void {
    if (!this.folder) return;
    const entry = this.entries.get(stored.id) ?? this.addEntry(stored.id, 'own');
    entry.addedTick = ++this.tick;
    if (!entry.known) this.show(entry, { stored }, undefined);
    entry.data.confirmed();
  }

  seen(id: string, record: TreeRecord | undefined): void {
    if (!this.folder) return;
    if (record === undefined) return this.removed(id);
    const entry = this.entries.get(id) ?? this.addEntry(id, 'own');
    if (!entry.known) entry.addedTick = ++this.tick;
    this.show(entry, this.kind.parse(id, record), record.stat.modifiedId);
    entry.data.confirmed();
  }

  written(stored: Stored<T>, modifiedId: number): void {
    const entry = this.entries.get(stored.id);
    if (!entry) return;
    this.show(entry, { stored }, modifiedId);
    entry.data.confirmed();
  }

  removed(id: string): void {
    const entry = this.entries.get(id);
    if (entry) this.drop(entry);
  }

  doubted(id: string): void {
    this.entries.get(id)?.data.refresh();
    this.folder?.refresh();
  }

  /** Watches a record that we have just made, which others may write at once, without the usual rest. */
  watchNow(id: string): void {
    this.entries.get(id)?.data.hurry();
  }

  private onList(names: readonly string[]): void {
    const present = new Set(names);
    const asked = this.listTick;
    let createdMeanwhile = false;
    for (const entry of [...this.entries.values()]) {
      if (present.has(entry.id)) continue;
      if (entry.addedTick > asked) createdMeanwhile = true;
      else this.drop(entry);
    }
    for (const name of names) if (!this.entries.has(name)) this.addEntry(name, 'found').data.pump();
    if (createdMeanwhile) this.folder?.refresh(MirrorEntry.LAG);
  }

  private addEntry(id: string, origin: 'own' | 'found'): MirrorEntry<T> {
    const entry = new MirrorEntry<T>(id, this.group, this.kind, {
      onData: (record) => this.onData(entry, record),
      onLock: () => {
        this.updateLockWatch(entry);
        this.announceLock(entry);
      },
    });
    this.entries.set(id, entry);
    const hold = this.holds.get(id);
    entry.setPaused(hold !== undefined && !hold.followed, false);
    if (origin === 'own') entry.readLater();
    return entry;
  }

  private onData(entry: MirrorEntry<T>, record: TreeRecord | undefined): void {
    if (record === undefined) return this.drop(entry);
    this.show(entry, this.kind.parse(entry.id, record), record.stat.modifiedId);
  }

  /** Takes over what is newer than what we know, and tells the listeners if it differs. */
  private show(entry: MirrorEntry<T>, parsed: Parsed<T>, modifiedId: number | undefined): void {
    if (!entry.isNews(parsed, modifiedId)) return;
    const before = entry.stored;
    const wasDamaged = entry.damaged;
    entry.take(parsed, modifiedId);
    if ('stored' in parsed) {
      this.understood.set(entry.id, parsed.stored);
      this.updateLockWatch(entry);
      if (before) this.listeners.emit({ kind: 'updated', id: entry.id, before, after: parsed.stored });
      else this.listeners.emit({ kind: 'added', id: entry.id, after: parsed.stored });
      return;
    }
    this.understood.delete(entry.id);
    this.updateLockWatch(entry);
    if (before) this.listeners.emit({ kind: 'removed', id: entry.id, before });
    if (wasDamaged === undefined) this.warnOf(parsed.damaged);
    this.listeners.emit({ kind: 'damaged', id: entry.id, record: parsed.damaged });
  }

  private warnOf(record: DamagedRecord): void {
    const { path, problem, detail } = record;
    this.context.logger.warn('A record cannot be understood and is left alone.', { path, problem, detail });
  }

  private drop(entry: MirrorEntry<T>): void {
    if (this.entries.get(entry.id) !== entry) return;
    entry.dispose();
    this.entries.delete(entry.id);
    this.understood.delete(entry.id);
    if (!entry.known) return;
    this.listeners.emit({ kind: 'removed', id: entry.id, before: entry.stored });
  }

  private holdOf(id: string): Hold {
    let hold = this.holds.get(id);
    if (!hold) this.holds.set(id, (hold = { attempts: 0, held: false, followed: false }));
    return hold;
  }

  private applyHold(id: string, lazy = false): void {
    const hold = this.holdOf(id);
    const quiet = hold.held || hold.attempts > 0;
    if (!quiet) this.holds.delete(id);
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.setPaused(quiet && !hold.followed, lazy);
    this.updateLockWatch(entry);
    this.announceLock(entry);
  }

  private updateLockWatch(entry: MirrorEntry<T>): void {
    if (!entry.known || this.holds.has(entry.id)) return;
    entry.watchLock(this.kind.lockInterest(entry.stored, entry.refused));
    this.announceLock(entry);
  }

  private announceLock(entry: MirrorEntry<T>): void {
    const locked = this.locked(entry.id);
    if (locked === entry.announcedLocked || this.entries.get(entry.id) !== entry) return;
    entry.announcedLocked = locked;
    this.listeners.emit({ kind: 'locking', id: entry.id, locked });
  }
}
