import { BranchWatch, type BranchRule } from './branch-watch.js';
import type { KnownRecord } from './known-record.js';
import { Mirror, type Mirrored } from './mirror.js';
import type { WatchContext } from './watch-group.js';

export interface MirroredBranches<T> extends Mirrored<T> {
  /** What is followed below each root. */
  readonly rule: BranchRule;
}

/** Parts of the tree in memory, followed level by level. Records are known by their paths. */
export abstract class BranchMirror<T, R extends KnownRecord<T>, C> extends Mirror<T, R, C> {
  constructor(
    private readonly branches: MirroredBranches<T>,
    context: WatchContext,
  ) {
    super(branches, context);
  }

  /** A folder was listed. @param gone what lay below it and is forgotten already */
  protected abstract onListed(folder: string, names: readonly string[], gone: readonly R[]): void;

  protected override follow(): void {
    const { roots, rule } = this.branches;
    for (const root of roots) {
      new BranchWatch(this.group, root, rule, {
        onData: (path, record) => this.onRead(path, record),
        onChildren: (path, names, since) => this.onChildren(path, names, since),
        now: () => this.now(),
      });
    }
  }

  private onChildren(folder: string, names: readonly string[], since: number): void {
    const prefix = `${folder}/`;
    const { gone } = this.missingFrom(names, since, (path) =>
      path.startsWith(prefix) ? path.slice(prefix.length).split('/', 1)[0] : undefined,
    );
    for (const { id } of gone) this.records.delete(id);
    this.onListed(folder, names, gone);
  }
}
