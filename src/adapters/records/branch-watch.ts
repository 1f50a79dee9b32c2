import type { TreeRecord } from '../../ports/coordination/tree-store.js';
import { childOf } from '../../ports/toolkit/paths.js';
import { ChildCell } from './child-cell.js';
import { DataCell } from './data-cell.js';
import type { WatchGroup } from './watch-group.js';

/** What of a record is watched: its data, and those of its children that have a rule. */
export interface BranchRule {
  readonly data?: true;
  readonly child?: (name: string) => BranchRule | undefined;
}

export interface BranchEvents {
  /** Never called with what is gone: that shows in the list above it. */
  onData(path: string, record: TreeRecord): void;
  /** All children as listed; whatever is known of others below `path` is gone. `since`: as given by `now` when the list was asked for. */
  onChildren(path: string, names: readonly string[], since: number): void;
  now(): number;
}

/** A part of the tree watched at every level, following a rule per level. */
export class BranchWatch {
  private readonly data: DataCell | undefined;
  private readonly folder: ChildCell | undefined;
  private readonly branches = new Map<string, BranchWatch>();
  private since = 0;
  private absent = false;

  constructor(
    private readonly group: WatchGroup,
    private readonly path: string,
    private readonly rule: BranchRule,
    private readonly events: BranchEvents,
    nested = false,
  ) {
    if (rule.data) this.data = new DataCell(group, path, (record) => this.onData(record));
    if (rule.child) {
      this.folder = new ChildCell(group, path, (names) => this.onList(names ?? []), {
        missing: nested ? 'listed' : 'own',
        beforeList: () => void (this.since = events.now()),
      });
    }
  }

  start(): void {
    this.data?.pump();
    this.folder?.pump();
  }

  dispose(): void {
    this.data?.dispose();
    this.folder?.dispose();
    for (const branch of this.branches.values()) branch.dispose();
    this.branches.clear();
  }

  /** The list above shows the record (still or again). */
  private confirm(): void {
    if (this.absent) this.data?.refresh();
    this.folder?.confirm();
  }

  private onData(record: TreeRecord | undefined): void {
    this.absent = record === undefined;
    if (record) this.events.onData(this.path, record);
  }

  private onList(names: readonly string[]): void {
    const present = new Set(names);
    for (const [name, branch] of [...this.branches]) {
      if (present.has(name)) {
        branch.confirm();
        continue;
      }
      branch.dispose();
      this.branches.delete(name);
    }
    this.events.onChildren(this.path, names, this.since);
    for (const name of names) {
      const rule = this.branches.has(name) ? undefined : this.rule.child?.(name);
      if (!rule) continue;
      const branch = new BranchWatch(this.group, childOf(this.path, name), rule, this.events, true);
      this.branches.set(name, branch);
      branch.start();
    }
  }
}
