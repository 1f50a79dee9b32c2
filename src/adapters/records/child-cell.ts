import { nameOf, parentOf } from '../../ports/toolkit/paths.js';
import { TrackedNames } from './tracked-names.js';
import { WatchCell } from './watch-cell.js';
import type { RecordEvent, WatchGroup } from './watch-group.js';

/** Folders up to this size are listed again at once. */
const SMALL = 256;
/** Seconds of pause per child of a large folder, so that a burst of changes does not list it each time. */
const PAUSE_PER_CHILD = 2e-5;
const MAX_PAUSE = 0.05;
/** Seconds until a change that we made ourselves is looked at: we know it already, but the watch must be armed again. */
const OWN_CHANGE_LAG = 0.1;

/**
 * How a folder that is missing is found when it comes into being. A watch on a path that never comes is never given back by the store;
 * where others may leave any number of such paths behind there must be none.
 * - `own`: by a watch on the path itself; for the few folders that everything lies in.
 * - `record`: by the children of the record that it lies in; without the record there is nothing to wait for.
 * - `folder`: likewise by those of a folder that it shares with many others; without that folder by its coming.
 * - `listed`: by whoever lists the folder above, who then calls `confirm`.
 */
export type WhenMissing = 'own' | 'record' | 'folder' | 'listed';

/** Seconds between two checks of a folder shared with many others. */
const SHARED_LAG = 0.5;

export interface ChildCellOptions {
  readonly missing: WhenMissing;
  /** Seconds to wait after each change, for folders nobody is in a hurry about. */
  readonly lag?: () => number;
  readonly beforeList?: () => void;
}

/**
 * The children of one folder. Waits for the folder if there is none.
 * A burst of changes is coalesced: while a list is on its way nothing else is asked for, and large folders are paced.
 */
export class ChildCell extends WatchCell<readonly string[] | undefined> {
  private size = 0;
  private listedAt = -Infinity;
  private ownChange = false;
  private missing = false;
  private readonly tracked: TrackedNames;

  constructor(
    group: WatchGroup,
    path: string,
    private readonly report: (names: readonly string[] | undefined) => void,
    private readonly options: ChildCellOptions,
  ) {
    super(group, path, 'children');
    this.tracked = new TrackedNames(path);
  }

  /** The list above shows the folder, still or again. */
  confirm(): void {
    if (this.missing) this.refresh();
  }

  /** To be called before we add or remove a child ourselves: the watch may fire before the answer comes. */
  expectOwnChange(): void {
    this.ownChange = true;
  }

  override reconcile(): void {
    this.refresh();
  }

  override missed(): void {
    this.tracked.forget();
    super.missed();
  }

  override forget(): void {
    this.tracked.forget();
    super.forget();
  }

  protected override note(event: RecordEvent): void {
    this.tracked.happened(event);
  }

  protected override delay(): number {
    const own = this.ownChange;
    this.ownChange = false;
    if (own) return OWN_CHANGE_LAG;
    const pause = this.size < SMALL ? 0 : Math.min(MAX_PAUSE, this.size * PAUSE_PER_CHILD);
    const elapsed = this.group.context.clock.monotonic() - this.listedAt;
    const lag = this.missing && this.options.missing === 'folder' ? SHARED_LAG : (this.options.lag?.() ?? 0);
    return Math.max(lag, elapsed >= pause ? 0 : pause - elapsed);
  }

  protected override async fetch(onChange: (() => void) | undefined): Promise<readonly string[] | undefined> {
    const { store, clock } = this.group.context;
    this.listedAt = clock.monotonic();
    this.options.beforeList?.();
    if (!onChange) return this.tracked.names(() => store.list(this.path));
    this.tracked.forget();
    const names = await store.list(this.path, onChange);
    if (names !== undefined) return names;
    return (await this.hasCome(onChange)) ? store.list(this.path, onChange) : undefined;
  }

  /** A folder that does not exist has no children to watch; its coming into being is watched instead. Is it there by now? */
  private async hasCome(onChange: () => void): Promise<boolean> {
    const { store } = this.group.context;
    const { missing } = this.options;
    if (missing === 'listed') return false;
    if (missing === 'own') return (await store.stat(this.path, onChange)) !== undefined;
    const above = parentOf(this.path);
    const siblings = await store.list(above, onChange);
    if (siblings === undefined && missing === 'folder') await store.stat(above, onChange);
    return siblings?.includes(nameOf(this.path)) === true;
  }

  protected override apply(names: readonly string[] | undefined): void {
    this.size = names?.length ?? 0;
    this.missing = names === undefined;
    this.report(names);
  }
}
