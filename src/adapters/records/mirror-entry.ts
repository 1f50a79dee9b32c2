import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import { ChildCell } from './child-cell.js';
import { DataCell } from './data-cell.js';
import { KnownRecord } from './known-record.js';
import { isContender } from './paths.js';
import type { WatchGroup } from './watch-group.js';

/**
 * `now`: a change of the lock matters at once. `lazy`: it may be seen a little later, which saves most reads of locks that
 * come and go. `none`: not watched.
 */
export type LockInterest = 'now' | 'lazy' | 'none';

export interface EntryEvents {
  onData(record: TreeRecord | undefined): void;
  /** The number of contenders may have changed. */
  onLock(): void;
}

export interface EntryPlace {
  readonly recordPath: (id: string) => string;
  readonly lockPath: (id: string) => string;
  readonly locks: 'folder' | 'record';
}

/** One record of a folder as the mirror knows it, with the cells that keep it fresh. */
export class MirrorEntry<T> extends KnownRecord<T> {
  /** Seconds that lazy things are put off. */
  static readonly LAG = 0.5;

  readonly data: DataCell;
  contenders = 0;
  announcedLocked = false;
  /** We tried for the lock, somebody else has it, and we have not seen it free since. */
  refused = false;
  private lock: ChildCell | undefined;
  private readonly lockPath: string;
  private readonly lockPlace: 'folder' | 'record';
  private lockInterest: LockInterest = 'none';
  private paused = false;
  /** Known to be unlocked because we let go of it ourselves: no hurry to look. */
  private justReleased = false;

  constructor(
    id: string,
    private readonly group: WatchGroup,
    { recordPath, lockPath, locks }: EntryPlace,
    private readonly events: EntryEvents,
  ) {
    super(id);
    this.lockPath = lockPath(id);
    this.lockPlace = locks;
    this.data = new DataCell(group, recordPath(id), (record) => events.onData(record));
  }

  /** For a record of our own: it is read, and so watched, when nobody is about to lock it any more. */
  readLater(): void {
    this.justReleased = true;
    this.data.makeOptional();
    this.data.refresh(MirrorEntry.LAG);
  }

  /** `lazy`: after the pause there is no hurry to see what others do. */
  setPaused(paused: boolean, lazy: boolean): void {
    if (paused === this.paused) return;
    this.paused = paused;
    this.data.setPaused(paused, lazy ? MirrorEntry.LAG : 0);
    if (!paused && !lazy) this.data.hurry();
    this.lock?.setPaused(paused);
  }

  /** We hold the lock; when we let go of it nobody has it. */
  assumeUnlocked(): void {
    this.contenders = 0;
    this.refused = false;
    this.justReleased = true;
  }

  /** We were refused the lock. If it is free already by the time we look, that is a change. */
  assumeLocked(): void {
    this.contenders = Math.max(1, this.contenders);
    this.refused = true;
    this.lock?.refresh();
  }

  watchLock(interest: LockInterest): void {
    const eager = interest === 'now' && this.lockInterest !== 'now';
    this.lockInterest = interest;
    if (interest === 'none') return this.unwatchLock();
    if (this.lock) {
      if (eager) this.lock.hurry();
      return;
    }
    const lazy = interest === 'lazy' && (this.justReleased || this.group.complete);
    this.lock = new ChildCell(this.group, this.lockPath, (names) => this.onLockList(names ?? []), {
      missing: this.lockPlace,
      lag: () => (this.lockInterest === 'lazy' ? MirrorEntry.LAG : 0),
    });
    this.lock.setPaused(this.paused);
    if (lazy) this.lock.makeOptional();
    this.lock.refresh(lazy ? MirrorEntry.LAG : 0);
  }

  dispose(): void {
    this.data.dispose();
    this.lock?.dispose();
  }

  private unwatchLock(): void {
    this.lock?.dispose();
    this.lock = undefined;
    this.contenders = 0;
  }

  private onLockList(names: readonly string[]): void {
    this.contenders = names.filter(isContender).length;
    if (this.contenders === 0) this.refused = false;
    this.justReleased = false;
    this.events.onLock();
  }
}
