import { WatchCell } from './watch-cell.js';
import type { WatchGroup } from './watch-group.js';

/** Folders up to this size are listed again at once. */
const SMALL = 256;
/** Seconds of pause per child of a large folder, so that a burst of changes does not list it each time. */
const PAUSE_PER_CHILD = 2e-5;
const MAX_PAUSE = 0.05;
/** Seconds until a change that we made ourselves is looked at: we know it already, but the watch must be armed again. */
const OWN_CHANGE_LAG = 0.1;

/**
 * The children of one folder. Waits for the folder if there is none.
 * A burst of changes is coalesced: while a list is on its way nothing else is asked for, and large folders are paced.
 */
export class ChildCell extends WatchCell<readonly string[] | undefined> {
  private size = 0;
  private listedAt = -Infinity;
  private ownChange = false;

  /** @param lag seconds to wait after each change, for folders nobody is in a hurry about. */
  constructor(
    group: WatchGroup,
    path: string,
    private readonly report: (names: readonly string[] | undefined) => void,
    private readonly lag: () => number = () => 0,
    private readonly beforeList: () => void = () => undefined,
  ) {
    super(group, path);
  }

  /** To be called before we add or remove a child ourselves: the watch may fire before the answer comes. */
  expectOwnChange(): void {
    this.ownChange = true;
  }

  override reconcile(): void {
    this.refresh();
  }

  protected override pace(): number {
    const own = this.ownChange;
    this.ownChange = false;
    if (own) return OWN_CHANGE_LAG;
    const pause = this.size < SMALL ? 0 : Math.min(MAX_PAUSE, this.size * PAUSE_PER_CHILD);
    const elapsed = this.group.context.clock.monotonic() - this.listedAt;
    return Math.max(this.lag(), elapsed >= pause ? 0 : pause - elapsed);
  }

  protected override async fetch(onChange: () => void): Promise<readonly string[] | undefined> {
    const { store, clock } = this.group.context;
    this.listedAt = clock.monotonic();
    this.beforeList();
    const names = await store.list(this.path, onChange);
    if (names !== undefined) return names;
    // A folder that does not exist has no children to watch; its coming into being is watched instead.
    const stat = await store.stat(this.path, onChange);
    return stat === undefined ? undefined : store.list(this.path, onChange);
  }

  protected override apply(names: readonly string[] | undefined): void {
    this.size = names?.length ?? 0;
    this.report(names);
  }
}
