import type { DamagedRecord, Stored } from '../../domain/model/stored.js';
import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import type { RecordChange, RecordView } from '../../ports/records/view.js';
import { ChildCell } from './child-cell.js';
import { Mirror } from './mirror.js';
import { MirrorEntry, type LockInterest } from './mirror-entry.js';
import type { Parsed } from './record-codec.js';
import type { RecordWatch } from './record-watch.js';
import type { WatchContext } from './watch-group.js';

export interface MirroredFolder<T> {
  readonly path: string;
  readonly recordPath: (id: string) => string;
  readonly lockPath: (id: string) => string;
  /** Do the locks lie in a folder of their own, or each in its record? */
  readonly locks: 'folder' | 'record';
  readonly parse: (id: string, record: TreeRecord) => Parsed<T>;
  /** Is there, after we let go of the record, no hurry to see what others make of it? */
  readonly unhurried: (value: T) => boolean;
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

/** A folder of records that can be locked. See RecordView for what it promises, RecordWatch for what it is told. */
export class FolderMirror<T>
  extends Mirror<T, MirrorEntry<T>, RecordChange<T>>
  implements RecordView<T>, RecordWatch<T>
{
  private readonly understood = new Map<string, Stored<T>>();
  private readonly holds = new Map<string, Hold>();
  private folder: ChildCell | undefined;
  private listTick = 0;

  constructor(
    private readonly kind: MirroredFolder<T>,
    context: WatchContext,
  ) {
    super({ roots: [kind.path], parse: kind.parse }, context);
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
    const doubtful = names.filter((id) => !this.holds.get(id)?.held && this.records.get(id)?.data.upToDate !== true);
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
    return this.holds.get(id)?.held === true || (this.records.get(id)?.contenders ?? 0) > 0;
  }

  damaged(): readonly DamagedRecord[] {
    return [...this.records.values()].flatMap((entry) => entry.damaged ?? []);
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
    const entry = this.records.get(id);
    if (entry && outcome === 'held') entry.assumeUnlocked();
    if (entry && outcome === 'busy') entry.assumeLocked();
    this.applyHold(id);
  }

  released(id: string): void {
    this.holdOf(id).held = false;
    const stored = this.understood.get(id);
    this.applyHold(id, stored !== undefined && this.kind.unhurried(stored.value));
  }

  expectOwnChange(): void {
    this.folder?.expectOwnChange();
  }

  created(stored: Stored<T>): void {
    this.onOwnCreation(stored.id, () => ({ stored }))?.data.confirmed();
  }

  seen(id: string, record: TreeRecord | undefined): void {
    if (record) this.onOwnRead(id, record)?.data.confirmed();
    else this.removed(id);
  }

  written(stored: Stored<T>, modifiedId: number): void {
    const entry = this.records.get(stored.id);
    if (!entry) return;
    this.take(entry, { stored }, modifiedId);
    entry.data.confirmed();
  }

  removed(id: string): void {
    const entry = this.records.get(id);
    if (entry) this.drop(entry);
  }

  doubted(id: string): void {
    this.records.get(id)?.data.refresh();
    this.folder?.refresh();
  }

  /** Watches a record that we have just made, which others may write at once, without the usual delay. */
  watchNow(id: string): void {
    this.records.get(id)?.data.hurry();
  }

  protected override follow(): void {
    this.folder = new ChildCell(this.group, this.kind.path, (names) => this.onList(names ?? []), {
      missing: 'own',
      beforeList: () => void (this.listTick = this.now()),
    });
  }

  /** One of our own. */
  protected override make(id: string): MirrorEntry<T> {
    const entry = this.entryOf(id);
    entry.readLater();
    return entry;
  }

  protected override onComplete(again: boolean): void {
    if (again) this.tell({ kind: 'resynced' });
  }

  protected override onTaken(entry: MirrorEntry<T>, before: Stored<T> | undefined): void {
    const { id, stored, damaged } = entry;
    if (stored) this.understood.set(id, stored);
    else this.understood.delete(id);
    this.updateLockWatch(entry);
    if (stored)
      this.tell(before ? { kind: 'updated', id, before, after: stored } : { kind: 'added', id, after: stored });
    else if (before) this.tell({ kind: 'removed', id, before });
    if (damaged) this.tell({ kind: 'damaged', id, record: damaged });
  }

  private onList(names: readonly string[]): void {
    const { gone, later } = this.missingFrom(names, this.listTick, (id) => id);
    for (const entry of gone) this.drop(entry);
    for (const name of names) if (!this.records.has(name)) this.addFound(name);
    if (later) this.folder?.refresh(MirrorEntry.LAG);
  }

  private addFound(id: string): void {
    const entry = this.entryOf(id);
    this.records.set(id, entry);
    entry.data.pump();
  }

  private entryOf(id: string): MirrorEntry<T> {
    const entry = new MirrorEntry<T>(id, this.group, this.kind, {
      onData: (record) => (record ? this.onRead(id, record) : this.drop(entry)),
      onLock: () => {
        this.updateLockWatch(entry);
        this.announceLock(entry);
      },
    });
    const hold = this.holds.get(id);
    entry.setPaused(hold !== undefined && !hold.followed, false);
    return entry;
  }

  private drop(entry: MirrorEntry<T>): void {
    if (this.records.get(entry.id) !== entry) return;
    entry.dispose();
    this.records.delete(entry.id);
    this.understood.delete(entry.id);
    if (!entry.known) return;
    this.tell({ kind: 'removed', id: entry.id, before: entry.stored });
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
    const entry = this.records.get(id);
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
    if (locked === entry.announcedLocked || this.records.get(entry.id) !== entry) return;
    entry.announcedLocked = locked;
    this.tell({ kind: 'locking', id: entry.id, locked });
  }
}
